/// The rooms that can be checked, from the ground floor up.
let everyRoom: [(name: String, checks: @Sendable () -> [SelfCheck])] = [
    ("MessagePassing", messagePassingChecks),
    ("ParallelHDF5", parallelHDF5Checks),
    ("Networks", networksChecks),
    ("Batch", batchChecks),
    ("Training", trainingChecks),
    ("LatticeFields", latticeFieldsChecks),
    ("GaugeFields", gaugeFieldsChecks),
    ("GaugeFiles", gaugeFilesChecks),
    ("AbelianFields", abelianFieldsChecks),
    ("Flows", flowsChecks),
]
