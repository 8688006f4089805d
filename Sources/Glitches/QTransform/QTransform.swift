import Numerics

/// What a tile's energy is divided by.
public enum QNormalisation: String, CaseIterable, Sendable {
    /// The row's median: 1 is a usual tile (gwpy's and ANNALISA's).
    case median
    /// The row's median over ln 2: white noise has energies of Exp(1), whatever loud tiles the row has.
    case exponential
    /// The row's mean: white noise has energies of Exp(1).
    case mean

    /// What the median is multiplied by before it divides.
    var medianFactor: Double { self == .exponential ? 1.4426950408889634 : 1 }
}

/// Energies of the tiles of a plane.
public struct QGram: Sendable {
    public struct Peak: Sendable {
        public let energy: Double
        public let row, tile: Int
        /// Seconds from the series' start, and Hz.
        public let time, frequency: Double
    }

    public let plane: QPlane
    /// [row][tile].
    public let energies: [[Double]]

    public init(plane: QPlane, energies: [[Double]]) { (self.plane, self.energies) = (plane, energies) }

    /// The loudest tile.
    public var peak: Peak? {
        var best: Peak?
        for (index, row) in plane.rows.enumerated() {
            for (tile, energy) in energies[index].enumerated() where energy > best?.energy ?? 0 {
                best = Peak(energy: energy, row: index, tile: tile, time: Double(tile) * plane.duration / Double(row.tiles), frequency: row.frequency)
            }
        }
        return best
    }
}

/// The Q transform of one series in plain double precision: the reference of `QTilesKernel`, and the tool for single series.
public enum QTransform {
    /// The spectrum that planes are made from: the Fourier transform over the number of samples, twice that above bin 0.
    /// - Throws: `NumericsError` for a length that cannot be planned.
    public static func spectrum(of series: [Double]) throws -> [SIMD2<Double>] {
        let plan = try FourierPlan(real: [series.count])
        var result = [SIMD2<Double>](repeating: .zero, count: series.count / 2 + 1)
        plan.forward(series, &result)
        return result.enumerated().map { $1 * ($0 == 0 ? 1 : 2) / Double(series.count) }
    }

    /// Energies of the plane's tiles, normalised row by row; tiles nearer than `edge` seconds to the series' ends are left out of the median or mean.
    /// - Throws: `NumericsError` for a row that cannot be planned.
    public static func transform(
        _ spectrum: [SIMD2<Double>], plane: QPlane, normalisation: QNormalisation? = .median, edge: Double = 0
    ) throws -> QGram {
        var plans: [Int: FourierPlan] = [:]
        let energies = try plane.rows.map { row -> [Double] in
            let plan = try plans[row.tiles] ?? FourierPlan(complex: [row.tiles])
            plans[row.tiles] = plan
            var work = [SIMD2<Double>](repeating: .zero, count: row.tiles)
            for (i, weight) in plane.window(row).enumerated() {
                work[(i - row.reach + row.tiles) % row.tiles] = spectrum[row.middle + i - row.reach] * weight
            }
            let windowed = work
            plan.backward(windowed, &work)
            var energies = work.map { ($0 * $0).sum() / Double(row.tiles * row.tiles) }
            let kept = energies[plane.kept(row, edge: edge)]
            switch normalisation {
            case nil: break
            case .mean?:
                let mean = kept.reduce(0, +) / Double(kept.count)
                energies = energies.map { $0 / mean }
            case let chosen?:
                let sorted = kept.sorted()
                guard !sorted.isEmpty else { break }
                let median = (sorted[sorted.count / 2] + sorted[(sorted.count - 1) / 2]) / 2 * chosen.medianFactor
                energies = energies.map { $0 / median }
            }
            return energies
        }
        return QGram(plane: plane, energies: energies)
    }
}
