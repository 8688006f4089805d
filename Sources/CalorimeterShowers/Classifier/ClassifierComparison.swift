import Batch
import MessagePassing
import Numerics

/// Classifiers of one kind of input: a sample against the reference, and the reference's halves against each other.
public struct ClassifierComparison: Sendable {
    public let input: ClassifierInput
    public let comparison: ClassifierTest
    /// Two samples of one source and of the same size.
    public let floor: ClassifierTest

    /// Trains what the settings ask for; nothing where there are too few showers. *Collective.*
    /// - Throws: `TrainingError` where a training runs away.
    static func all(
        sample: SampleSummary, reference: SampleSummary, settings: ClassifierSettings, context: JobContext
    ) throws -> (comparisons: [ClassifierComparison], stopped: StopReason?) {
        let halves = (0..<2).map { h in Array(stride(from: h, to: reference.classified.count, by: 2)) }
        // As for the other metrics: a comparison and its floor have one size.
        let size = min(sample.classified.count, halves[1].count)
        guard size >= ClassifierSettings.minimumShowers else {
            if !settings.inputs.isEmpty {
                context.log.notice("no classifier: \(size) showers of each kind, wanted at least \(ClassifierSettings.minimumShowers)")
            }
            return ([], nil)
        }
        func chosen(_ places: [Int]) -> [Int] { SampleSummary.spread(places.count, most: size).map { places[$0] } }
        func rows(_ summary: SampleSummary, _ places: [Int], _ input: ClassifierInput) -> [[Float]] {
            chosen(places).map { place in
                switch input {
                case .highLevel: summary.features(summary.classified[place]).map { Float($0) }
                case .voxels: summary.coarse[place]
                }
            }
        }
        var stopped: StopReason?
        var done = 0
        let progress = context.progress(total: 2 * ClassifierTest.foldCount * settings.inputs.count, unit: "network", label: "classifier")
        defer { progress.finish() }
        func test(_ x: [[Float]], _ y: [[Float]]) throws -> ClassifierTest? {
            try context.phases.measure(.compute) {
                try ClassifierTest(sample: x, reference: y, settings: settings, seed: context.seed, communicator: context.communicator) {
                    done += 1
                    progress.advance(to: done)
                    stopped = try context.stop.shouldStop(after: done)
                    return stopped == nil
                }
            }
        }
        var result: [ClassifierComparison] = []
        for input in settings.inputs {
            guard
                let comparison = try test(
                    rows(sample, Array(sample.classified.indices), input), rows(reference, Array(reference.classified.indices), input)),
                let floor = try test(rows(reference, halves[0], input), rows(reference, halves[1], input))
            else { return ([], stopped) }
            result.append(ClassifierComparison(input: input, comparison: comparison, floor: floor))
        }
        return (result, nil)
    }
}
