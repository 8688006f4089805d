#include "handles.h"

#include <stdlib.h>

// Collectives on one block per rank: gather, scatter, all to all. MPI's own calls take int counts and int
// offsets; where the whole does not fit those, every rank turns to chunked point-to-point messages instead.

int mp_all_gather_counts(int32_t communicator, int64_t count, int64_t *counts) {
    return MPI_Allgather(&count, 1, MPI_INT64_T, counts, 1, MPI_INT64_T, mp_communicator(communicator));
}

int mp_all_to_all_counts(int32_t communicator, const int64_t *sent, int64_t *received) {
    return MPI_Alltoall(sent, 1, MPI_INT64_T, received, 1, MPI_INT64_T, mp_communicator(communicator));
}

static int64_t total(const int64_t *counts, int size) {
    int64_t sum = 0;
    for (int i = 0; i < size; i++) sum += counts[i];
    return sum;
}

/// Counts and offsets as ints: two arrays in one allocation, or null.
static int *narrow(const int64_t *counts, int size) {
    int *table = malloc(2 * (size_t)size * sizeof(int));
    int offset = 0;
    for (int i = 0; table && i < size; i++) {
        table[i] = (int)counts[i];
        table[size + i] = offset;
        offset += (int)counts[i];
    }
    return table;
}

static int64_t chunks(int64_t count) { return (count + mp_maximum_count() - 1) / mp_maximum_count(); }

/// Sends block i of `sent` to rank i and receives block j of `received` from rank j, in chunks. Null counts
/// mean nothing in that direction; `repeat` sends the same block to everyone.
static int exchange(
    MPI_Comm communicator, const char *sent, const int64_t *sentCounts, int repeat, char *received,
    const int64_t *receivedCounts, int32_t type) {
    int size = 0;
    MPI_Comm_size(communicator, &size);
    int64_t messages = 0;
    for (int i = 0; i < size; i++) {
        if (sentCounts) messages += chunks(sentCounts[i]);
        if (receivedCounts) messages += chunks(receivedCounts[i]);
    }
    MPI_Request *requests = malloc((size_t)(messages + 1) * sizeof(MPI_Request));
    if (!requests) return MP_OUT_OF_MEMORY;
    int used = 0, code = MPI_SUCCESS;
    for (int i = 0; receivedCounts && i < size; i++) {
        for (int64_t rest = receivedCounts[i]; rest > 0 && code == MPI_SUCCESS;) {
            int part = (int)(rest < mp_maximum_count() ? rest : mp_maximum_count());
            code = MPI_Irecv(received, part, mp_datatype(type), i, MP_COLLECTIVE_TAG, communicator, &requests[used++]);
            received += part * mp_width(type);
            rest -= part;
        }
    }
    for (int i = 0; sentCounts && i < size; i++) {
        const char *position = sent;
        for (int64_t rest = sentCounts[i]; rest > 0 && code == MPI_SUCCESS;) {
            int part = (int)(rest < mp_maximum_count() ? rest : mp_maximum_count());
            code = MPI_Isend(position, part, mp_datatype(type), i, MP_COLLECTIVE_TAG, communicator, &requests[used++]);
            position += part * mp_width(type);
            rest -= part;
        }
        if (!repeat) sent = position;
    }
    if (code == MPI_SUCCESS) code = MPI_Waitall(used, requests, MPI_STATUSES_IGNORE);
    free(requests);
    return code;
}

/// Counts that are zero but for one rank: the side of a collective that touches a single peer.
static int64_t *only(int entry, int64_t value, int size) {
    int64_t *table = calloc((size_t)size, sizeof(int64_t));
    if (table) table[entry] = value;
    return table;
}

int mp_gather(int32_t handle, const void *sent, void *received, const int64_t *counts, int32_t type, int32_t root) {
    MPI_Comm communicator = mp_communicator(handle);
    int size = 0, rank = 0;
    MPI_Comm_size(communicator, &size);
    MPI_Comm_rank(communicator, &rank);
    if (total(counts, size) > mp_maximum_count()) {
        int64_t *mine = only(root, counts[rank], size);
        int code = mine ? exchange(communicator, sent, mine, 0, received, rank == root ? counts : NULL, type)
                        : MP_OUT_OF_MEMORY;
        free(mine);
        return code;
    }
    int *table = narrow(counts, size);
    if (!table) return MP_OUT_OF_MEMORY;
    int code = MPI_Gatherv(
        sent, table[rank], mp_datatype(type), received, table, table + size, mp_datatype(type), root, communicator);
    free(table);
    return code;
}

int mp_scatter(int32_t handle, const void *sent, void *received, const int64_t *counts, int32_t type, int32_t root) {
    MPI_Comm communicator = mp_communicator(handle);
    int size = 0, rank = 0;
    MPI_Comm_size(communicator, &size);
    MPI_Comm_rank(communicator, &rank);
    if (total(counts, size) > mp_maximum_count()) {
        int64_t *mine = only(root, counts[rank], size);
        int code = mine ? exchange(communicator, sent, rank == root ? counts : NULL, 0, received, mine, type)
                        : MP_OUT_OF_MEMORY;
        free(mine);
        return code;
    }
    int *table = narrow(counts, size);
    if (!table) return MP_OUT_OF_MEMORY;
    int code = MPI_Scatterv(
        sent, table, table + size, mp_datatype(type), received, table[rank], mp_datatype(type), root, communicator);
    free(table);
    return code;
}

int mp_all_gather(int32_t handle, const void *sent, void *received, const int64_t *counts, int32_t type) {
    MPI_Comm communicator = mp_communicator(handle);
    int size = 0, rank = 0;
    MPI_Comm_size(communicator, &size);
    MPI_Comm_rank(communicator, &rank);
    if (total(counts, size) > mp_maximum_count()) {
        int64_t *mine = malloc((size_t)size * sizeof(int64_t));
        for (int i = 0; mine && i < size; i++) mine[i] = counts[rank];
        int code = mine ? exchange(communicator, sent, mine, 1, received, counts, type) : MP_OUT_OF_MEMORY;
        free(mine);
        return code;
    }
    int *table = narrow(counts, size);
    if (!table) return MP_OUT_OF_MEMORY;
    int code = MPI_Allgatherv(
        sent, table[rank], mp_datatype(type), received, table, table + size, mp_datatype(type), communicator);
    free(table);
    return code;
}

int mp_all_to_all(
    int32_t handle, const void *sent, const int64_t *sentCounts, void *received, const int64_t *receivedCounts,
    int32_t type) {
    MPI_Comm communicator = mp_communicator(handle);
    int size = 0;
    MPI_Comm_size(communicator, &size);
    // A rank sees its own row and column only, so the ranks must agree on which way to go.
    int64_t most = total(sentCounts, size);
    if (total(receivedCounts, size) > most) most = total(receivedCounts, size);
    int code = MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPI_INT64_T, MPI_MAX, communicator);
    if (code != MPI_SUCCESS) return code;
    if (most > mp_maximum_count()) return exchange(communicator, sent, sentCounts, 0, received, receivedCounts, type);
    int *from = narrow(sentCounts, size), *to = narrow(receivedCounts, size);
    code = from && to ? MPI_Alltoallv(
                            sent, from, from + size, mp_datatype(type), received, to, to + size, mp_datatype(type),
                            communicator)
                      : MP_OUT_OF_MEMORY;
    free(from);
    free(to);
    return code;
}
