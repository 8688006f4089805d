/// What is known of a stretch of time from witnesses alone: what a probability is made from.
public struct WitnessWindow {
    /// Witnesses as they were read, in the order of the statistic's channels; each `seconds` long.
    public let raw: [[Double]]
    /// Hz.
    public let rates: [Double]
    /// The same, conditioned and whitened, at the geometry's rate.
    public let whitened: [[Double]]
    /// Whole seconds: in all, before the part that is wanted, and of that part; what is left follows it.
    public let seconds, past, wanted: Int
}

/// Says how loud witnesses make one expect the strain to be. A calibration turns the energies into a probability.
///
/// Implementations: `WitnessTiles`, the tiles of each witness; a network that draws the strain's image from the witnesses' has one feature,
/// the image's largest energy in a bin. *Not collective;* used by one thread at a time.
public protocol GlitchStatistic: AnyObject {
    /// Names of the features.
    var features: [String] { get }

    /// Seconds of data before those that are wanted that are good to have.
    var past: Int { get }

    /// Whether a window of so many seconds before, of, and behind the wanted ones is enough.
    func serves(past: Int, wanted: Int, later: Int) -> Bool

    /// Energies of signal to noise sqrt(2 energy), as white noise has Exp(1), for every sixteenth of a second of the window: [feature][bin]. Only those of the wanted seconds
    /// need to mean anything.
    func energies(_ window: WitnessWindow) throws -> [[Double]]
}

extension GlitchStatistic {
    public var past: Int { InferenceGeometry.past }
    public func serves(past: Int, wanted: Int, later: Int) -> Bool { true }
}

/// The loudest tile of each witness.
final class WitnessTiles: GlitchStatistic {
    let features: [String]
    private let geometry: InferenceGeometry
    /// Hz, of each witness: up to where it is whitened.
    private let highest: [Double]
    private var banks: [Int: [Double: TileBank]] = [:]

    init(_ names: [String], geometry: InferenceGeometry, rates: [Double]) {
        (features, self.geometry, highest) = (names, geometry, rates.map { geometry.highest($0) })
    }

    func energies(_ window: WitnessWindow) throws -> [[Double]] {
        try window.whitened.enumerated().map { index, series in try bank(window.seconds, highest[index]).energies(series) }
    }

    private func bank(_ seconds: Int, _ highest: Double) throws -> TileBank {
        if let bank = banks[seconds]?[highest] { return bank }
        let bank = try TileBank(geometry, seconds: seconds, highest: highest)
        banks[seconds, default: [:]][highest] = bank
        return bank
    }
}
