import Glibc

/// How long Geant4 takes for one shower, as a function of the primary's energy.
public struct GeantTiming: Sendable {
    /// GeV and seconds on one core, by rising energy.
    public let points: [(energy: Double, seconds: Double)]
    public let source: String

    /// Electrons in the bare tungsten-silicon stack of the CLIC calorimeter.
    public static let clic = GeantTiming(
        points: [(1, 0.010), (10, 0.08), (50, 0.34), (150, 0.86)],
        source: "Geant4 11.4.1, CLIC tungsten-silicon stack, production cut 0.7 mm, one core of an AMD EPYC")

    private init(points: [(energy: Double, seconds: Double)], source: String) {
        self.points = points
        self.source = source
    }

    /// From a text such as `1:0.010,10:0.08`: GeV, colon, seconds.
    /// - Throws: `ShowerNetworkError` for fewer than two points, or numbers that do not rise.
    public init(_ text: String) throws {
        let pairs = text.split(separator: ",").map { $0.split(separator: ":").map { Double($0) ?? .nan } }
        let rising = zip(pairs, pairs.dropFirst()).allSatisfy { $0.0.count == 2 && $0.1.count == 2 && $0.0[0] < $0.1[0] && $0.0[1] < $0.1[1] }
        guard pairs.count >= 2, rising, pairs[0][0] > 0, pairs[0][1] > 0, pairs.allSatisfy({ $0[0].isFinite && $0[1].isFinite }) else {
            throw ShowerNetworkError("'\(text)': wanted at least two pairs GeV:seconds with rising numbers, such as 1:0.010,10:0.08", exitCode: 64)
        }
        points = pairs.map { ($0[0], $0[1]) }
        source = "the times given"
    }

    /// Power laws between the points and beyond the ends.
    private func interpolate(_ x: Double, _ abscissa: (Int) -> Double, _ ordinate: (Int) -> Double) -> Double {
        let k = min(max(1, points.indices.first { abscissa($0) >= x } ?? points.count), points.count - 1)
        let slope = log(ordinate(k) / ordinate(k - 1)) / log(abscissa(k) / abscissa(k - 1))
        return ordinate(k) * pow(x / abscissa(k), slope)
    }

    /// Seconds for a shower of `energy` GeV.
    public func seconds(at energy: Double) -> Double { interpolate(energy, { points[$0].energy }, { points[$0].seconds }) }

    /// The energy in GeV above which Geant4 takes longer than `seconds`.
    public func energy(taking seconds: Double) -> Double { interpolate(seconds, { points[$0].seconds }, { points[$0].energy }) }

    /// Whether there are measurements on both sides of an energy.
    public func covers(_ energy: Double) -> Bool { energy >= points[0].energy && energy <= points[points.count - 1].energy }
}
