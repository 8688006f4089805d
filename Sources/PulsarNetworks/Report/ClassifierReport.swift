import Batch
import Glibc

/// The command `report`: one page of a classifier's training, of how good it is, and of streams that it sorted.
public struct ClassifierReport {
    private let record: ClassifierRecord
    private var report: HTMLReport
    /// Drawings by name, for those who want them as files.
    public private(set) var drawings: [(name: String, svg: String)] = []

    /// - Throws: `ClassifierError` naming the directory and what is missing. *Not collective.*
    public init(directories: [String]) throws {
        record = try ClassifierRecord(directories)
        report = HTMLReport(
            title: "pulsardt", subtitle: "A classifier of radio frames: pulses, narrow-band and broad-band interference",
            provenance: [("software", "didymos \(Provenance.version)"), ("revision", Provenance.revision), ("runs", directories.joined(separator: ", "))])
    }

    /// The whole page.
    public mutating func html() -> String {
        drawings = []
        for evaluation in record.evaluations { headline(evaluation) }
        for evaluation in record.evaluations { examples(evaluation) }
        for training in record.trainings { self.training(training) }
        for evaluation in record.evaluations {
            confusion(evaluation)
            recall(evaluation)
            operating(evaluation)
            mixture(evaluation)
        }
        for stream in record.streams { self.stream(stream) }
        throughput()
        return report.html()
    }

    private mutating func figure(_ plots: [(name: String, plot: SVGPlot)], caption: String) {
        report.figure(plots.map(\.plot), caption: caption)
        drawings += plots.map { (name: $0.name, svg: $0.plot.svg(identifier: $0.name)) }
    }

    private static func share(_ json: JSON?) -> String {
        guard let value = json?["value"]?.double, let error = json?["error"]?.double else { return "–" }
        return Format.value(value, error: error)
    }

    /// A small share in percent.
    private static func percent(_ json: JSON?) -> String {
        guard let value = json?["value"]?.double, let error = json?["error"]?.double else { return "–" }
        return "\(Format.value(100 * value, error: 100 * error)) %"
    }

    private mutating func headline(_ evaluation: ClassifierRecord.Evaluation) {
        let results = evaluation.results
        report.section(record.evaluations.count > 1 ? "Evaluation \(evaluation.directory)" : "Evaluation")
        var figures: [(label: String, value: String, note: String)] = [
            ("accuracy, S/N ≥ 7", Self.percent(results["accuracy_snr_7"]), "mean of the eight classes"),
            ("accuracy, S/N ≥ 5", Self.percent(results["accuracy_snr_5"]), "mean of the eight classes"),
            ("recall of pulses, S/N ≥ 10", Self.percent(results["pulse_recall_snr_10"]), "\(results["pulse_recall_snr_10"]?["frames"]?.integer ?? 0) pulses"),
            ("false pulses", Self.percent(results["false_pulses_in_noise"]), "of frames that show nothing"),
        ]
        if let mixture = results["mixture"] {
            figures.append(("kept of the mixture", Self.percent(mixture["kept_fraction"]), "\(mixture["frames"]?.integer ?? 0) frames"))
        }
        report.headline(figures)
        for bar in results["bars"]?.array ?? [] {
            guard let name = bar["name"]?.string, let value = bar["value"]?.double, let error = bar["error"]?.double, let met = bar["met"]?.bool else { continue }
            let wanted = bar["at_least"]?.double.map { "at least \(Format.general($0))" } ?? "at most \(Format.general(bar["at_most"]?.double ?? .nan))"
            report.remark("\(name): \(Format.value(value, error: error)), wanted \(wanted)", good: met)
        }
        report.paragraph(
            "S/N is that of what a frame shows, by the radiometer equation, before interference. Classes are what was put into a frame, also where interference hides a pulse. Errors are one sigma (Wilson). A frame is said to have a pulse from a probability of \(Format.general(results["pulse_threshold"]?.double ?? .nan, digits: 4)) on, and kept from \(Format.general(results["keep_threshold"]?.double ?? .nan, digits: 4)) on."
        )
    }

