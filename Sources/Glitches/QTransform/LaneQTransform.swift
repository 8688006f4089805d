import GlitchKernels
import Numerics

/// Whitening and Q transforms of sixteen series at a time: what a scan does. Single precision from the whitened spectrum on.
///
/// The result of a series does not depend on the fifteen others. *Not collective;* used by one thread at a time.
public final class LaneQTransform {
    public let planes: [QPlane]
    public let whitening: WhiteningKernel
    public let normalisation: QNormalisation
    /// Seconds at either end whose tiles count for nothing.
    public let edge: Double

    private let kernels: [QTilesKernel]
    private let spectrum, energies: UnsafeMutablePointer<Lane>
    /// Where each row begins in `energies`, and the whole.
    private let places: [[Int]]
    private var largest: [Lane] = []

    /// - Throws: `GlitchError` where planes and series do not fit.
    public init(shape: WhiteningShape, planes: [QPlane], normalisation: QNormalisation, edge: Double) throws {
        guard let whitening = WhiteningKernel(shape) else { throw GlitchError("whitening: found the shape \(shape), wanted lengths that can be transformed") }
        self.whitening = whitening
        (self.planes, self.normalisation, self.edge) = (planes, normalisation, edge)
        kernels = try planes.map { plane in
            guard plane.rows.allSatisfy({ !plane.kept($0, edge: edge).isEmpty }), let kernel = QTilesKernel(rows: plane.kernelRows, bins: whitening.bins) else {
                throw GlitchError("Q transform: found a plane of Q \(plane.quality) that does not fit series of \(shape.samples) samples with \(edge) s left out at the ends")
            }
            return kernel
        }
        places = planes.map { plane in
            var total = 0
            return plane.rows.map { row in
                defer { total += row.tiles }
                return total
            }
        }
        spectrum = .allocate(capacity: 2 * whitening.bins)
        energies = .allocate(capacity: max(1, planes.map(\.tiles).max() ?? 1))
    }

    deinit {
        spectrum.deallocate()
        energies.deallocate()
    }

    /// Whitens the series that begin at the sixteen pointers, each of `whitening.shape.samples` samples.
    public func whiten(_ series: [UnsafePointer<Double>]) {
        precondition(series.count == laneWidth, "sixteen series are whitened at once")
        series.withUnsafeBufferPointer { pointers in
            if let start = pointers.baseAddress { whitening.run(start, into: spectrum) }
        }
    }

    /// Takes a spectrum from elsewhere, [bin][re, im], instead of `whiten`.
    public func setSpectrum(_ values: [Lane]) {
        precondition(values.count == 2 * whitening.bins, "a spectrum has two lanes for each bin")
        for (i, value) in values.enumerated() { spectrum[i] = value }
    }

    /// The whitened spectrum, [bin][re, im].
    public var whitenedSpectrum: [Lane] { Array(UnsafeBufferPointer(start: spectrum, count: 2 * whitening.bins)) }

    /// Makes the energies of plane `index` of what was whitened last.
    public func transform(plane index: Int) {
        let plane = planes[index]
        largest.removeAll(keepingCapacity: true)
        for (row, place) in zip(plane.rows.indices, places[index]) {
            let values = energies + place
            kernels[index].run(row: row, of: spectrum, into: values)
            let kept = plane.kept(plane.rows[row], edge: edge)
            let divisor =
                normalisation == .mean
                ? LaneSelection.mean(values + kept.lowerBound, count: kept.count)
                : LaneSelection.median(values + kept.lowerBound, count: kept.count) * Lane(repeating: Float(normalisation.medianFactor))
            largest.append(LaneSelection.normalise(values, count: plane.rows[row].tiles, by: divisor, largestIn: kept))
        }
    }

    /// The energies of series `lane` of plane `index`, transformed last, [row][tile].
    public func gram(plane index: Int, lane: Int) -> QGram {
        let plane = planes[index]
        return QGram(
            plane: plane,
            energies: zip(plane.rows, places[index]).map { row, place in (0..<row.tiles).map { Double(energies[place + $0][lane]) } })
    }

    /// The energies of row `row` of plane `index`, transformed last, [tile]; valid until the next transform.
    public func energies(plane index: Int, row: Int) -> UnsafeBufferPointer<Lane> {
        UnsafeBufferPointer(start: energies + places[index][row], count: planes[index].rows[row].tiles)
    }

    /// A tile louder than its neighbours.
    public struct LoudTile: Sendable {
        public let lane, row, tile: Int
        public let energy: Float
    }

    /// Tiles of plane `index`, transformed last, with energies above `threshold` and none louder beside them: in their row, and in the rows above and
    /// below where they overlap in time. Of equals the first.
    public func loudTiles(plane index: Int, above threshold: Float) -> [LoudTile] {
        let plane = planes[index]
        let starts = places[index]
        let numbers = UnsafeRawPointer(energies).assumingMemoryBound(to: Float.self)
        var found: [LoudTile] = []
        var candidates: [Int] = []
        for row in plane.rows.indices {
            let quietEnough = (0..<laneWidth).allSatisfy { !(largest[row][$0] > threshold) }
            if quietEnough { continue }
            candidates.removeAll(keepingCapacity: true)
            let tiles = plane.rows[row].tiles
            let kept = plane.kept(plane.rows[row], edge: edge)
            LaneSelection.appendLoud(energies + starts[row], in: kept, above: threshold, to: &candidates)
            for candidate in candidates {
                let (tile, lane) = (candidate / laneWidth, candidate % laneWidth)
                let energy = numbers[(starts[row] + tile) * laneWidth + lane]
                guard energy.isFinite else { continue }
                var isPeak = true
                for other in max(0, row - 1)...min(plane.rows.count - 1, row + 1) where isPeak {
                    let count = plane.rows[other].tiles
                    // Tiles of the other row that touch this one, which reaches half its width to either side of its centre.
                    let first = max(0, (2 * tile - 1) * count / (2 * tiles))
                    let last = min(count - 1, ((2 * tile + 1) * count + 2 * tiles - 1) / (2 * tiles))
                    let span = other == row ? max(0, tile - 1)...min(count - 1, tile + 1) : first...max(first, last)
                    for neighbour in span where other != row || neighbour != tile {
                        let value = numbers[(starts[other] + neighbour) * laneWidth + lane]
                        let isEarlier = (other, neighbour) < (row, tile)
                        if value > energy || value == energy && isEarlier { isPeak = false }
                    }
                }
                if isPeak { found.append(LoudTile(lane: lane, row: row, tile: tile, energy: energy)) }
            }
        }
        return found
    }
}
