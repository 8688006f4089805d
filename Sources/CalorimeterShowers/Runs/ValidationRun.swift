import Batch
import MessagePassing
import ParallelHDF5

/// The command `validate`: two files of showers compared, into `validation.html`, `validation.h5` and the summary.
public final class ValidationRun {
    private let context: JobContext
    private let settings: ValidationSettings
    private let detector: Calorimeter
    private let sample: String
    private let reference: String

    /// *Not collective.*
    public init(_ context: JobContext, detector: Calorimeter, settings: ValidationSettings, sample: String, reference: String) {
        (self.context, self.settings, self.detector) = (context, settings, detector)
        (self.sample, self.reference) = (sample, reference)
    }

    /// *Collective.*
    /// - Returns: nil, or why the classifiers were not trained to their end; nothing is written then.
    public func run() throws -> StopReason? {
        let slope = detector.activeDepths.map { $0.millimetres / detector.padSize }
        let other = try SampleSummary.measure(reference, settings: settings, slope: slope, context: context, grid: nil)
        let mine = try SampleSummary.measure(sample, settings: settings, slope: slope, context: context, grid: other.grid)
        let (classifiers, stopped) = try ClassifierComparison.all(
            sample: mine, reference: other, settings: settings.classifier, context: context)
        if let stopped { return stopped }
        // All ranks hold all rows; each compares the same, so that all can take part in writing.
        let validation = try context.phases.measure(.compute) { 
            try Validation(sample: mine, reference: other, classifiers: classifiers, seed: context.seed)
        }
        try context.writeData(ValidationFile.name) { try ValidationFile.write(validation, to: $0.root) }
        try context.communicator.agree {
            guard context.communicator.isRoot else { return }
            var report = ValidationReport(validation, provenance: context.provenance.attributes)
            try context.directory.writeAtomically("validation.html", text: report.html())
        }
        summarise(validation)
        return nil
    }

    private func summarise(_ v: Validation) {
        let summary = { (name: String, value: Double) in self.context.summary.set(name, value) }
        context.summary.set("sample", v.sample.name)
        context.summary.set("reference", v.reference.name)
        context.summary.set("sample_showers", v.sample.count)
        context.summary.set("reference_showers", v.reference.count)
        context.summary.set("depth_profile_largest_deviation", v.depth.largestDeviation, error: v.depth.error)
        summary("depth_profile_largest_deviation_floor", v.depthFloor.largestDeviation)
        summary("sampling_fraction_ratio", v.responseRatio)
        summary("sampling_fraction_ratio_floor", v.responseRatioFloor)
        summary("resolution_ratio", v.resolutionRatio)
        summary("resolution_ratio_floor", v.resolutionRatioFloor)
        for (axis, pair) in zip(["x", "y"], zip(v.lateral, v.lateralFloor)) {
            context.summary.set("\(axis)_profile_largest_deviation", pair.0.largestDeviation, error: pair.0.error)
            summary("\(axis)_profile_largest_deviation_floor", pair.1.largestDeviation)
        }
        for (suffix, comparison) in [("", v.comparison), ("_floor", v.floor)] {
            for observable in comparison.observables {
                summary("separation_\(observable.name)\(suffix)", observable.separation)
                summary("support_\(observable.name)\(suffix)", observable.support.coverage)
                for tail in observable.tails {
                    context.summary.set("\(tail.side)_tail_\(observable.name)\(suffix)", tail.ratio.value, error: tail.ratio.error)
                }
            }
            summary("support_cells\(suffix)", comparison.cellSupport.coverage)
        }
        for classifier in v.classifiers {
            for (suffix, test) in [("", classifier.comparison), ("_floor", classifier.floor)] {
                context.summary.set("classifier_auc_\(classifier.input.rawValue)\(suffix)", test.area.value, error: test.area.error)
                context.summary.set("classifier_jsd_\(classifier.input.rawValue)\(suffix)", test.divergence.value, error: test.divergence.error)
            }
        }
        for (suffix, metrics) in [("", v.metrics), ("_floor", v.metricsFloor)] {
            guard let metrics else { continue }
            summary("frechet_distance\(suffix)", metrics.frechet)
            context.summary.set("fpd\(suffix)", metrics.frechetPhysicsDistance.value, error: metrics.frechetPhysicsDistance.error)
            context.summary.set("kpd\(suffix)", metrics.kernelPhysicsDistance.value, error: metrics.kernelPhysicsDistance.error)
            guard let manifold = metrics.manifold else { continue }
            summary("precision\(suffix)", manifold.precision)
            summary("recall\(suffix)", manifold.recall)
            summary("density\(suffix)", manifold.density)
            summary("coverage\(suffix)", manifold.coverage)
        }
        context.log.info(
            "depth profile within \(Format.fixed(100 * v.depth.largestDeviation, decimals: 1)) % (halves of the reference \(Format.fixed(100 * v.depthFloor.largestDeviation, decimals: 1)) %), sampling fraction ratio \(Format.fixed(v.responseRatio, decimals: 4)), resolution ratio \(Format.fixed(v.resolutionRatio, decimals: 3))\(classifierWords(v)); \(context.directory.path("validation.html"))")
    }

    private func classifierWords(_ v: Validation) -> String {
        v.classifiers.map { classifier in
            func words(_ test: ClassifierTest) -> String { Format.value(test.area.value, error: test.area.error) }
            return ", \(classifier.input.rawValue) classifier AUC \(words(classifier.comparison)) (floor \(words(classifier.floor)))"
        }.joined()
    }
}
