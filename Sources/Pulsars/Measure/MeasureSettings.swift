import Batch
import RadioStreams

/// The section `measure`.
public struct MeasureSettings: Sendable {
    /// candidates.csv of `search`; empty for frames.
    public let candidates: String
    /// Least signal to noise of candidates, and most pulses.
    public let threshold: Double
    public let limit: Int
    public let constant: DispersionConstant
    /// Of the scattering time with frequency.
    public let scatteringIndex: Double
    /// Up to where frames are searched, pc cm⁻³.
    public let largestMeasure: Double
    public let cleaning: ChannelCleaning
    /// Whether to look for a period of the recording; at which dispersion measure, nil for that of the strongest pulse; between which, s.
    public let findsPeriod: Bool
    public let periodMeasure: Double?
    public let shortestPeriod: Double
    public let longestPeriod: Double
    /// Pulses that all ranks take together.
    static let block = 8

    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(_ configuration: Configuration) throws {
        let section = try configuration.section("measure")
        candidates = try section.string("candidates", default: "")
        threshold = try section.double("threshold", default: 6, in: 0...1e9)
        limit = try section.int("pulses", default: 1000, in: 1...10_000_000)
        constant = try section.choice("dispersion_constant", default: .handbook)
        scatteringIndex = try section.double("scattering_index", default: -4.4, in: -10...0)
        largestMeasure = try section.double("dm_max", default: 100, in: 0...1e5)
        let limits = try section.section("cleaning")
        cleaning = ChannelCleaning(
            kurtosis: try limits.double("kurtosis", default: 0.5, in: 0...1e9), correlation: try limits.double("correlation", default: 0.1, in: 0...1e9),
            isOn: try limits.bool("on", default: true))
        findsPeriod = try section.bool("period", default: false)
        periodMeasure = section.has("period_dm") ? try section.double("period_dm", in: 0...1e5) : nil
        shortestPeriod = try section.double("shortest_period", default: 0.002, in: 1e-6...1e6)
        longestPeriod = try section.double("longest_period", default: 10, in: 1e-6...1e6)
        guard shortestPeriod < longestPeriod else {
            throw ConfigurationError("\(configuration.name): 'measure.shortest_period' is \(shortestPeriod), wanted less than longest_period, \(longestPeriod)")
        }
    }
}
