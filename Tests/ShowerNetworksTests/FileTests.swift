import Testing

/// Suites that open HDF5 files in the test process, one test at a time: HDF5 is not thread-safe.
@Suite(.serialized) enum FileTests {}
