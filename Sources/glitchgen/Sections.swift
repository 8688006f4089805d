import Batch

extension Configuration {
    /// Sections of all commands, which may stand in one file.
    private static let sections = [
        "buffer", "denoise", "generate", "inference", "network", "preprocess", "report", "scan", "simulation", "training", "veto",
    ]

    /// Leaves to other commands every section but those that this one reads.
    func leaveSections(except own: String...) {
        for section in Self.sections where !own.contains(section) { leave(section) }
    }
}
