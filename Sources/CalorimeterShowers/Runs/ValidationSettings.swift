import Batch

/// The section `validation`.
public struct ValidationSettings: Sendable {
    /// Stored units per GeV of files that do not say.
    public let inputScale: Double
    /// Cells below this many GeV count as empty, in both samples.
    public let cellThreshold: Double
    /// Showers that are compared of each sample; nil for all.
    public let maximumShowers: Int?
    public let classifier: ClassifierSettings

    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(_ configuration: Configuration) throws {
        let section = try configuration.section("validation")
        inputScale = try section.double("input_scale", default: ShowerLayout.scale, in: 1e-9...1e9)
        cellThreshold = try section.double("cell_threshold", default: 1e-5, in: 0...1e3)
        let limit = try section.int("maximum_showers", default: 0, in: 0...1_000_000_000)
        maximumShowers = limit == 0 ? nil : limit
        classifier = try ClassifierSettings(section.section("classifier"))
    }
}
