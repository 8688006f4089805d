/* What Swift cannot ask: the instruction set that this build targets (the same -march for every module). */
#ifndef DIDYMOS_INSTRUCTION_SET_H
#define DIDYMOS_INSTRUCTION_SET_H

/* Floats in one vector register; a function, so that Swift does not warn about the branches that a build leaves out. */
static inline int didymos_vector_floats(void) {
#if defined(__AVX512F__)
    return 16;
#else
    return 8;
#endif
}

#endif