    private mutating func examples(_ evaluation: ClassifierRecord.Evaluation) {
        guard !evaluation.examples.isEmpty else { return }
        report.section("Frames of each class")
        let (rows, columns) = (min(128, evaluation.channels), min(128, evaluation.samples))
        let last = evaluation.firstFrequency + Double(evaluation.channels) * evaluation.channelBandwidth
        let duration = 1e3 * Double(evaluation.samples) * evaluation.samplingTime
        let plots = evaluation.examples.map { example -> (name: String, plot: SVGPlot) in
            let name = ClassifierModel.classNames[example.target].replacing("narrow_band", with: "NB").replacing("broad_band", with: "BB").replacing("+", with: " + ")
            let pulse = ClassifierModel.hasPulse(example.target) ? ", S/N \(Format.fixed(example.signalToNoise, decimals: 0)), DM \(Format.fixed(example.dispersionMeasure, decimals: 0))" : ""
            var plot = SVGPlot(name + pulse, x: .init("time", unit: "ms"), y: .init("frequency", unit: "MHz"), width: 350, height: 270)
            plot.heatMap(
                FramePicture(example.values, channels: evaluation.channels, samples: evaluation.samples).rows(rows, columns), x: 0...duration,
                y: min(last, evaluation.firstFrequency)...max(last, evaluation.firstFrequency), label: "σ", range: -2...5)
            return ("frame-\(example.target)", plot)
        }
        figure(
            plots,
            caption: "The first frame of each class (NB narrow-band, BB broad-band interference) with a pulse of S/N 12 or more, each channel less its median in units of its own noise, averaged over \(evaluation.channels / rows) × \(evaluation.samples / columns) numbers and scaled to unit noise again.")
    }

    private mutating func training(_ training: ClassifierRecord.Training) {
        guard !training.steps.isEmpty else { return }
        report.section("Training")
        let window = max(1, training.steps.count / 150)
        func means(_ values: [Double]) -> [Double] {
            stride(from: 0, to: values.count, by: window).map { first in
                let part = values[first..<min(values.count, first + window)]
                return part.reduce(0, +) / Double(part.count)
            }
        }
        let steps = means(training.steps)
        var loss = SVGPlot("Loss", x: .init("step"), y: .init("cross-entropy", scale: .logarithmic), width: 540, height: 340)
        loss.line(x: steps, y: means(training.loss), name: "training, mean of \(window) steps")
        loss.points(x: training.validationSteps, y: training.validationLoss, name: "validation", connected: true)
        var accuracy = SVGPlot("Accuracy", x: .init("step"), y: .init("share classified right"), width: 540, height: 340)
        accuracy.line(x: steps, y: means(training.accuracy), name: "training, mean of \(window) steps")
        accuracy.points(x: training.validationSteps, y: training.validationAccuracy, name: "validation", connected: true)
        let frames = training.results?["training_frames"]?.integer.map { ", \($0) frames" } ?? ""
        let parameters = training.results?["parameters"]?.integer.map { ", \($0) parameters" } ?? ""
        figure(
            [("training-loss", loss), ("training-accuracy", accuracy)],
            caption: "Run \(training.directory): \(Int(training.steps.last ?? 0)) steps\(frames)\(parameters). Over all S/N that frames are drawn with; faint pulses are not all to be seen.")
    }

    private mutating func confusion(_ evaluation: ClassifierRecord.Evaluation) {
        let table = (evaluation.results["confusion"]?.array ?? []).map { ($0.array ?? []).map { $0.double ?? 0 } }
        guard !table.isEmpty else { return }
        report.section("Classes")
        let used = table.indices.filter { table[$0].reduce(0, +) > 0 }
        let shares = used.map { row in table[row].map { $0 / max(1, table[row].reduce(0, +)) } }
        let (columns, rows) = (table.count, shares.count)
        var plot = SVGPlot(
            "Confusion", x: .init("said", ticks: (0..<columns).map(Double.init)), y: .init("true", ticks: (0..<rows).map(Double.init)), width: 520, height: 430)
        // The smallest shares matter, so the scale is logarithmic.
        plot.heatMap(
            Self.enlarged(shares.map { $0.map { $0 > 0 ? log10($0) : -4 } }, by: 16), x: -0.5...Double(columns) - 0.5, y: -0.5...Double(rows) - 0.5, label: "log₁₀ of the share", range: -4...0)
        figure([("confusion", plot)], caption: "Share of each true class (row) that is given each label, logarithmic. " + used.map { "\($0) \(ClassifierModel.classNames[$0].replacing("_", with: "-").replacing("+", with: " + "))" }.joined(separator: ", ") + ".")
        report.table(
            columns: ["class", "frames", "recall", "precision", "F1"] + (0..<columns).map { "\($0)" },
            rows: used.map { k in
                let name = ClassifierModel.classNames[k]
                let own = evaluation.results["classes"]?[name]
                return [
                    "\(k) \(name.replacing("_", with: "-"))", "\(Int(table[k].reduce(0, +)))", Self.share(own?["recall"]), Self.share(own?["precision"]),
                    Format.fixed(own?["f1"]?.double ?? .nan, decimals: 4),
                ] + table[k].map { "\(Int($0))" }
            }, caption: "Each class, over all S/N of the set, and the counts of its labels.")
    }

