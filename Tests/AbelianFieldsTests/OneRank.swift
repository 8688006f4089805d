import Testing

/// Suites that use MPI inside the test process, one test at a time: MPI is started for a single thread.
@Suite("U(1) on one rank", .serialized)
enum OneRank {}
