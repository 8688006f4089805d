#include "handles.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The library's life, communicators, and the collectives on one buffer.

static int64_t maximum_count = 1 << 30;

int64_t mp_maximum_count(void) { return maximum_count; }

void mp_set_maximum_count(int32_t count) { maximum_count = count > 0 ? count : 1 << 30; }

int mp_start(int32_t *world) {
    int initialized = 0, finalized = 0, provided = MPI_THREAD_SINGLE;
    MPI_Finalized(&finalized);
    if (finalized) return MP_ALREADY_FINISHED;
    MPI_Initialized(&initialized);
    if (!initialized) {
        // Faces of lattices and small sums are a few thousand bytes. Above the eager limit (4096 in Open MPI's shared memory, named vader
        // in version 4 and sm in version 5) a message only moves while both ranks wait for it, which hides nothing behind work.
        setenv("OMPI_MCA_btl_vader_eager_limit", "32768", 0);
        setenv("OMPI_MCA_btl_sm_eager_limit", "32768", 0);
        int code = MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
        if (code != MPI_SUCCESS) return code;
    } else {
        MPI_Query_thread(&provided);
    }
    if (provided < MPI_THREAD_FUNNELED) return MP_NO_THREADS;
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    return mp_duplicate((int32_t)MPI_Comm_c2f(MPI_COMM_WORLD), world);
}

int mp_finish(void) {
    int initialized = 0, finalized = 0;
    MPI_Initialized(&initialized);
    MPI_Finalized(&finalized);
    return initialized && !finalized ? MPI_Finalize() : MPI_SUCCESS;
}

void mp_abort(int code) { MPI_Abort(MPI_COMM_WORLD, code); }

int mp_error_string(int code, char *text, int capacity) {
    char message[MPI_MAX_ERROR_STRING + 1] = "";
    int length = 0;
    switch (code) {
    case MP_SHORT_MESSAGE: strcpy(message, "the message is shorter than the receiver's buffer"); break;
    case MP_OUT_OF_MEMORY: strcpy(message, "out of memory"); break;
    case MP_ALREADY_FINISHED: strcpy(message, "MPI was already finalised"); break;
    case MP_SHORT_FILE: strcpy(message, "the file ends before the bytes that were wanted, or the disk is full"); break;
    case MP_NO_THREADS: strcpy(message, "this MPI does not provide MPI_THREAD_FUNNELED"); break;
    default:
        if (MPI_Error_string(code, message, &length) != MPI_SUCCESS) strcpy(message, "unknown error code");
    }
    return snprintf(text, (size_t)capacity, "%s", message);
}

int mp_library_version(char *text, int capacity) {
    char version[MPI_MAX_LIBRARY_VERSION_STRING + 1] = "";
    int length = 0;
    int code = MPI_Get_library_version(version, &length);
    snprintf(text, (size_t)capacity, "%s", version);
    return code;
}

int mp_rank_and_size(int32_t communicator, int32_t *rank, int32_t *size) {
    int r = 0, s = 0;
    int code = MPI_Comm_rank(mp_communicator(communicator), &r);
    if (code == MPI_SUCCESS) code = MPI_Comm_size(mp_communicator(communicator), &s);
    *rank = r;
    *size = s;
    return code;
}

static int adopt(MPI_Comm fresh, int code, int32_t *handle) {
    if (code != MPI_SUCCESS) return code;
    *handle = (int32_t)MPI_Comm_c2f(fresh);
    return MPI_Comm_set_errhandler(fresh, MPI_ERRORS_RETURN);
}

int mp_duplicate(int32_t communicator, int32_t *duplicate) {
    MPI_Comm fresh = MPI_COMM_NULL;
    int code = MPI_Comm_dup(mp_communicator(communicator), &fresh);
    return adopt(fresh, code, duplicate);
}

int mp_split(int32_t communicator, int32_t color, int32_t key, int32_t *part) {
    MPI_Comm fresh = MPI_COMM_NULL;
    int code = MPI_Comm_split(mp_communicator(communicator), color, key, &fresh);
    return adopt(fresh, code, part);
}

int mp_split_by_node(int32_t communicator, int32_t *node) {
    MPI_Comm fresh = MPI_COMM_NULL;
    int code = MPI_Comm_split_type(mp_communicator(communicator), MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &fresh);
    return adopt(fresh, code, node);
}

int mp_free(int32_t communicator) {
    MPI_Comm old = mp_communicator(communicator);
    return MPI_Comm_free(&old);
}

int mp_barrier(int32_t communicator) { return MPI_Barrier(mp_communicator(communicator)); }

static int next_count(int64_t remaining) { return (int)(remaining < maximum_count ? remaining : maximum_count); }

int mp_broadcast(int32_t communicator, void *buffer, int64_t count, int32_t type, int32_t root) {
    char *position = buffer;
    while (count > 0) {
        int part = next_count(count);
        int code = MPI_Bcast(position, part, mp_datatype(type), root, mp_communicator(communicator));
        if (code != MPI_SUCCESS) return code;
        position += part * mp_width(type);
        count -= part;
    }
    return MPI_SUCCESS;
}

int mp_all_reduce(int32_t communicator, void *buffer, int64_t count, int32_t type, int32_t operation) {
    char *position = buffer;
    while (count > 0) {
        int part = next_count(count);
        int code = MPI_Allreduce(
            MPI_IN_PLACE, position, part, mp_datatype(type), mp_operation(operation), mp_communicator(communicator));
        if (code != MPI_SUCCESS) return code;
        position += part * mp_width(type);
        count -= part;
    }
    return MPI_SUCCESS;
}

int mp_send(int32_t communicator, const void *buffer, int64_t count, int32_t type, int32_t peer, int32_t tag) {
    const char *position = buffer;
    do {
        int part = next_count(count);
        int code = MPI_Send(position, part, mp_datatype(type), mp_peer(peer), tag, mp_communicator(communicator));
        if (code != MPI_SUCCESS) return code;
        position += part * mp_width(type);
        count -= part;
    } while (count > 0);
    return MPI_SUCCESS;
}

int mp_receive(int32_t communicator, void *buffer, int64_t count, int32_t type, int32_t peer, int32_t tag) {
    char *position = buffer;
    do {
        int part = next_count(count), arrived = 0;
        MPI_Status status;
        int code = MPI_Recv(position, part, mp_datatype(type), mp_peer(peer), tag, mp_communicator(communicator), &status);
        if (code != MPI_SUCCESS) return code;
        MPI_Get_count(&status, mp_datatype(type), &arrived);
        if (peer >= 0 && arrived != part) return MP_SHORT_MESSAGE;
        position += part * mp_width(type);
        count -= part;
    } while (count > 0);
    return MPI_SUCCESS;
}
