/// How long each step of a job took, in bounded memory: exact count, mean and extremes, and a series of block means whose blocks double
/// in length whenever the series is full.
public struct StepTimes: Sendable, Equatable {
    /// The most samples that are kept.
    public static let capacity = 512

    public private(set) var count = 0
    public private(set) var total = 0.0
    public private(set) var shortest = Double.infinity
    public private(set) var longest = 0.0
    /// Steps that each sample is the mean of.
    public private(set) var stepsPerSample = 1
    /// Mean seconds of a step, block by block, in the order of the steps; a block that is not full yet is left out.
    public private(set) var samples: [Double] = []
    private var open = 0.0
    private var openCount = 0

    public init() {}

    /// Adds one step.
    public mutating func add(_ seconds: Double) {
        count += 1
        total += seconds
        shortest = min(shortest, seconds)
        longest = max(longest, seconds)
        open += seconds
        openCount += 1
        guard openCount == stepsPerSample else { return }
        samples.append(open / Double(openCount))
        (open, openCount) = (0, 0)
        guard samples.count == Self.capacity else { return }
        samples = stride(from: 0, to: Self.capacity, by: 2).map { (samples[$0] + samples[$0 + 1]) / 2 }
        stepsPerSample *= 2
    }

    /// For `summary.json`; null before the first step.
    var json: JSON {
        guard count > 0 else { return .null }
        return [
            "count": .integer(count), "mean_seconds": .number(total / Double(count)), "min_seconds": .number(shortest),
            "max_seconds": .number(longest), "steps_per_sample": .integer(stepsPerSample),
            "sample_seconds": .array(samples.map(JSON.number)),
        ]
    }
}
