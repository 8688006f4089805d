import PulsarKernels
import RadioStreams

/// Delays of every channel for every trial, in samples behind the channel of the highest frequency, to the nearest sample.
public struct DispersionPlan: Sendable {
    /// pc cm⁻³, ascending.
    public let trials: [Double]
    public let constant: DispersionConstant
    public let samplingTime: Double
    public let frequencies: [Double]
    /// MHz of the channel that has no delay.
    public let reference: Double

    /// - Throws: `SearchError` if a trial's delay is longer than `longestDelay` samples.
    public init(header: StreamHeader, trials: [Double], constant: DispersionConstant, longestDelay: Int = 1 << 24) throws {
        guard !trials.isEmpty, trials.allSatisfy({ $0.isFinite && $0 >= 0 }), zip(trials, trials.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw SearchError("search: trial dispersion measures must ascend from 0 or more")
        }
        self.trials = trials
        self.constant = constant
        samplingTime = header.samplingTime
        frequencies = header.frequencies
        reference = header.frequencies.max() ?? 1
        let lowest = header.frequencies.min() ?? 1
        let delay = constant.delay(dispersionMeasure: trials.last ?? 0, frequency: lowest, reference: reference) / samplingTime
        guard delay <= Double(longestDelay) else {
            throw SearchError(
                "search: DM \(trials.last ?? 0) sweeps the band in \(delay) samples, more than \(longestDelay); lower dm_max, or average the recording in time first")
        }
    }

    /// Samples that trial `trial` delays channel `channel`.
    public func delay(trial: Int, channel: Int) -> Int {
        Int((constant.delay(dispersionMeasure: trials[trial], frequency: frequencies[channel], reference: reference) / samplingTime).rounded())
    }

    /// The longest delay of a trial, samples.
    public func longestDelay(trial: Int) -> Int { frequencies.indices.lazy.map { delay(trial: trial, channel: $0) }.max() ?? 0 }

    /// Delays of the trials `group` (the last repeated to fill up) for the channels kept, `[channel][DedispersionKernel.group]`.
    func delays(of group: Range<Int>, channels: [Int]) -> [Int32] {
        var table = [Int32](repeating: 0, count: channels.count * DedispersionKernel.group)
        for k in 0..<DedispersionKernel.group {
            let trial = min(group.lowerBound + k, group.upperBound - 1)
            for (i, channel) in channels.enumerated() { table[i * DedispersionKernel.group + k] = Int32(delay(trial: trial, channel: channel)) }
        }
        return table
    }

    /// The step in DM that delays the band's ends by `samples` more, pc cm⁻³.
    public static func step(header: StreamHeader, constant: DispersionConstant, samples: Double) -> Double {
        let highest = header.frequencies.max() ?? 1
        let lowest = header.frequencies.min() ?? 1
        let unit = constant.delay(dispersionMeasure: 1, frequency: lowest, reference: highest)
        return unit > 0 ? samples * header.samplingTime / unit : 1
    }
}
