// From our small numbers to MPI's handles; shared by the C files of this target.
#pragma once

#include "CMessagePassing.h"

#include <mpi.h>

/// Tag of the point-to-point messages inside large collectives: the largest that every MPI must accept.
#define MP_COLLECTIVE_TAG 32767

int64_t mp_maximum_count(void);

static inline MPI_Comm mp_communicator(int32_t handle) { return MPI_Comm_f2c((MPI_Fint)handle); }

static inline int mp_peer(int32_t peer) { return peer < 0 ? MPI_PROC_NULL : peer; }

static inline MPI_Datatype mp_datatype(int32_t type) {
    switch (type) {
    case MP_FLOAT: return MPI_FLOAT;
    case MP_DOUBLE: return MPI_DOUBLE;
    case MP_INT8: return MPI_INT8_T;
    case MP_UINT8: return MPI_UINT8_T;
    case MP_INT32: return MPI_INT32_T;
    case MP_UINT32: return MPI_UINT32_T;
    case MP_INT64: return MPI_INT64_T;
    case MP_UINT64: return MPI_UINT64_T;
    default: return MPI_DATATYPE_NULL;
    }
}

static inline int64_t mp_width(int32_t type) {
    switch (type) {
    case MP_INT8:
    case MP_UINT8: return 1;
    case MP_FLOAT:
    case MP_INT32:
    case MP_UINT32: return 4;
    default: return 8;
    }
}

static inline MPI_Op mp_operation(int32_t operation) {
    switch (operation) {
    case MP_SUM: return MPI_SUM;
    case MP_MIN: return MPI_MIN;
    case MP_MAX: return MPI_MAX;
    case MP_BIT_OR: return MPI_BOR;
    default: return MPI_OP_NULL;
    }
}
