// What Swift cannot see of HDF5: macros, and calls that take MPI handles.
//
// MPI_Comm and MPI_Info are passed as Fortran integers, so that no handle type of an MPI library is visible in Swift
// and the same code builds against Open MPI (pointers) and MPICH (integers).
#pragma once

#include <hdf5.h>
#include <hdf5_hl.h>

/// Initialises HDF5 and turns off its printing of errors. Negative on failure.
///
/// HDF5 is not to tidy up at exit: every file is closed before, but for one that could not be written, whose closing would crash.
herr_t phdf5_start(void);

/// Takes room on the disk for bytes `from` to `to` of the file at `path`, without changing its size. 0, or an errno:
/// EOPNOTSUPP where the file system cannot.
int phdf5_reserve(const char *path, int64_t from, int64_t to);

/// Gives back the room beyond the end of the file at `path`. 0, or an errno.
int phdf5_release(const char *path);

/// Bytes that a user may still write to the file system of `directory`; negative where it does not tell.
int64_t phdf5_free_bytes(const char *directory);

/// Major, minor and release number of the library that is linked. Negative on failure.
herr_t phdf5_version(unsigned version[3]);

/// Writes HDF5's error stack, innermost cause first, as one line into `text` and clears it.
/// Returns the number of entries.
int phdf5_take_error_stack(char *text, size_t capacity);

/// Lets `access` open a file together on the ranks of a communicator, with collective metadata.
///
/// `hints` is "key=value;key=value" for the MPI library's file layer; unknown keys are ignored by it.
herr_t phdf5_set_communicator(hid_t access, int fortran_communicator, const char *hints);

/// Makes the transfers made with `transfer` collective.
herr_t phdf5_set_collective(hid_t transfer);

/// Why the last transfer with `transfer` was not collective on this rank and on any rank; 0 if it was.
herr_t phdf5_no_collective_cause(hid_t transfer, uint32_t *local, uint32_t *global);

unsigned phdf5_read_only(void);
unsigned phdf5_read_write(void);
unsigned phdf5_truncate(void);
hsize_t phdf5_unlimited(void);
hid_t phdf5_default(void);
hid_t phdf5_all(void);
size_t phdf5_variable_length(void);

hid_t phdf5_class_file_access(void);
hid_t phdf5_class_file_create(void);
hid_t phdf5_class_dataset_create(void);
hid_t phdf5_class_dataset_access(void);
hid_t phdf5_class_dataset_transfer(void);
hid_t phdf5_class_group_create(void);
hid_t phdf5_class_link_create(void);

hid_t phdf5_c_string(void);

/// Number types: `stored` is the little-endian type in the file, `native` this machine's.
hid_t phdf5_stored_float32(void);
hid_t phdf5_stored_float64(void);
hid_t phdf5_stored_int8(void);
hid_t phdf5_stored_int16(void);
hid_t phdf5_stored_int32(void);
hid_t phdf5_stored_int64(void);
hid_t phdf5_stored_uint8(void);
hid_t phdf5_stored_uint16(void);
hid_t phdf5_stored_uint32(void);
hid_t phdf5_stored_uint64(void);
hid_t phdf5_native_float32(void);
hid_t phdf5_native_float64(void);
hid_t phdf5_native_int8(void);
hid_t phdf5_native_int16(void);
hid_t phdf5_native_int32(void);
hid_t phdf5_native_int64(void);
hid_t phdf5_native_uint8(void);
hid_t phdf5_native_uint16(void);
hid_t phdf5_native_uint32(void);
hid_t phdf5_native_uint64(void);
