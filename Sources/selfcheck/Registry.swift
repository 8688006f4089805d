/// The rooms that can be checked, from the ground floor up.
let rooms: [(name: String, checks: @Sendable () -> [SelfCheck])] = [
    ("MessagePassing", messagePassingChecks),
    ("Batch", batchChecks),
    ("Training", trainingChecks),
]
