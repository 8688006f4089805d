import Batch
import Glitches

/// The page of `report`.
enum InferencePage {
    static func html(
        _ evaluation: Evaluation, model: InferenceModel, span: Range<Int64>, hasVeto: Bool, hasCleaned: Bool, hasTruth: Bool, pictures: [EvaluationPictures.Pair],
        threshold: Double, least: Double, provenance: [(name: String, value: String)]
    ) -> String {
        var page = HTMLReport(
            title: "Vetoes and subtraction",
            subtitle: "\(model.strain), \(span.count) s from GPS \(span.lowerBound) on; learned from GPS \(model.training.lowerBound) to \(model.training.upperBound)",
            provenance: provenance)
        let point = hasVeto ? evaluation.point(threshold) : nil
        headline(evaluation, point, hasCleaned: hasCleaned, hasTruth: hasTruth, &page)
        if let point { veto(evaluation, point, model, hasTruth: hasTruth, least: least, &page) }
        if hasCleaned { subtraction(evaluation, model, hasTruth: hasTruth, &page) }
        if hasTruth { families(evaluation, hasVeto: hasVeto, hasCleaned: hasCleaned, threshold: threshold, least: least, &page) }
        if !pictures.isEmpty {
            page.section("Before and after")
            for pair in pictures { page.figure([pair.before, pair.after], caption: pair.caption) }
        }
        return page.html()
    }

    private static func percent(_ x: Double, decimals: Int = 1) -> String { x.isFinite ? Format.fixed(100 * x, decimals: decimals) + " %" : "–" }

    private static func headline(_ evaluation: Evaluation, _ point: Evaluation.Point?, hasCleaned: Bool, hasTruth: Bool, _ page: inout HTMLReport) {
        var figures: [(label: String, value: String, note: String)] = []
        if let point {
            if hasTruth {
                figures.append(("Efficiency", percent(point.efficiency), "of glitches that a witness sees, at P \(Format.general(point.threshold))"))
                figures.append(("Efficiency / deadtime", Format.general(point.efficiency / point.deadtime, digits: 3), "deadtime \(percent(point.deadtime, decimals: 2))"))
            } else {
                figures.append(("Deadtime", percent(point.deadtime, decimals: 2), "at P \(Format.general(point.threshold))"))
            }
        }
        if hasCleaned {
            if hasTruth { figures.append(("Excess power removed", percent(evaluation.excessRemoved), "of coupled glitches")) }
            if !evaluation.chunks.isEmpty {
                figures.append(
                    ("Inspiral range", Format.fixed(evaluation.rangeAfter, decimals: 1) + " Mpc", "\(Format.fixed(evaluation.rangeBefore, decimals: 1)) Mpc before: \(signed(evaluation.rangeAfter / evaluation.rangeBefore - 1))"))
            }
            if !evaluation.signals.isEmpty { figures.append(("Signals", signed(evaluation.signalRatio - 1, decimals: 2), "signal to noise of \(evaluation.signals.count) that no witness sees")) }
        }
        page.headline(figures)
    }

    private static func signed(_ x: Double, decimals: Int = 1) -> String { (x >= 0 ? "+" : "−") + percent(abs(x), decimals: decimals) }

    private static func veto(_ evaluation: Evaluation, _ point: Evaluation.Point, _ model: InferenceModel, hasTruth: Bool, least: Double, _ page: inout HTMLReport) {
        page.section("Vetoes")
        page.paragraph(
            "P is the probability that the strain has a glitch, from the loudest tile of each witness in every sixteenth of a second; the strain is not looked at. \(hasTruth ? "Efficiency counts simulated glitches that a witness sees and whose signal to noise in the strain is at least \(Format.general(least)); one is vetoed if its middle is." : "")")
        var plots: [SVGPlot] = []
        if hasTruth, evaluation.points.contains(where: { $0.efficiency.isFinite }) {
            var curve = SVGPlot("", x: .init("deadtime", scale: .logarithmic), y: .init("efficiency", range: 0...1.02), width: 460, height: 320)
            let shown = evaluation.points.filter { $0.deadtime > 0 }
            curve.points(x: shown.map(\.deadtime), y: shown.map(\.efficiency), name: "thresholds", connected: true)
            curve.points(x: [point.deadtime], y: [point.efficiency], name: "P \(Format.general(point.threshold))")
            plots.append(curve)
        }
        var accuracy = SVGPlot("", x: .init("threshold of P", range: 0...1), y: .init("part"), width: 460, height: 320)
        accuracy.line(x: evaluation.points.map(\.threshold), y: evaluation.points.map(\.accuracy), name: "accuracy")
        if hasTruth { accuracy.line(x: evaluation.points.map(\.threshold), y: evaluation.points.map(\.efficiency), name: "efficiency") }
        plots.append(accuracy)
        page.figure(plots, caption: "\(plots.count > 1 ? "Left: efficiency against deadtime. Right: " : "")accuracy, the part of all moments in which the veto is what the strain's own tiles say, against the threshold.")
        if evaluation.reliability.count > 1 {
            var plot = SVGPlot("", x: .init("P", range: 0...1), y: .init("part with a glitch in the strain", range: 0...1.02), width: 460, height: 320)
            plot.line(x: [0, 1], y: [0, 1], name: "as it should be", dashed: true)
            let errors = evaluation.reliability.map { (max($0.observed * (1 - $0.observed), 0.25 / Double($0.moments)) / Double($0.moments)).squareRoot() }
            plot.points(x: evaluation.reliability.map(\.probability), y: evaluation.reliability.map(\.observed), errors: errors, name: "moments")
            page.figure(plot, caption: "Whether P is a probability: in what part of the moments of about one P the strain has a glitch. Errors are binomial; neighbouring moments are not independent.")
        }
        page.table(
            columns: ["witness", "slope"],
            rows: zip(model.calibration.features, model.calibration.slopes).sorted { $0.1 > $1.1 }.map { [$0.0, Format.fixed($0.1, decimals: 3)] },
            caption: "What a factor of e in a witness's energy adds to the logarithm of the odds; intercept \(Format.fixed(model.calibration.intercept, decimals: 2)).")
    }

