import Batch
import RadioStreams

/// The section `search`.
public struct SearchSettings: Sendable {
    public let constant: DispersionConstant
    /// Trials given one by one; empty for a grid.
    public let list: [Double]
    public let lowest: Double
    public let highest: Double
    /// pc cm⁻³; nil for the step that delays the band's ends by `stepSamples`.
    public let step: Double?
    public let stepSamples: Double
    public let engine: PulseSearch.Settings
    /// Candidates that get a file with pictures, the strongest.
    public let images: Int
    public let patience: Double
    public let checkpointEvery: Int

    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(_ configuration: Configuration) throws {
        let section = try configuration.section("search")
        constant = try section.choice("dispersion_constant", default: .handbook)
        list = section.has("dms") ? try section.doubles("dms", in: 0...1e6, count: 1...1_000_000).sorted() : []
        lowest = try section.double("dm_min", default: 0, in: 0...1e6)
        highest = try section.double("dm_max", default: 100, in: 0...1e6)
        step = section.has("dm_step") ? try section.double("dm_step", in: 1e-6...1e6) : nil
        stepSamples = try section.double("dm_step_samples", default: 1, in: 1e-3...1e3)
        var engine = PulseSearch.Settings()
        engine.gulp = try section.int("gulp", default: 16384, in: 256...1 << 24)
        let width = try section.int("widest", default: 256, in: 1...1 << 16)
        engine.filters = Int.bitWidth - 1 - width.leadingZeroBitCount
        engine.threshold = try section.double("threshold", default: 7, in: 1...1e6)
        let cleaning = try section.section("cleaning")
        engine.cleaning = ChannelCleaning(
            kurtosis: try cleaning.double("kurtosis", default: 0.5, in: 0...1e9),
            correlation: try cleaning.double("correlation", default: 0.1, in: 0...1e9), isOn: try cleaning.bool("on", default: true))
        engine.spectralIndex = try section.double("spectral_index", default: 0, in: -10...10)
        engine.grouping = EventGrouping(
            trials: try section.int("merge_trials", default: 20, in: 0...1_000_000),
            samples: try section.int("merge_samples", default: 3, in: 0...1_000_000))
        self.engine = engine
        images = try section.int("images", default: 16, in: 0...1_000_000)
        patience = try section.double("patience", default: 0, in: 0...1e6)
        checkpointEvery = try section.int("checkpoint_every", default: 64, in: 1...1_000_000)
    }

    /// The trials for a recording, pc cm⁻³.
    /// - Throws: `SearchError` if there would be more than a million.
    public func trials(for header: StreamHeader) throws -> [Double] {
        if !list.isEmpty { return list }
        guard highest >= lowest else { throw SearchError("search.dm_max: found \(highest), wanted at least dm_min, \(lowest)") }
        let step = step ?? DispersionPlan.step(header: header, constant: constant, samples: stepSamples)
        let count = ((highest - lowest) / step).rounded(.down)
        guard count < 1e6 else { throw SearchError("search: \(count) trials of \(step) pc/cm3; raise search.dm_step, or lower search.dm_max") }
        return (0...Int(count)).map { lowest + Double($0) * step }
    }
}
