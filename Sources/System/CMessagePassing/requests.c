#include "handles.h"

#include <stdlib.h>

// Requests that are made once and started again and again without an allocation. Point-to-point ones are
// MPI's persistent requests. MPI 3.1 has no persistent collectives, so an all-reduce is issued anew at each start.

struct MPRequest {
    int receives, reduces, active, parts;
    MPI_Request *handles;
    MPI_Status *statuses;
    // What an all-reduce is issued from, and what a receive is checked against.
    MPI_Comm communicator;
    char *buffer;
    int64_t count, limit;
    int32_t type;
    MPI_Op operation;
    int nobody;
};

static int part_count(const MPRequest *request, int part) {
    int64_t rest = request->count - part * request->limit;
    return (int)(rest < request->limit ? rest : request->limit);
}

static char *part_address(const MPRequest *request, int part) {
    return request->buffer + part * request->limit * mp_width(request->type);
}

static MPRequest *allocate(int32_t communicator, void *buffer, int64_t count, int32_t type, int atLeast) {
    MPRequest *request = calloc(1, sizeof(MPRequest));
    if (!request) return NULL;
    request->limit = mp_maximum_count();
    int64_t parts = (count + request->limit - 1) / request->limit;
    request->parts = (int)(parts < atLeast ? atLeast : parts);
    request->communicator = mp_communicator(communicator);
    request->buffer = buffer;
    request->count = count;
    request->type = type;
    request->handles = malloc((size_t)(request->parts + 1) * sizeof(MPI_Request));
    request->statuses = malloc((size_t)(request->parts + 1) * sizeof(MPI_Status));
    if (!request->handles || !request->statuses) {
        free(request->handles);
        free(request->statuses);
        free(request);
        return NULL;
    }
    for (int i = 0; i < request->parts; i++) request->handles[i] = MPI_REQUEST_NULL;
    return request;
}

int mp_make_send(
    int32_t communicator, const void *buffer, int64_t count, int32_t type, int32_t peer, int32_t tag, MPRequest **made) {
    MPRequest *request = allocate(communicator, (void *)buffer, count, type, 1);
    if (!request) return MP_OUT_OF_MEMORY;
    *made = request;
    for (int i = 0; i < request->parts; i++) {
        int code = MPI_Send_init(
            part_address(request, i), part_count(request, i), mp_datatype(type), mp_peer(peer), tag,
            request->communicator, &request->handles[i]);
        if (code != MPI_SUCCESS) return code;
    }
    return MPI_SUCCESS;
}

int mp_make_receive(
    int32_t communicator, void *buffer, int64_t count, int32_t type, int32_t peer, int32_t tag, MPRequest **made) {
    MPRequest *request = allocate(communicator, buffer, count, type, 1);
    if (!request) return MP_OUT_OF_MEMORY;
    *made = request;
    request->receives = 1;
    request->nobody = peer < 0;
    for (int i = 0; i < request->parts; i++) {
        int code = MPI_Recv_init(
            part_address(request, i), part_count(request, i), mp_datatype(type), mp_peer(peer), tag,
            request->communicator, &request->handles[i]);
        if (code != MPI_SUCCESS) return code;
    }
    return MPI_SUCCESS;
}

int mp_make_all_reduce(
    int32_t communicator, void *buffer, int64_t count, int32_t type, int32_t operation, MPRequest **made) {
    MPRequest *request = allocate(communicator, buffer, count, type, 0);
    if (!request) return MP_OUT_OF_MEMORY;
    *made = request;
    request->reduces = 1;
    request->operation = mp_operation(operation);
    return MPI_SUCCESS;
}

int mp_request_start(MPRequest *request) {
    int code = MPI_SUCCESS;
    for (int i = 0; i < request->parts; i++) request->statuses[i].MPI_ERROR = MPI_SUCCESS;
    if (!request->reduces) {
        code = MPI_Startall(request->parts, request->handles);
    } else {
        for (int i = 0; i < request->parts && code == MPI_SUCCESS; i++) {
            code = MPI_Iallreduce(
                MPI_IN_PLACE, part_address(request, i), part_count(request, i), mp_datatype(request->type),
                request->operation, request->communicator, &request->handles[i]);
        }
    }
    request->active = code == MPI_SUCCESS;
    return code;
}

/// What became of one part: an error may hide in the status behind a success (Open MPI 4.1 does so for
/// persistent requests), and a short message is no error to MPI.
static int verdict(const MPRequest *request, int part, int code) {
    const MPI_Status *status = &request->statuses[part];
    if (code != MPI_SUCCESS || !request->receives || request->nobody) return code;
    if (status->MPI_ERROR != MPI_SUCCESS) return status->MPI_ERROR;
    int arrived = 0;
    MPI_Get_count(status, mp_datatype(request->type), &arrived);
    return arrived == part_count(request, part) ? MPI_SUCCESS : MP_SHORT_MESSAGE;
}

// One MPI_Wait for each part rather than MPI_Waitall, which in Open MPI 4.1 may spin for ever on a request that
// has already failed. All parts are finished even if one fails.

int mp_request_wait(MPRequest *request) {
    if (!request->active) return MPI_SUCCESS;
    int first = MPI_SUCCESS;
    for (int i = 0; i < request->parts; i++) {
        int code = verdict(request, i, MPI_Wait(&request->handles[i], &request->statuses[i]));
        if (first == MPI_SUCCESS) first = code;
    }
    request->active = 0;
    return first;
}

int mp_request_test(MPRequest *request, int32_t *finished) {
    *finished = 1;
    if (!request->active) return MPI_SUCCESS;
    for (int i = 0; i < request->parts; i++) {
        int flag = 0;
        int code = MPI_Request_get_status(request->handles[i], &flag, &request->statuses[i]);
        if (code != MPI_SUCCESS) return code;
        if (!flag) *finished = 0;
    }
    return *finished ? mp_request_wait(request) : MPI_SUCCESS;
}

void mp_request_release(MPRequest *request) {
    int finalized = 0;
    if (!request || request->active) return;
    MPI_Finalized(&finalized);
    for (int i = 0; !finalized && i < request->parts; i++) {
        if (request->handles[i] != MPI_REQUEST_NULL) MPI_Request_free(&request->handles[i]);
    }
    free(request->handles);
    free(request->statuses);
    free(request);
}
