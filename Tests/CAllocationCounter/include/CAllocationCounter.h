#ifndef C_ALLOCATION_COUNTER_H
#define C_ALLOCATION_COUNTER_H

/// Heap allocations that the calling thread has made since it started.
unsigned long allocationsOfThisThread(void);

#endif
