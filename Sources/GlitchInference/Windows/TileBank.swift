import Glibc
import Glitches
import Numerics

/// The loudest tile of each sixteenth of a second of a whitened series. A tile that reaches beyond the series' end is weighed by the part of it that
/// lies within, so that white noise has energies of Exp(1) up to the last sample. *Not collective;* used by one thread at a time.
package final class TileBank {
    private let rate, seconds, length: Int
    private let plan: FourierPlan
    private var padded: [Double]
    private var spectrum: [SIMD2<Double>]

    private final class Row {
        let row: QPlane.Row
        let window: [Double]
        let inverse: FourierPlan
        /// One over the expected energy of white noise, by tile.
        let scales: [Double]
        /// Tiles of each bin.
        let places: [ClosedRange<Int>]
        var work, tiles: [SIMD2<Double>]

        init(_ row: QPlane.Row, window: [Double], rate: Int, seconds: Int, length: Int) throws {
            (self.row, self.window) = (row, window)
            inverse = try FourierPlan(complex: [row.tiles])
            work = [SIMD2<Double>](repeating: .zero, count: row.tiles)
            tiles = work
            // The tile's shape in time, at the tiles' distance: what part of its power lies before the series' end.
            let total = Double(seconds + 1)
            var shape = [SIMD2<Double>](repeating: .zero, count: 4 * row.tiles)
            for (i, weight) in window.enumerated() { shape[(i - row.reach + 4 * row.tiles) % (4 * row.tiles)] = SIMD2(weight, 0) }
            let fine = try FourierPlan(complex: [4 * row.tiles])
            let spectral = shape
            fine.backward(spectral, &shape)
            let half = 2 * row.tiles
            var before = [Double](repeating: 0, count: 4 * row.tiles + 1)
            for i in 0..<4 * row.tiles {
                let value = shape[(i - half + 4 * row.tiles) % (4 * row.tiles)]
                before[i + 1] = before[i] + (value * value).sum()
            }
            let norm = Double(length) * window.reduce(0) { $0 + $1 * $1 }
            scales = (0..<row.tiles).map { tile in
                let left = Double(seconds) - Double(tile) * total / Double(row.tiles)
                let place = left / total * Double(4 * row.tiles) + Double(half)
                let part = before[max(0, min(4 * row.tiles, Int(place.rounded())))] / before[4 * row.tiles]
                // A tile with less than a tenth inside says nothing of its own.
                return part < 0.1 ? 0 : 1 / (norm * part)
            }
            let bins = seconds * InferenceGeometry.bins
            let spacing = total / Double(row.tiles)
            let reach = max(0.5 / Double(InferenceGeometry.bins), spacing / 2)
            places = (0..<bins).map { bin in
                let middle = (Double(bin) + 0.5) / Double(InferenceGeometry.bins)
                let (low, high) = (Int(((middle - reach) / spacing).rounded(.up)), Int(((middle + reach) / spacing).rounded(.down)))
                return max(0, min(low, row.tiles - 1))...max(0, min(max(low, high), row.tiles - 1))
            }
        }
    }

    private let rows: [Row]

    /// - Parameter highest: Hz, up to which the series has what its spectrum says.
    /// - Throws: `GlitchError` where no tile fits.
    package init(_ geometry: InferenceGeometry, seconds: Int, highest: Double) throws {
        (rate, self.seconds) = (geometry.rate, seconds)
        length = (seconds + 1) * geometry.rate
        plan = try FourierPlan(real: [length])
        padded = [Double](repeating: 0, count: length)
        spectrum = [SIMD2<Double>](repeating: .zero, count: length / 2 + 1)
        let planes = try QTiling.planes(
            qualities: geometry.qualities, duration: Double(seconds + 1), rate: Double(geometry.rate),
            range: geometry.frequencies.lowerBound...max(geometry.frequencies.lowerBound * 1.1, min(highest, geometry.frequencies.upperBound)))
        let (rate, length) = (geometry.rate, length)
        rows = try planes.flatMap { plane in
            try plane.rows.map { try Row($0, window: plane.window($0), rate: rate, seconds: seconds, length: length) }
        }
    }

    /// The largest energy of each bin, from a series of variance 1.
    package func energies(_ series: [Double]) -> [Double] {
        for i in 0..<seconds * rate { padded[i] = series[i] }
        plan.forward(padded, &spectrum)
        var result = [Double](repeating: 0, count: seconds * InferenceGeometry.bins)
        for row in rows {
            let (reach, count) = (row.row.reach, row.row.tiles)
            for i in 0..<count { row.work[i] = .zero }
            for i in -reach...reach { row.work[(i + count) % count] = spectrum[row.row.middle + i] * row.window[i + reach] }
            row.inverse.backward(row.work, &row.tiles)
            for bin in result.indices {
                for tile in row.places[bin] { result[bin] = max(result[bin], (row.tiles[tile] * row.tiles[tile]).sum() * row.scales[tile]) }
            }
        }
        return result
    }
}