    /// Every value as a square of values, so that programs that smooth pictures leave cells as they are.
    private static func enlarged(_ values: [[Double]], by factor: Int) -> [[Double]] {
        values.flatMap { row in [[Double]](repeating: row.flatMap { [Double](repeating: $0, count: factor) }, count: factor) }
    }

    private mutating func recall(_ evaluation: ClassifierRecord.Evaluation) {
        report.section("Recall")
        func middles(_ edges: [Double], logarithmic: Bool) -> [Double] { zip(edges, edges.dropFirst()).map { logarithmic ? ($0 * $1).squareRoot() : 0.5 * ($0 + $1) } }
        var ratio = SVGPlot(
            "Against S/N", x: .init("S/N", scale: .logarithmic, ticks: [5, 6, 7, 8, 10, 12, 15, 20, 30]), y: .init("share of pulses", range: 0...1.03), width: 540, height: 360)
        let strengths = middles(evaluation.byRatio.edges, logarithmic: true)
        ratio.points(x: strengths, y: evaluation.byRatio.recall, errors: evaluation.byRatio.recallError, name: "said to have a pulse", connected: true)
        ratio.points(x: strengths, y: evaluation.byRatio.accuracy, errors: evaluation.byRatio.accuracyError, name: "in the right class", connected: true)
        let lowest = (evaluation.byMeasure.recall + evaluation.byWidth.recall).filter { $0 > 0 }.min() ?? 0.9
        let range = max(0, (lowest * 50).rounded(.down) / 50 - 0.02)...1.003
        var measure = SVGPlot("Against dispersion measure", x: .init("DM", unit: "pc cm⁻³"), y: .init("recall, S/N ≥ 7", range: range), width: 540, height: 360)
        measure.points(
            x: middles(evaluation.byMeasure.edges, logarithmic: false), y: evaluation.byMeasure.recall, errors: evaluation.byMeasure.recallError, name: "S/N ≥ 7", connected: true)
        var width = SVGPlot(
            "Against width", x: .init("width at half height", unit: "ms", scale: .logarithmic), y: .init("recall, S/N ≥ 7", range: range), width: 540, height: 360)
        width.points(
            x: middles(evaluation.byWidth.edges, logarithmic: true).map { 1e3 * $0 }, y: evaluation.byWidth.recall, errors: evaluation.byWidth.recallError, name: "S/N ≥ 7",
            connected: true)
        figure([("recall-snr", ratio), ("recall-dm", measure), ("recall-width", width)], caption: "Pulses that are found, with one-sigma errors, over all mixtures with interference.")
        let bins = zip(evaluation.byRatio.edges, evaluation.byRatio.edges.dropFirst())
        report.table(
            columns: ["S/N", "pulses", "recall", "right class"],
            rows: zip(bins, evaluation.byRatio.pulses.indices).map { bin, i in
                [
                    "\(Format.general(bin.0)) to \(Format.general(bin.1))", "\(evaluation.byRatio.pulses[i])",
                    Format.value(evaluation.byRatio.recall[i], error: evaluation.byRatio.recallError[i]),
                    Format.value(evaluation.byRatio.accuracy[i], error: evaluation.byRatio.accuracyError[i]),
                ]
            }, caption: "Recall and accuracy of frames with a pulse.")
    }

    private mutating func operating(_ evaluation: ClassifierRecord.Evaluation) {
        guard !evaluation.curves.isEmpty else { return }
        report.section("Operating curves")
        func plot(_ ending: String, _ title: String, _ axis: String) -> SVGPlot {
            var plot = SVGPlot(title, x: .init(axis, scale: .logarithmic, range: 1e-4...1), y: .init("share of pulses found", range: 0...1.03), width: 540, height: 360)
            for curve in evaluation.curves.sorted(by: { $0.name.count == $1.name.count ? $0.name > $1.name : $0.name.count > $1.name.count }) where curve.name.hasSuffix(ending) {
                let ratio = curve.name.dropFirst(4).prefix { $0.isNumber }
                plot.line(x: curve.falseShare, y: curve.trueShare, name: "S/N ≥ \(ratio)")
            }
            return plot
        }
        figure(
            [
                ("roc-noise", plot("against_noise", "Against noise", "false pulses per frame of noise")),
                ("roc-all", plot("against_all", "Against all frames without a pulse", "false pulses per frame without a pulse")),
            ], caption: "Pulses found against false ones as the threshold falls (receiver operating characteristic).")
        report.table(
            columns: ["pulses", "against", "area"],
            rows: evaluation.curves.map { curve in
                ["S/N ≥ \(curve.name.dropFirst(4).prefix { $0.isNumber })", curve.name.hasSuffix("noise") ? "noise" : "all without a pulse", Format.value(curve.area, error: curve.areaError)]
            }, caption: "Area under the curves, with the error of Hanley and McNeil.")
    }

