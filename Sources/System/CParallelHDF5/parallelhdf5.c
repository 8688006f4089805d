#define _GNU_SOURCE  // fallocate
#include "CParallelHDF5.h"

#include <errno.h>
#include <fcntl.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

herr_t phdf5_start(void) {
    (void)H5dont_atexit();  // Fails when it comes too late, which is every time but the first.
    if (H5open() < 0) return -1;
    return H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

herr_t phdf5_version(unsigned version[3]) { return H5get_libversion(&version[0], &version[1], &version[2]); }

int phdf5_reserve(const char *path, int64_t from, int64_t to) {
    const int descriptor = open(path, O_WRONLY | O_CLOEXEC);
    if (descriptor < 0) return errno;
    int number;
    do number = fallocate(descriptor, FALLOC_FL_KEEP_SIZE, from, to - from) == 0 ? 0 : errno;
    while (number == EINTR);
    close(descriptor);
    return number;
}

int phdf5_release(const char *path) {
    struct stat status;
    // Setting the size that a file has frees what lies beyond it.
    return stat(path, &status) == 0 && truncate(path, status.st_size) == 0 ? 0 : errno;
}

int64_t phdf5_free_bytes(const char *directory) {
    struct statvfs status;
    if (statvfs(directory, &status) != 0 || status.f_blocks == 0) return -1;
    return (int64_t)status.f_bavail * (int64_t)status.f_frsize;
}

struct error_text {
    char *text;
    size_t capacity;
    size_t length;
    int entries;
};

static void append(struct error_text *into, const char *part) {
    const size_t room = into->capacity - into->length;
    if (room <= 1) return;
    const int written = snprintf(into->text + into->length, room, "%s", part);
    if (written > 0) into->length += (size_t)written < room ? (size_t)written : room - 1;
}

static herr_t append_entry(unsigned n, const H5E_error2_t *entry, void *data) {
    (void)n;
    struct error_text *into = data;
    if (into->entries++ > 0) append(into, "; ");
    append(into, entry->func_name ? entry->func_name : "HDF5");
    append(into, ": ");
    append(into, entry->desc ? entry->desc : "no description");
    return 0;
}

int phdf5_take_error_stack(char *text, size_t capacity) {
    struct error_text into = {text, capacity, 0, 0};
    if (capacity == 0) return 0;
    text[0] = '\0';
    // Upward: from the function that found the error to the call that the program made.
    (void)H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, append_entry, &into);
    (void)H5Eclear2(H5E_DEFAULT);
    for (char *c = text; *c; c++)
        if (*c == '\n' || *c == '\r') *c = ' ';
    return into.entries;
}

/// Fills `info` from "key=value;key=value". Nonzero on failure.
static int set_hints(MPI_Info info, const char *hints) {
    char *copy = strdup(hints);
    if (!copy) return 1;
    int failed = 0;
    char *rest = NULL;
    for (char *hint = strtok_r(copy, ";", &rest); hint && !failed; hint = strtok_r(NULL, ";", &rest)) {
        char *equals = strchr(hint, '=');
        if (!equals) continue;
        *equals = '\0';
        failed = MPI_Info_set(info, hint, equals + 1) != MPI_SUCCESS;
    }
    free(copy);
    return failed;
}

herr_t phdf5_set_communicator(hid_t access, int fortran_communicator, const char *hints) {
    const MPI_Comm communicator = MPI_Comm_f2c((MPI_Fint)fortran_communicator);
    MPI_Info info = MPI_INFO_NULL;  // The address of an object in Open MPI: never NULL.
    if (hints && *hints) {
        if (MPI_Info_create(&info) != MPI_SUCCESS) return -1;
        if (set_hints(info, hints)) {
            MPI_Info_free(&info);
            return -1;
        }
    }
    herr_t status = H5Pset_fapl_mpio(access, communicator, info);  // Copies both.
    if (info != MPI_INFO_NULL) MPI_Info_free(&info);
    if (status >= 0) status = H5Pset_all_coll_metadata_ops(access, 1);
    if (status >= 0) status = H5Pset_coll_metadata_write(access, 1);
    return status;
}

herr_t phdf5_set_collective(hid_t transfer) { return H5Pset_dxpl_mpio(transfer, H5FD_MPIO_COLLECTIVE); }

herr_t phdf5_no_collective_cause(hid_t transfer, uint32_t *local, uint32_t *global) {
    return H5Pget_mpio_no_collective_cause(transfer, local, global);
}

unsigned phdf5_read_only(void) { return H5F_ACC_RDONLY; }
unsigned phdf5_read_write(void) { return H5F_ACC_RDWR; }
unsigned phdf5_truncate(void) { return H5F_ACC_TRUNC; }
hsize_t phdf5_unlimited(void) { return H5S_UNLIMITED; }
hid_t phdf5_default(void) { return H5P_DEFAULT; }
hid_t phdf5_all(void) { return H5S_ALL; }
size_t phdf5_variable_length(void) { return H5T_VARIABLE; }

hid_t phdf5_class_file_access(void) { return H5P_FILE_ACCESS; }
hid_t phdf5_class_file_create(void) { return H5P_FILE_CREATE; }
hid_t phdf5_class_dataset_create(void) { return H5P_DATASET_CREATE; }
hid_t phdf5_class_dataset_access(void) { return H5P_DATASET_ACCESS; }
hid_t phdf5_class_dataset_transfer(void) { return H5P_DATASET_XFER; }
hid_t phdf5_class_group_create(void) { return H5P_GROUP_CREATE; }
hid_t phdf5_class_link_create(void) { return H5P_LINK_CREATE; }

hid_t phdf5_c_string(void) { return H5T_C_S1; }

hid_t phdf5_stored_float32(void) { return H5T_IEEE_F32LE; }
hid_t phdf5_stored_float64(void) { return H5T_IEEE_F64LE; }
hid_t phdf5_stored_int8(void) { return H5T_STD_I8LE; }
hid_t phdf5_stored_int16(void) { return H5T_STD_I16LE; }
hid_t phdf5_stored_int32(void) { return H5T_STD_I32LE; }
hid_t phdf5_stored_int64(void) { return H5T_STD_I64LE; }
hid_t phdf5_stored_uint8(void) { return H5T_STD_U8LE; }
hid_t phdf5_stored_uint16(void) { return H5T_STD_U16LE; }
hid_t phdf5_stored_uint32(void) { return H5T_STD_U32LE; }
hid_t phdf5_stored_uint64(void) { return H5T_STD_U64LE; }
hid_t phdf5_native_float32(void) { return H5T_NATIVE_FLOAT; }
hid_t phdf5_native_float64(void) { return H5T_NATIVE_DOUBLE; }
hid_t phdf5_native_int8(void) { return H5T_NATIVE_INT8; }
hid_t phdf5_native_int16(void) { return H5T_NATIVE_INT16; }
hid_t phdf5_native_int32(void) { return H5T_NATIVE_INT32; }
hid_t phdf5_native_int64(void) { return H5T_NATIVE_INT64; }
hid_t phdf5_native_uint8(void) { return H5T_NATIVE_UINT8; }
hid_t phdf5_native_uint16(void) { return H5T_NATIVE_UINT16; }
hid_t phdf5_native_uint32(void) { return H5T_NATIVE_UINT32; }
hid_t phdf5_native_uint64(void) { return H5T_NATIVE_UINT64; }
