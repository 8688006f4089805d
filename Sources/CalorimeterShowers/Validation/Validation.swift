import Batch
import MessagePassing
import ParallelHDF5

/// A sample against a reference, with the reference's halves against each other beside every number.
public struct Validation: Sendable {
    public let sample: SampleSummary
    public let reference: SampleSummary
    public let comparison: SampleComparison
    public let floor: SampleComparison
    public let depth: ProfileAgreement
    public let depthFloor: ProfileAgreement
    /// Rows of pads in x and in y.
    public let lateral: [ProfileAgreement]
    public let lateralFloor: [ProfileAgreement]
    public let response: [ResponseBin]
    public let responseFloor: [ResponseBin]
    public let metrics: HighLevelMetrics?
    public let metricsFloor: HighLevelMetrics?
    public let classifiers: [ClassifierComparison]

    /// *Not collective.*
    /// - Throws: `ShowerError` for samples of different grids or of less than four showers.
    public init(sample: SampleSummary, reference: SampleSummary, classifiers: [ClassifierComparison], seed: UInt64) throws {
        guard sample.grid == reference.grid else {
            throw ShowerError("\(sample.name): found showers of \(sample.grid) cells, wanted \(reference.grid) as in \(reference.name)")
        }
        for summary in [sample, reference] where summary.count < 4 {
            throw ShowerError("\(summary.name): found \(summary.count) showers, wanted at least 4 to compare")
        }
        (self.sample, self.reference, self.classifiers) = (sample, reference, classifiers)
        let axes = SampleComparison.axes(sample, reference)
        comparison = SampleComparison(
            sample, Array(0..<sample.count), sample.whole, reference, Array(0..<reference.count), reference.whole, axes: axes)
        floor = SampleComparison(
            reference, reference.half(0), reference.halves[0], reference, reference.half(1), reference.halves[1], axes: axes)
        depth = ProfileAgreement(sample: sample.whole.depth, reference: reference.whole.depth)
        depthFloor = ProfileAgreement(sample: reference.halves[0].depth, reference: reference.halves[1].depth)
        let (whole, other) = (sample.whole, reference.whole), halves = reference.halves
        lateral = [ProfileAgreement(sample: whole.rowsX, reference: other.rowsX), ProfileAgreement(sample: whole.rowsY, reference: other.rowsY)]
        lateralFloor = [
            ProfileAgreement(sample: halves[0].rowsX, reference: halves[1].rowsX), ProfileAgreement(sample: halves[0].rowsY, reference: halves[1].rowsY),
        ]
        response = ResponseBin.all(sample, Array(0..<sample.count), reference, Array(0..<reference.count))
        responseFloor = ResponseBin.all(reference, reference.half(0), reference, reference.half(1))
        // Fewer showers than features have no covariance worth the name.
        let all = (0..<reference.count).map(reference.features)
        let width = all.first?.count ?? 0
        let size = min(reference.half(1).count, sample.count)
        if size > 2 * width {
            metrics = try HighLevelMetrics((0..<sample.count).map(sample.features), all, scale: all, size: size, seed: seed)
            metricsFloor = try HighLevelMetrics(
                reference.half(0).map { all[$0] }, reference.half(1).map { all[$0] }, scale: all, size: size, seed: seed)
        } else {
            metrics = nil
            metricsFloor = nil
        }
    }

    /// Mean sampling fraction of the sample over the reference's.
    var responseRatio: Double { Self.responseRatio(comparison) }
    var responseRatioFloor: Double { Self.responseRatio(floor) }
    /// Resolution of the sample over the reference's, mean over the ranges of primary energy.
    var resolutionRatio: Double { Self.resolutionRatio(response) }
    var resolutionRatioFloor: Double { Self.resolutionRatio(responseFloor) }

    private static func responseRatio(_ comparison: SampleComparison) -> Double {
        guard let moments = comparison.observables[ObservableKind.samplingFraction.rawValue].moments else { return .nan }
        return moments.sample.mean.value / moments.reference.mean.value
    }

    private static func resolutionRatio(_ bins: [ResponseBin]) -> Double {
        let ratios = bins.map { ResponseBin.resolution($0.sample).value / ResponseBin.resolution($0.reference).value }
        return ratios.reduce(0, +) / Double(max(1, ratios.count))
    }
}