    private mutating func mixture(_ evaluation: ClassifierRecord.Evaluation) {
        guard let mixture = evaluation.results["mixture"], !evaluation.keptShare.isEmpty else { return }
        report.section("A mixture in which pulses are rare")
        var plot = SVGPlot(
            "Kept data and kept pulses", x: .init("share of the data that is kept", scale: .logarithmic), y: .init("share of pulses with S/N ≥ 7", range: 0...1.03), width: 540,
            height: 360)
        plot.line(x: evaluation.keptShare, y: evaluation.pulseShare, name: "as the threshold falls")
        if let kept = mixture["kept_fraction"]?["value"]?.double { plot.verticalLine(at: kept, name: "keep threshold") }
        figure(
            [("mixture", plot)],
            caption: "\(mixture["frames"]?.integer ?? 0) frames (\(Format.bytes(mixture["bytes"]?.double ?? 0)) in 32-bit floating point, made as they are judged), of which \(Format.bytes(mixture["bytes_kept"]?.double ?? 0)) are kept.")
        if let set = evaluation.results["set_at_keep_threshold"] {
            report.paragraph(
                "The mixture has few pulses. Of \(set["kept_pulses_snr_7"]?["frames"]?.integer ?? 0) pulses of S/N 7 and more in the first set, the same threshold keeps \(Self.percent(set["kept_pulses_snr_7"])).")
        }
        let others = mixture["kept_without_pulse"]
        var rows = [
            ["all", "\(mixture["kept_fraction"]?["frames"]?.integer ?? 0)", Self.share(mixture["kept_fraction"])],
            ["pulses", "\(mixture["kept_pulses"]?["frames"]?.integer ?? 0)", Self.share(mixture["kept_pulses"])],
            ["pulses of S/N ≥ 7", "\(mixture["kept_pulses_snr_7"]?["frames"]?.integer ?? 0)", Self.share(mixture["kept_pulses_snr_7"])],
            ["pulses of S/N ≥ 10", "\(mixture["kept_pulses_snr_10"]?["frames"]?.integer ?? 0)", Self.share(mixture["kept_pulses_snr_10"])],
        ]
        for (name, title) in [("none", "nothing"), ("narrow_band", "narrow-band"), ("broad_band", "broad-band"), ("narrow_band+broad_band", "narrow-band, broad-band")] {
            rows.append([title, "\(others?[name]?["frames"]?.integer ?? 0)", Self.share(others?[name])])
        }
        report.table(columns: ["frames that show", "frames", "kept"], rows: rows, caption: "What is kept.")
    }

    private mutating func stream(_ stream: ClassifierRecord.Stream) {
        report.section("Stream \(stream.directory)")
        let results = stream.results
        report.headline([
            ("frames", "\(results["frames"]?.integer ?? 0)", "\(results["frames_kept"]?.integer ?? 0) kept"),
            ("kept", "\(Format.general(100 * (results["kept_fraction"]?.double ?? .nan), digits: 3)) %", "of the samples"),
            ("frames a second", Format.general(results["frames_per_second"]?.double ?? .nan, digits: 3), "with files"),
        ])
        let (kept, dropped) = (results["kept_by_class"], results["dropped_by_class"])
        let names = kept?.object?.members.map(\.name) ?? []
        report.table(
            columns: ["label", "kept", "dropped"],
            rows: names.map { [$0.replacing("_", with: "-"), "\(kept?[$0]?.integer ?? 0)", "\(dropped?[$0]?.integer ?? 0)"] }, caption: "Frames by their label.")
    }

    private mutating func throughput() {
        let frame = record.evaluations.first.map { 4.0 * Double($0.channels * $0.samples) }
        var rows: [[String]] = []
        for evaluation in record.evaluations {
            guard let rate = evaluation.results["frames_per_second"]?.double else { continue }
            rows.append(["evaluate, frames made and judged", evaluation.directory, Format.general(rate, digits: 3), frame.map { "\(Format.general(rate * $0 / 1e9, digits: 3))" } ?? "–"])
        }
        for stream in record.streams {
            guard let rate = stream.results["frames_per_second"]?.double else { continue }
            rows.append(["classify", stream.directory, Format.general(rate, digits: 3), frame.map { "\(Format.general(rate * $0 / 1e9, digits: 3))" } ?? "–"])
        }
        guard !rows.isEmpty else { return }
        report.section("Throughput")
        report.table(
            columns: ["command", "run", "frames a second", "GB/s in 32-bit floating point"], rows: rows,
            caption: "Of all ranks of these runs together, on whatever else the machine did.")
    }
}
