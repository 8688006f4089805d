import Glibc
import Glitches
import Numerics

/// Q-images of raw series: whitening, one Q plane, and its energies on a grid of time and logarithmic frequency.
///
/// *Not collective;* used by one thread at a time. The image of a series does not depend on the fifteen others.
public final class QImageMaker {
    public let settings: QImageSettings
    /// Samples a second.
    public let rate: Double
    private let engine: LaneQTransform
    /// For each row of an image: the plane's rows on either side, and the weight of the upper one; nil above what the rate holds.
    private let rows: [(lower: Int, upper: Int, weight: Float)?]

    /// - Throws: `GlitchError` where settings and rate do not fit.
    public init(_ settings: QImageSettings, rate: Double) throws {
        let count = (settings.segmentDuration * rate).rounded()
        guard abs(count - settings.segmentDuration * rate) < 1e-6, count < 1e8, count >= 16 else {
            throw GlitchError("images: found segments of \(settings.segmentDuration) s, not a whole number of samples at \(rate) Hz")
        }
        (self.settings, self.rate) = (settings, rate)
        let shape = try settings.whitening.shape(samples: Int(count), rate: rate)
        let plane = try QPlane(
            quality: settings.quality, duration: settings.segmentDuration, rate: rate, range: settings.frequencies, mismatch: settings.mismatch)
        engine = try LaneQTransform(shape: shape, planes: [plane], normalisation: .exponential, edge: settings.whitening.filterDuration / 2)
        rows = Self.interpolation(settings, plane)
    }

    private static func interpolation(_ settings: QImageSettings, _ plane: QPlane) -> [(lower: Int, upper: Int, weight: Float)?] {
        settings.rowFrequencies.map { frequency in
            guard let upper = plane.rows.firstIndex(where: { $0.frequency >= frequency }) else {
                let last = plane.rows.count - 1
                let reach = plane.rows[last].frequency + plane.rows[last].bandwidth / 2
                return frequency <= reach ? (last, last, 0) : nil
            }
            guard upper > 0 else { return (0, 0, 0) }
            let (low, high) = (plane.rows[upper - 1].frequency, plane.rows[upper].frequency)
            return (upper - 1, upper, Float(log(frequency / low) / log(high / low)))
        }
    }

    /// Samples of a series.
    public var samples: Int { engine.whitening.shape.samples }
    /// Seconds at either end of a series that an image may not reach.
    public var edge: Double { engine.edge }

    /// Whitens and transforms one to sixteen raw series, each of `samples` finite numbers.
    public func transform(_ series: [UnsafePointer<Double>]) {
        precondition((1...laneWidth).contains(series.count), "one to sixteen series are transformed at once")
        engine.whiten((0..<laneWidth).map { series[min($0, series.count - 1)] })
        engine.transform(plane: 0)
    }

    /// The image of series `lane`, transformed last, whose middle is `centre` seconds after the series' start.
    ///
    /// Energies as white noise has Exp(1) (a signal to noise of sqrt(2 energy)), at most `largestEnergy`; zero in rows above what the rate holds.
    /// - Parameters:
    ///   - margin: columns more on either side.
    ///   - image: [row of frequency, lowest first][column of time], `size` (size + 2 margin) numbers, overwritten.
    public func image(lane: Int, centre: Double, margin: Int = 0, into image: UnsafeMutablePointer<Float>) {
        precondition((0..<laneWidth).contains(lane) && margin >= 0, "a series of the last transform")
        let largest = Float(settings.largestEnergy)
        let times = settings.columnTimes(margin: margin)
        let width = times.count
        var upperRow = [Float](repeating: 0, count: width)
        for (row, place) in rows.enumerated() {
            let target = image + row * width
            guard let place else {
                target.update(repeating: 0, count: width)
                continue
            }
            fill(target, row: place.lower, lane: lane, centre: centre, times)
            if place.weight > 0 {
                fill(&upperRow, row: place.upper, lane: lane, centre: centre, times)
                for column in 0..<width { target[column] += place.weight * (upperRow[column] - target[column]) }
            }
            for column in 0..<width { target[column] = min(largest, max(0, target[column])) }
        }
    }

    /// Energies of one row of the plane at the columns' times, between tiles along a straight line.
    private func fill(_ target: UnsafeMutablePointer<Float>, row: Int, lane: Int, centre: Double, _ times: [Double]) {
        let tiles = engine.energies(plane: 0, row: row)
        let perSecond = Double(tiles.count) / settings.segmentDuration
        for (column, time) in times.enumerated() {
            let position = min(Double(tiles.count - 1), max(0, (centre + time) * perSecond))
            let first = Int(position)
            let (a, b) = (tiles[first][lane], tiles[min(first + 1, tiles.count - 1)][lane])
            target[column] = a + (b - a) * Float(position - Double(first))
        }
    }
}

extension ClosedRange<Double> {
    /// Middles of `count` equal steps of the logarithm.
    func logarithmicMiddles(_ count: Int) -> [Double] {
        let ratio = upperBound / lowerBound
        return (0..<count).map { lowerBound * pow(ratio, (Double($0) + 0.5) / Double(count)) }
    }
}
