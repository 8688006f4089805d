// MPI behind plain integers and one opaque structure.
//
// MPI's handle types differ between Open MPI (pointers) and MPICH (ints), and neither's macros reach Swift.
// Here a communicator is its Fortran handle, a datatype and an operation are small numbers of our own, and
// requests live on the C side, so the Swift above compiles against either library.
//
// Every function returns an MPI error code (0 is success) unless it says otherwise. Counts are 64-bit:
// what exceeds an int is split into several messages.
#pragma once

#include <stdint.h>

enum MPType { MP_FLOAT, MP_DOUBLE, MP_INT8, MP_UINT8, MP_INT32, MP_UINT32, MP_INT64, MP_UINT64 };
enum MPOperation { MP_SUM, MP_MIN, MP_MAX, MP_BIT_OR };

/// Our own error code, outside MPI's range: a message was shorter than its receiver wanted.
enum { MP_SHORT_MESSAGE = -1, MP_OUT_OF_MEMORY = -2, MP_ALREADY_FINISHED = -3, MP_NO_THREADS = -4, MP_SHORT_FILE = -5 };

// The library's life.
int mp_start(int32_t *world);
int mp_finish(void);
void mp_abort(int code);
int mp_error_string(int code, char *text, int capacity);
int mp_library_version(char *text, int capacity);
/// The largest element count of one MPI call; smaller values let a test see the splitting.
void mp_set_maximum_count(int32_t count);

// Communicators.
int mp_rank_and_size(int32_t communicator, int32_t *rank, int32_t *size);
int mp_duplicate(int32_t communicator, int32_t *duplicate);
int mp_split(int32_t communicator, int32_t color, int32_t key, int32_t *part);
int mp_split_by_node(int32_t communicator, int32_t *node);
int mp_free(int32_t communicator);

// Collectives.
int mp_barrier(int32_t communicator);
int mp_broadcast(int32_t communicator, void *buffer, int64_t count, int32_t type, int32_t root);
int mp_all_reduce(int32_t communicator, void *buffer, int64_t count, int32_t type, int32_t operation);

/// One number from every rank to every rank, and one number from each rank to each other rank.
int mp_all_gather_counts(int32_t communicator, int64_t count, int64_t *counts);
int mp_all_to_all_counts(int32_t communicator, const int64_t *sent, int64_t *received);

/// Blocks of different lengths; `counts` holds every rank's length on every rank.
int mp_gather(int32_t communicator, const void *sent, void *received, const int64_t *counts, int32_t type, int32_t root);
int mp_all_gather(int32_t communicator, const void *sent, void *received, const int64_t *counts, int32_t type);
int mp_scatter(int32_t communicator, const void *sent, void *received, const int64_t *counts, int32_t type, int32_t root);
int mp_all_to_all(
    int32_t communicator, const void *sent, const int64_t *sentCounts, void *received,
    const int64_t *receivedCounts, int32_t type);

// Point to point. A negative peer is nobody: the call succeeds at once and moves nothing.
int mp_send(int32_t communicator, const void *buffer, int64_t count, int32_t type, int32_t peer, int32_t tag);
int mp_receive(int32_t communicator, void *buffer, int64_t count, int32_t type, int32_t peer, int32_t tag);

// Requests: made once, started any number of times, waited for after each start.
typedef struct MPRequest MPRequest;

int mp_make_send(
    int32_t communicator, const void *buffer, int64_t count, int32_t type, int32_t peer, int32_t tag, MPRequest **request);
int mp_make_receive(
    int32_t communicator, void *buffer, int64_t count, int32_t type, int32_t peer, int32_t tag, MPRequest **request);
int mp_make_all_reduce(
    int32_t communicator, void *buffer, int64_t count, int32_t type, int32_t operation, MPRequest **request);
int mp_request_start(MPRequest *request);
int mp_request_wait(MPRequest *request);
int mp_request_test(MPRequest *request, int32_t *finished);
/// Frees an inactive request. An active one is left alone: MPI may still write to its buffer.
void mp_request_release(MPRequest *request);

// Files of all ranks (MPI-IO). Every function is collective.
typedef struct MPFile MPFile;

int mp_file_open(int32_t communicator, const char *path, int32_t writing, MPFile **file);
int mp_file_set_size(MPFile *file, int64_t bytes);
/// Reads or writes this rank's runs of bytes, in rising order, one after the other in `buffer`.
int mp_file_transfer(
    MPFile *file, int32_t writing, const int64_t *offsets, const int64_t *lengths, int64_t runs, void *buffer);
int mp_file_close(MPFile *file, int32_t synchronize);