    private static func subtraction(_ evaluation: Evaluation, _ model: InferenceModel, hasTruth: Bool, _ page: inout HTMLReport) {
        page.section("Subtraction")
        if model.filters.isEmpty {
            page.paragraph("No term was worth its taps: the strain is as it was.")
        } else {
            page.table(
                columns: ["term", "gain in logarithm of likelihood"],
                rows: model.filters.map { [$0.term.title(model.sources.map(\.name)), Format.fixed($0.gain, decimals: 0)] },
                caption: "What is subtracted, in the order in which it was found in the training data; each term has a filter of \(model.geometry.taps) taps at \(model.geometry.rate) Hz.")
        }
        guard !evaluation.chunks.isEmpty else { return }
        var density = SVGPlot(
            "", x: .init("frequency", unit: "Hz", scale: .logarithmic), y: .init("amplitude density", unit: "1/√Hz", scale: .logarithmic), width: 900, height: 380)
        density.line(x: evaluation.frequencies, y: evaluation.densityBefore, name: "before")
        density.line(x: evaluation.frequencies, y: evaluation.densityAfter, name: "after")
        page.figure(density, caption: "Amplitude spectral density of the strain, median over periodograms of 4 s.")
        var ratio = SVGPlot("", x: .init("frequency", unit: "Hz", scale: .logarithmic), y: .init("after / before"), width: 460, height: 300)
        ratio.line(x: evaluation.frequencies, y: zip(evaluation.densityAfter, evaluation.densityBefore).map { $0 / $1 })
        var range = SVGPlot("", x: .init("time", unit: "s"), y: .init("inspiral range", unit: "Mpc"), width: 460, height: 300)
        let times = evaluation.chunks.map { Double($0.start - evaluation.chunks[0].start) }
        range.points(x: times, y: evaluation.chunks.map(\.before), name: "before", connected: true)
        range.points(x: times, y: evaluation.chunks.map(\.after), name: "after", connected: true)
        page.figure([ratio, range], caption: "Left: ratio of the densities. Right: range for two neutron stars of 1.4 solar masses, by 64 s.")
    }

    private static func families(_ evaluation: Evaluation, hasVeto: Bool, hasCleaned: Bool, threshold: Double, least: Double, _ page: inout HTMLReport) {
        page.section("By family")
        page.table(
            columns: ["family", "seen by a witness", "glitches", "of SNR ≥ \(Format.general(least))", "vetoed", "excess before", "after", "removed"],
            rows: evaluation.families.map { family in
                [
                    family.name, family.isCoupled ? "yes" : "no", "\(family.glitches)", hasVeto ? "\(family.loud)" : "–", hasVeto ? "\(family.vetoed)" : "–",
                    family.isCoupled && hasCleaned ? Format.fixed(family.excessBefore, decimals: 0) : "–",
                    family.isCoupled && hasCleaned ? Format.fixed(family.excessAfter, decimals: 0) : "–", hasCleaned && family.isCoupled ? percent(family.removed) : "–",
                ]
            },
            caption: "Vetoed at P of at least \(Format.general(threshold)). Excess: energy above the noise's in whitened strain, in squares of signal to noise, of glitches that do not overlap one without witness.")
    }
}
