import Batch
import Glitches
import Segments

/// The section `report`.
public struct ReportSettings: Sendable {
    /// GPS seconds that are looked at; nil: behind the training, or all where nothing is behind it.
    public let start, end: Int64?
    /// `truth.h5` of a simulation; relative to the run directory unless it begins with `/`; left out where there is none.
    public let truth: String
    /// Least signal to noise of the glitches whose veto is counted.
    public let signalToNoise: Double
    /// Most seconds that are looked at.
    public let most: Int

    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(_ configuration: Configuration) throws {
        let section = try configuration.section("report")
        func time(_ key: String) throws -> Int64? {
            let text = try section.string(key, default: "")
            if text.isEmpty { return nil }
            guard let time = GPSTime(text), time.remainder == 0 else { throw ConfigurationError("'report.\(key)' is '\(text)', wanted whole GPS seconds") }
            return time.seconds
        }
        (start, end) = (try time("start"), try time("end"))
        truth = try section.string("truth", default: "truth.h5")
        signalToNoise = try section.double("snr", default: 8, in: 0...1000)
        most = try section.int("most", default: 1024, in: 32...16384)
    }
}
