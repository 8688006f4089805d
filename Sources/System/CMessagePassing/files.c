#include "handles.h"

#include <stdlib.h>

// Files that all ranks read or write together (MPI-IO). A rank's part is a list of byte runs in rising order. They move in rounds: MPI counts
// bytes in an int, and some libraries cut what is larger than 2 GiB.

struct MPFile {
    MPI_File file;
    MPI_Comm communicator;
};

int mp_file_open(int32_t communicator, const char *path, int32_t writing, MPFile **opened) {
    MPFile *file = malloc(sizeof(MPFile));
    // A rank without memory must still take part: the others wait inside the call.
    MPI_File handle = MPI_FILE_NULL;
    int mode = writing ? MPI_MODE_WRONLY | MPI_MODE_CREATE : MPI_MODE_RDONLY;
    int code = MPI_File_open(mp_communicator(communicator), path, mode, MPI_INFO_NULL, &handle);
    if (code != MPI_SUCCESS) {
        free(file);
        return code;
    }
    if (!file) return MP_OUT_OF_MEMORY;
    MPI_File_set_errhandler(handle, MPI_ERRORS_RETURN);
    file->file = handle;
    file->communicator = mp_communicator(communicator);
    *opened = file;
    return MPI_SUCCESS;
}

int mp_file_set_size(MPFile *file, int64_t bytes) { return MPI_File_set_size(file->file, (MPI_Offset)bytes); }

int mp_file_close(MPFile *file, int32_t synchronize) {
    int code = synchronize ? MPI_File_sync(file->file) : MPI_SUCCESS;
    int closed = MPI_File_close(&file->file);
    free(file);
    return code != MPI_SUCCESS ? code : closed;
}

/// One collective transfer of `runs` runs that together fit an int.
static int round_of_runs(
    MPFile *file, int writing, const int *lengths, const MPI_Aint *places, int runs, int bytes, char *buffer) {
    MPI_Datatype view = MPI_BYTE;
    int code = MPI_SUCCESS;
    if (runs > 0) {
        code = MPI_Type_create_hindexed(runs, lengths, places, MPI_BYTE, &view);
        if (code == MPI_SUCCESS) code = MPI_Type_commit(&view);
    }
    int first = MPI_File_set_view(file->file, 0, MPI_BYTE, code == MPI_SUCCESS ? view : MPI_BYTE, "native", MPI_INFO_NULL);
    if (code == MPI_SUCCESS) code = first;
    MPI_Status status;
    int count = code == MPI_SUCCESS ? bytes : 0, moved = 0;
    int transfer = writing ? MPI_File_write_at_all(file->file, 0, buffer, count, MPI_BYTE, &status)
                           : MPI_File_read_at_all(file->file, 0, buffer, count, MPI_BYTE, &status);
    if (code == MPI_SUCCESS) code = transfer;
    if (code == MPI_SUCCESS && count > 0) {
        MPI_Get_count(&status, MPI_BYTE, &moved);
        if (moved != count) code = MP_SHORT_FILE;
    }
    if (runs > 0 && view != MPI_BYTE) MPI_Type_free(&view);
    return code;
}

int mp_file_transfer(
    MPFile *file, int32_t writing, const int64_t *offsets, const int64_t *lengths, int64_t runs, void *buffer) {
    const int64_t limit = mp_maximum_count() < (1 << 28) ? mp_maximum_count() : 1 << 28;
    int64_t bytes = 0;
    for (int64_t i = 0; i < runs; i++) bytes += lengths[i];
    int64_t rounds = (bytes + limit - 1) / limit;
    int code = MPI_Allreduce(MPI_IN_PLACE, &rounds, 1, MPI_INT64_T, MPI_MAX, file->communicator);
    if (code != MPI_SUCCESS) return code;
    int *parts = malloc(((size_t)runs + 1) * sizeof(int));
    MPI_Aint *places = malloc(((size_t)runs + 1) * sizeof(MPI_Aint));
    if (!parts || !places) code = MP_OUT_OF_MEMORY;
    int64_t run = 0, done = 0;
    char *position = buffer;
    for (int64_t round = 0; round < rounds; round++) {
        int used = 0;
        int64_t room = limit;
        while (code == MPI_SUCCESS && run < runs && room > 0) {
            int64_t part = lengths[run] - done < room ? lengths[run] - done : room;
            if (part > 0) {
                places[used] = (MPI_Aint)(offsets[run] + done);
                parts[used++] = (int)part;
            }
            room -= part;
            done += part;
            if (done == lengths[run]) {
                run++;
                done = 0;
            }
        }
        // After a failure a rank still takes part in the rounds, with nothing.
        int moved = round_of_runs(file, writing, parts, places, used, used ? (int)(limit - room) : 0, position);
        if (code == MPI_SUCCESS) code = moved;
        position += limit - room;
    }
    free(parts);
    free(places);
    return code;
}
