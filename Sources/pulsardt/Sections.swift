import Batch

extension Configuration {
    /// Sections of all commands, which may stand in one file.
    private static let sections = [
        "classification", "data", "dispersion_constant", "evaluation", "frames", "generate", "interference", "learn", "measure", "model", "pulsar", "report",
        "search", "segmentation", "simulation", "stages", "stream", "telescope", "training",
    ]

    /// Leaves to other commands every section but those that this one reads.
    func leaveSections(except own: String...) {
        for section in Self.sections where !own.contains(section) { leave(section) }
    }
}
