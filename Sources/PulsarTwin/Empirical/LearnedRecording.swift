import Glibc
import Numerics
import PulsarFrames
import PulsarKernels

/// Narrow-band interference of one window of a recording, in units of the noise of its channels.
public struct LearnedCarrier: Equatable, Sendable {
    /// Of the frames' channels; and the window's first sample.
    public var firstChannel: Int
    public var sample: Int
    /// Mean excess of each channel that it is in.
    public var profile: [Float]
    /// Its course through the window in `segments` steps, of mean 1 (or as it is where its mean is 0).
    public var envelope: [Float]
    /// Standard deviation beyond the noise's that the course does not explain.
    public var unrest: Float

    public static let segments = 32
}

/// An undispersed impulse of a recording.
public struct LearnedImpulse: Equatable, Sendable {
    public var sample: Int
    /// Samples of the boxcar that fits best.
    public var width: Int
    public var signalToNoise: Float
    /// Mean excess of a channel in each of `bands` parts of the band, in units of its noise.
    public var heights: [Float]

    public static let bands = 16
}

/// A pulse that `search` found.
public struct LearnedPulse: Equatable, Sendable {
    public var signalToNoise: Double
    public var dispersionMeasure: Double
    /// s.
    public var width: Double

    public init(signalToNoise: Double, dispersionMeasure: Double, width: Double) {
        self.signalToNoise = signalToNoise
        self.dispersionMeasure = dispersionMeasure
        self.width = width
    }
}

/// What a recording's noise, interference and pulses are like.
public struct LearnedRecording: Sendable {
    public enum State: UInt8, Sendable {
        /// The channel's own noise is known.
        case clean = 0
        /// It holds more than noise everywhere; its noise is taken to be that of `source`.
        case occupied = 1
        /// It never varies.
        case dead = 2
    }

    public var axes: FrameAxes
    public var states: [State] = []
    /// The channel whose noise each has, itself where it is clean.
    public var sources: [Int] = []
    public var means: [Double] = []
    public var deviations: [Double] = []
    /// From one sample to the next.
    public var correlations: [Double] = []
    /// `[channel][EmpiricalNoiseKernel.tableSize]`.
    public var tables: [Float] = []
    /// Correlation of a number with its normal score: what the table leaves of correlations is its square.
    public var fidelities: [Double] = []
    /// Variance that all channels share, of 1, and its correlation from sample to sample.
    public var commonVariance = 0.0
    public var commonCorrelation = 0.0
    /// Range of each channel's numbers, and whether they are integers.
    public var lowest: [Float] = []
    public var highest: [Float] = []
    public var rounds = false
    public var carriers: [LearnedCarrier] = []
    /// Carriers of each window.
    public var carriersPerWindow: [Int] = []
    public var impulses: [LearnedImpulse] = []
    public var pulses: [LearnedPulse] = []
    /// Samples that were learnt from.
    public var samples = 0

    public init(axes: FrameAxes) { self.axes = axes }

    /// Quantiles at the scores of the kernel's table, of sorted numbers. A whole number fills the interval of half a step around it, so that rounding
    /// gives back each number as often as it was there.
    package static func table(_ sorted: [Float], rounds: Bool) -> [Float] {
        let size = EmpiricalNoiseKernel.tableSize
        let scores = (0..<size).map { Double($0) / Double(EmpiricalNoiseKernel.stepsPerUnit) - Double(EmpiricalNoiseKernel.reach) }
        guard let smallest = sorted.first else { return [Float](repeating: 0, count: size) }
        let n = Double(sorted.count)
        guard rounds else {
            return scores.map { score in
                let place = min(max(Statistics.normalDistribution(score) * n - 0.5, 0), n - 1)
                let i = min(Int(place), sorted.count - 1)
                let next = min(i + 1, sorted.count - 1)
                return sorted[i] + Float(place - Double(i)) * (sorted[next] - sorted[i])
            }
        }
        // Ends of codes and the share of numbers up to there.
        var ends = [Double(smallest) - 0.5]
        var shares = [0.0]
        for (i, value) in sorted.enumerated() where i + 1 == sorted.count || sorted[i + 1] != value {
            if let last = ends.last, last < Double(value) - 0.5 {
                // Codes that never came.
                ends.append(Double(value) - 0.5)
                shares.append(shares.last ?? 0)
            }
            ends.append(Double(value) + 0.5)
            shares.append(Double(i + 1) / n)
        }
        var k = 0
        return scores.map { score in
            let share = Statistics.normalDistribution(score)
            while k + 2 < shares.count, shares[k + 1] < share { k += 1 }
            let width = shares[k + 1] - shares[k]
            let part = width > 0 ? min(1, max(0, (share - shares[k]) / width)) : 1
            return Float(ends[k] + part * (ends[k + 1] - ends[k]))
        }
    }

    /// E[g T(g)] over the deviation of what the table gives, rounded as it will be: the first Hermite coefficient (Granger & Newbold 1976, J. R. Stat. Soc. B 38, 189).
    package static func fidelity(_ table: ArraySlice<Float>, rounds: Bool) -> Double {
        let step = 1 / Double(EmpiricalNoiseKernel.stepsPerUnit)
        var (weight, first, second, product) = (0.0, 0.0, 0.0, 0.0)
        for (i, value) in table.enumerated() {
            let score = Double(i) * step - Double(EmpiricalNoiseKernel.reach)
            let density = exp(-0.5 * score * score)
            let number = rounds ? Double(value.rounded(.toNearestOrEven)) : Double(value)
            weight += density
            first += density * number
            second += density * number * number
            product += density * score * number
        }
        let variance = second / weight - first * first / (weight * weight)
        return variance > 0 ? min(1, max(0.1, product / weight / variance.squareRoot())) : 1
    }
}
