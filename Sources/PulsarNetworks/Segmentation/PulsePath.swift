import PulsarFrames

/// A pulse's path through a mask: arrival at each frequency against the delay that a dispersion measure of 1 makes there, a straight line.
public struct PulsePath: Equatable, Sendable {
    /// pc cm^-3.
    public let dispersionMeasure, dispersionMeasureError: Double
    /// At the highest frequency of the frame, s after its first sample.
    public let arrival, arrivalError: Double
    /// Rows of the mask that the line goes through.
    public let rows: Int

    /// Probability from which on a place belongs to the mask.
    static let edge: Float = 0.5
    /// Rows that are farther from a first line than so many of its standard deviations are left out of the second.
    static let limit = 3.0
    /// Rows that a line needs.
    static let fewest = 4

    /// Fits each row's mean time, weighted by its sum of probabilities, by least squares; errors from the scatter about the line.
    /// - Parameter probabilities: `[row][column]`.
    /// - Returns: nil where too few rows have a place of the mask, or all lie at one frequency.
    public init?(_ probabilities: UnsafePointer<Float>, model: SegmentationModel) {
        var points: [(delay: Double, time: Double, weight: Double)] = []
        let axes = model.axes
        let reference = axes.firstFrequency
        for row in 0..<model.side {
            var (weight, moment) = (0.0, 0.0)
            for column in 0..<model.side {
                let p = probabilities[row * model.side + column]
                guard p >= Self.edge else { continue }
                weight += Double(p)
                moment += Double(p) * (Double(column) + 0.5)
            }
            guard weight > 0 else { continue }
            let frequency = reference + axes.channelBandwidth * (Double(row) + 0.5 - 0.5 / Double(model.channelFactor)) * Double(model.channelFactor)
            points.append(
                (
                    model.constant.delay(dispersionMeasure: 1, frequency: frequency, reference: reference),
                    moment / weight * Double(model.sampleFactor) * axes.samplingTime, weight
                ))
        }
        guard let first = Line(points) else { return nil }
        let near = points.filter { abs($0.time - first.at($0.delay)) <= Self.limit * first.deviation }
        guard let line = Line(near) ?? Line(points) else { return nil }
        (dispersionMeasure, dispersionMeasureError) = (line.slope, line.slopeError)
        (arrival, arrivalError, rows) = (line.start, line.startError, line.count)
    }

    private struct Line {
        let start, slope, startError, slopeError, deviation: Double
        let count: Int

        init?(_ points: [(delay: Double, time: Double, weight: Double)]) {
            guard points.count >= PulsePath.fewest else { return nil }
            let sum = points.reduce(0) { $0 + $1.weight }
            let x = points.reduce(0) { $0 + $1.weight * $1.delay } / sum, y = points.reduce(0) { $0 + $1.weight * $1.time } / sum
            let xx = points.reduce(0) { $0 + $1.weight * ($1.delay - x) * ($1.delay - x) }
            guard xx > 0 else { return nil }
            slope = points.reduce(0) { $0 + $1.weight * ($1.delay - x) * ($1.time - y) } / xx
            start = y - slope * x
            count = points.count
            let (slope, start) = (slope, start)
            let squares = points.reduce(0) { $0 + $1.weight * ($1.time - start - slope * $1.delay) * ($1.time - start - slope * $1.delay) }
            // Of a point of weight 1, from the scatter.
            let variance = squares / Double(points.count - 2)
            deviation = (squares / sum).squareRoot()
            slopeError = (variance / xx).squareRoot()
            startError = (variance * (1 / sum + x * x / xx)).squareRoot()
        }

        func at(_ delay: Double) -> Double { start + slope * delay }
    }
}

/// What the mask of one frame amounts to.
package struct MaskScore {
    /// Mean of the largest probabilities of rows, over the eighth of the rows where they are largest: a pulse may show itself in a part of the band, and what
    /// is taken for one by mistake is so in a few rows.
    package let value: Double
    /// Places of the mask.
    package let places: Int

    /// - Parameter probabilities: `[row][column]`.
    package init(_ probabilities: UnsafePointer<Float>, side: Int) {
        var largestOfRows: [Float] = []
        largestOfRows.reserveCapacity(side)
        var places = 0
        for row in 0..<side {
            var largest: Float = 0
            for column in 0..<side {
                let p = probabilities[row * side + column]
                largest = max(largest, p)
                if p >= PulsePath.edge { places += 1 }
            }
            largestOfRows.append(largest)
        }
        let chosen = largestOfRows.sorted(by: >).prefix(max(1, side / 8))
        (value, self.places) = (chosen.reduce(0) { $0 + Double($1) } / Double(chosen.count), places)
    }
}
