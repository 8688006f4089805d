#pragma once
#include <stdint.h>

/// Signals that ask a job to stop; bits of process_signals_seen().
enum {
    PROCESS_SIGNAL_USR1 = 1,
    PROCESS_SIGNAL_USR2 = 2,
    PROCESS_SIGNAL_TERM = 4,
};

/// From now on USR1, USR2 and TERM only raise a flag, and PIPE is ignored. A TERM that comes a second or more after the
/// first ends the process at once with status 143. Returns 0 or an errno.
int process_watch_signals(void);
/// The signals seen since process_watch_signals() or process_forget_signals().
int process_signals_seen(void);
void process_forget_signals(void);

/// Seconds on a clock that never jumps.
double process_monotonic_seconds(void);
/// Seconds since 1970, UTC.
double process_wall_seconds(void);
/// Largest resident memory of this process so far, in bytes; 0 if the system does not say.
int64_t process_peak_memory(void);

/// Writes this machine's name, always terminated. Returns 0 or an errno.
int process_host_name(char *name, int capacity);
/// Whether the descriptor is a terminal, and its width in characters (0 if it is none or does not say).
int process_is_terminal(int descriptor);
int process_terminal_columns(int descriptor);

/// Version and source revision this was built from.
const char *process_build_version(void);
const char *process_build_revision(void);
