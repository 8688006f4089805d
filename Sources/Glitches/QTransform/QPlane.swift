import GlitchKernels
import Glibc

/// The tiles of one Q over time and frequency (Chatterji et al., Class. Quantum Grav. 21, S1809, 2004; Chatterji, thesis, MIT, 2005, chapter 5).
public struct QPlane: Sendable {
    /// Tiles of one frequency.
    public struct Row: Sendable, Equatable {
        /// Hz, a multiple of 1 / duration.
        public let frequency: Double
        /// A power of two; tile i is centred at i duration / tiles.
        public let tiles: Int
        /// Bins of the spectrum on either side of `middle` that the window takes.
        public let reach: Int
        public let middle: Int
        /// Hz.
        public let bandwidth: Double
    }

    public let quality: Double
    /// Seconds of the series.
    public let duration: Double
    /// Hz.
    public let rate: Double
    public let rows: [Row]

    /// The largest Q at which a window would reach below 0 Hz.
    public static let smallestQuality = 11.0.squareRoot()

    /// Part of its tile's energy that a signal between tiles loses at most, as a distance: 2 sqrt(mismatch / 3).
    static func distance(_ mismatch: Double) -> Double { 2 * (mismatch / 3).squareRoot() }

    /// - Parameters:
    ///   - range: Hz; 0 below and infinity above take what fits the duration and the rate.
    ///   - mismatch: part of the energy that may be lost between tiles.
    ///   - offset: bins by which windows lie too high: 0, or 1 as gwpy and ml4gw have it.
    /// - Throws: `GlitchError` for a Q or a range that the spectrum does not hold.
    public init(
        quality: Double, duration: Double, rate: Double, range: ClosedRange<Double> = 0...Double.infinity, mismatch: Double = 0.2, offset: Int = 0
    ) throws {
        guard quality >= Self.smallestQuality, duration > 0, rate > 0, mismatch > 0, mismatch < 1 else {
            throw GlitchError("Q transform: found Q \(quality) and mismatch \(mismatch); wanted Q of at least sqrt(11) = 3.317 and a mismatch between 0 and 1")
        }
        let scaled = quality / Self.smallestQuality
        let highest = rate / 2 / (1 + 1 / scaled)
        let low = range.lowerBound > 0 ? range.lowerBound : 50 * quality / (2 * .pi * duration)
        let high = min(range.upperBound, highest)
        guard low < high else {
            throw GlitchError("Q transform: found frequencies from \(low) to \(high) Hz at Q \(quality) and \(rate) Hz; wanted a range up to \(highest) Hz")
        }
        let step = Self.distance(mismatch)
        let factor = (2 + quality * quality).squareRoot()
        let span = log(high / low) * factor / 2
        let count = max(1, Int((span / step).rounded(.up)))
        var rows: [Row] = []
        let bins = Int((duration * rate / 2).rounded()) + 1
        for i in 0..<count {
            let exact = low * exp(2 / factor * (Double(i) + 0.5) * span / Double(count))
            let bin = Int((exact * duration).rounded(.down))
            let frequency = Double(bin) / duration
            if frequency == rows.last?.frequency || bin < 1 { continue }
            let needed = duration * 2 * .pi * frequency / quality / step
            var tiles = 1
            while Double(tiles) < needed { tiles *= 2 }
            let reach = Int(frequency / scaled * duration)
            let middle = bin + offset
            guard middle - reach >= 0, middle + reach < bins, tiles > 2 * reach else {
                throw GlitchError("Q transform: found a row at \(frequency) Hz of Q \(quality) that reaches beyond the spectrum of \(bins) bins; wanted a narrower range of frequencies")
            }
            rows.append(Row(frequency: frequency, tiles: tiles, reach: reach, middle: middle, bandwidth: 2 * Double.pi.squareRoot() * frequency / quality))
        }
        guard !rows.isEmpty else { throw GlitchError("Q transform: found no row between \(low) and \(high) Hz in \(duration) s; wanted a longer series") }
        (self.quality, self.duration, self.rate, self.rows) = (quality, duration, rate, rows)
    }

    /// The bisquare window of a row, with the factor that makes it of unit energy: a sine-Gaussian's tile then holds its energy.
    public func window(_ row: Row) -> [Double] {
        let scaled = quality / Self.smallestQuality
        let norm = Double(row.tiles) / (duration * rate) * (315 * scaled / (128 * row.frequency)).squareRoot()
        return (-row.reach...row.reach).map { i in
            let x = Double(i) / duration * scaled / row.frequency
            return (1 - x * x) * (1 - x * x) * norm
        }
    }

    /// All tiles.
    public var tiles: Int { rows.reduce(0) { $0 + $1.tiles } }

    /// The rows for a `QTilesKernel`, where the factor 1 / tiles of the transform is in the window.
    public var kernelRows: [QTileRow] {
        rows.map { row in
            QTileRow(middle: row.middle, reach: row.reach, tiles: row.tiles, window: window(row).map { Float($0 / Double(row.tiles)) })
        }
    }

    /// The tiles of a row with centres at least `edge` seconds from both ends.
    public func kept(_ row: Row, edge: Double) -> Range<Int> {
        let spacing = duration / Double(row.tiles)
        let first = Int((edge / spacing - 1e-9).rounded(.up))
        let end = Int(((duration - edge) / spacing - 1e-9).rounded(.up))
        return min(first, row.tiles)..<max(min(first, row.tiles), min(end, row.tiles))
    }
}

/// Planes for a range of Q.
public enum QTiling {
    /// Qs between the bounds, so close that no signal loses more than `mismatch` of its energy between them.
    public static func qualities(_ range: ClosedRange<Double>, mismatch: Double = 0.2) -> [Double] {
        let span = log(range.upperBound / range.lowerBound) / 2.0.squareRoot()
        let count = max(1, Int((span / QPlane.distance(mismatch)).rounded(.up)))
        return (0..<count).map { range.lowerBound * exp(2.0.squareRoot() * span / Double(count) * (Double($0) + 0.5)) }
    }

    /// A plane for each Q; all have the range of frequencies that the smallest Q allows, as far as they hold it.
    /// - Throws: `GlitchError` as a plane does.
    public static func planes(
        qualities: [Double], duration: Double, rate: Double, range: ClosedRange<Double> = 0...Double.infinity, mismatch: Double = 0.2, offset: Int = 0
    ) throws -> [QPlane] {
        let low = range.lowerBound > 0 ? range.lowerBound : 50 * (qualities.max() ?? 0) / (2 * .pi * duration)
        let highest = rate / 2 / (1 + QPlane.smallestQuality / (qualities.min() ?? 1))
        let high = min(range.upperBound, highest)
        guard low <= high else { throw GlitchError("Q transform: found frequencies from \(low) Hz at \(rate) Hz; wanted a range below \(highest) Hz") }
        return try qualities.map { quality in
            try QPlane(quality: quality, duration: duration, rate: rate, range: low...high, mismatch: mismatch, offset: offset)
        }
    }
}
