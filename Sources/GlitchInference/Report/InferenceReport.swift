import Batch
import Glibc
import Glitches
import MessagePassing
import Segments

/// The command `report`: what vetoes and subtraction are worth, as one page. Works on rank 0; the others wait.
public final class InferenceReport {
    private let context: JobContext
    private let settings: InferenceSettings
    private let report: ReportSettings
    private let veto: VetoSettings
    private let denoise: DenoiseSettings

    /// *Not collective.*
    public init(_ context: JobContext, settings: InferenceSettings, report: ReportSettings, veto: VetoSettings, denoise: DenoiseSettings) {
        (self.context, self.settings, self.report, self.veto, self.denoise) = (context, settings, report, veto, denoise)
    }

    /// Writes `report.html`. *Collective.*
    public func run() throws { try context.communicator.agree { if context.communicator.isRoot { try write() } } }

    private func write() throws {
        let model = try InferenceModel(path: settings.modelPath(in: context.directory))
        let reader = try WindowReader(settings.inputs, channels: [model.strain])
        let list = context.directory.path("clean.ffl")
        let cleaned = Files.exists(list) ? try WindowReader([list], channels: [denoise.channel]) : nil
        let directory = context.directory.path("veto")
        let table = Files.exists(directory) ? try VetoTable(directory: directory, settings: veto) : nil
        guard cleaned != nil || table?.seconds.isEmpty == false else {
            throw GlitchError("report: found neither clean.ffl nor frames in veto/ in \(context.directory.path), wanted the outputs of `denoise` or `veto` in the same run directory")
        }
        let path = report.truth.hasPrefix("/") ? report.truth : context.directory.path(report.truth)
        let truth = Files.exists(path) ? try Truth(path: path) : nil
        let span = span(model, reader)
        let pair = try StrainPair(model, before: reader, after: cleaned, span: span)
        var evaluation = Evaluation()
        if let truth {
            evaluation.add(
                truth, pair: pair, isCleaned: cleaned != nil, whitening: model.strainWhitening, table: table, threshold: veto.threshold, least: report.signalToNoise)
        }
        if let table, !table.seconds.isEmpty {
            evaluation.add(table, pair: pair, truth: truth, labels: try labels(pair, model), least: report.signalToNoise)
        }
        if let cleaned { try evaluation.addRanges(before: reader, after: cleaned, span: span, rate: model.strainRate, lowest: model.geometry.lowest) }
        let pictures = try truth.map { try EvaluationPictures($0, model: model, before: reader, after: cleaned, span: span) }
        let page = InferencePage.html(
            evaluation, model: model, span: span, hasVeto: table != nil, hasCleaned: cleaned != nil, hasTruth: truth != nil, pictures: pictures?.pairs ?? [],
            threshold: veto.threshold, least: report.signalToNoise, provenance: context.provenance.attributes)
        try context.directory.writeAtomically("report.html", text: page)
        summarise(evaluation, hasVeto: table != nil, hasCleaned: cleaned != nil, hasTruth: truth != nil)
    }

    /// The time that is looked at: behind the training, where there is at least half a minute.
    private func span(_ model: InferenceModel, _ reader: WindowReader) -> Range<Int64> {
        let end = min(report.end ?? settings.end?.seconds ?? .max, reader.extent.upperBound)
        let behind = model.training.upperBound
        let begin = max(reader.extent.lowerBound, report.start ?? (end - behind >= 32 ? behind : settings.start?.seconds ?? reader.extent.lowerBound))
        let last = max(begin, end)
        return begin..<min(last, begin + Int64(report.most))
    }

    /// By second and sixteenth: whether the strain has a glitch, as it was calibrated.
    private func labels(_ pair: StrainPair, _ model: InferenceModel) throws -> [Int64: [Bool]] {
        let seconds = 8
        let bank = try TileBank(model.geometry, seconds: seconds + 2, highest: model.geometry.highest(model.strainRate))
        let least = settings.labelSignalToNoise * settings.labelSignalToNoise / 2
        var labels: [Int64: [Bool]] = [:]
        var place = 1
        while place + seconds + 1 <= pair.span.count {
            let energies = bank.energies(Array(pair.before[(place - 1) * pair.rate..<(place + seconds + 1) * pair.rate]))
            for second in 0..<seconds where pair.isComplete[place + second] {
                let bins = (second + 1) * InferenceGeometry.bins..<(second + 2) * InferenceGeometry.bins
                labels[pair.span.lowerBound + Int64(place + second)] = energies[bins].map { $0 >= least }
            }
            place += seconds
        }
        return labels
    }

    private func summarise(_ evaluation: Evaluation, hasVeto: Bool, hasCleaned: Bool, hasTruth: Bool) {
        if hasVeto, let point = evaluation.point(veto.threshold) {
            context.summary.set("threshold", point.threshold)
            context.summary.set("deadtime", point.deadtime)
            context.summary.set("accuracy", point.accuracy)
            if hasTruth {
                context.summary.set("efficiency", point.efficiency)
                context.summary.set("efficiency_over_deadtime", point.deadtime > 0 ? point.efficiency / point.deadtime : 0)
            }
        }
        if hasCleaned, !evaluation.chunks.isEmpty {
            context.summary.set("range_before_mpc", evaluation.rangeBefore)
            context.summary.set("range_after_mpc", evaluation.rangeAfter)
            context.summary.set("range_gain", evaluation.rangeAfter / evaluation.rangeBefore - 1)
        }
        if hasCleaned, hasTruth {
            if evaluation.excessRemoved.isFinite { context.summary.set("excess_power_removed", evaluation.excessRemoved) }
            if !evaluation.signals.isEmpty {
                context.summary.set("signals", evaluation.signals.count)
                context.summary.set("signal_snr_ratio", evaluation.signalRatio)
            }
        }
        context.log.info("wrote \(context.directory.path("report.html"))")
    }
}
