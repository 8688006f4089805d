import Batch

/// The page of a validation: what agrees, what does not, and how well the reference agrees with itself.
struct ValidationReport {
    let validation: Validation
    var report: HTMLReport

    init(_ validation: Validation, provenance: [(name: String, value: String)]) {
        self.validation = validation
        report = HTMLReport(
            title: "Calorimeter showers", subtitle: "\(validation.sample.name) against \(validation.reference.name)", provenance: provenance)
    }

    mutating func html() -> String {
        summary()
        profiles()
        response()
        observables()
        tails()
        metrics()
        classifiers()
        return report.html()
    }

    private mutating func summary() {
        let v = validation
        func beside(_ floor: String) -> String { "; halves of the reference: \(floor)" }
        var figures: [(label: String, value: String, note: String)] = [
            ("depth profile", percent(v.depth.largestDeviation), "largest deviation in the layers with 90 % of the energy" + beside(percent(v.depthFloor.largestDeviation))),
            ("sampling fraction", Format.fixed(v.responseRatio, decimals: 4), "sample over reference" + beside(Format.fixed(v.responseRatioFloor, decimals: 4))),
            ("resolution", Format.fixed(v.resolutionRatio, decimals: 3), "sample over reference, mean over energies" + beside(Format.fixed(v.resolutionRatioFloor, decimals: 3))),
        ]
        for classifier in v.classifiers.prefix(1) {
            let (mine, floor) = (classifier.comparison.area, classifier.floor.area)
            figures.append(
                ("classifier AUC", Format.value(mine.value, error: mine.error), "0.5: cannot be told apart" + beside(Format.value(floor.value, error: floor.error))))
        }
        report.headline(figures)
        report.paragraph(
            "\(v.sample.count) showers of the sample against \(v.reference.count) of the reference. Everything is also done to the even against the odd showers of the reference: that is the floor, what two samples of one source look like at half the size.")
    }

    private mutating func profiles() {
        report.section("Profiles")
        let (a, b) = (validation.comparison.sampleProfiles, validation.comparison.referenceProfiles)
        var depth = SVGPlot("Longitudinal profile", x: .init("layer"), y: .init("energy over that of the primary"))
        draw(&depth, a.depth, b.depth)
        var ratio = SVGPlot("Ratio", x: .init("layer"), y: .init("sample / reference", range: 0.7...1.3))
        let layers = validation.depth.ratio.indices.map(Double.init)
        ratio.points(x: layers, y: validation.depth.ratio, errors: validation.depth.errors, name: "sample / reference")
        ratio.points(x: layers.map { $0 + 0.2 }, y: validation.depthFloor.ratio, errors: validation.depthFloor.errors, name: "even / odd showers of the reference")
        ratio.horizontalLine(at: 1)
        report.figure(
            [depth, ratio],
            caption: "Mean energy by layer. Largest deviation in layers \(validation.depth.core.first ?? 0) to \(validation.depth.core.last ?? 0), which hold 90 %: \(percent(validation.depth.largestDeviation)) ± \(percent(validation.depth.error)) in layer \(validation.depth.layer).")
        var x = SVGPlot("Lateral profile in x", x: .init("pad"), y: .init("energy over that of the primary", scale: .logarithmic))
        draw(&x, a.rowsX, b.rowsX)
        var y = SVGPlot("Lateral profile in y", x: .init("pad"), y: .init("energy over that of the primary", scale: .logarithmic))
        draw(&y, a.rowsY, b.rowsY)
        report.figure([x, y], caption: "Mean energy by row of pads; y is the direction in which showers are inclined.")
    }

    private func draw(_ plot: inout SVGPlot, _ sample: MeanProfile, _ reference: MeanProfile) {
        let places = reference.means.indices.map(Double.init)
        plot.points(x: places, y: sample.means, errors: sample.errors, name: "sample")
        plot.line(x: places, y: reference.means, name: "reference")
    }

    private mutating func response() {
        let bins = validation.response
        guard !bins.isEmpty else { return }
        report.section("Response")
        let centres = bins.map { ($0.energies.lowerBound + $0.energies.upperBound) / 2 }
        var mean = SVGPlot("Sampling fraction", x: .init("energy", unit: "GeV"), y: .init("visible over primary energy"))
        var width = SVGPlot("Resolution", x: .init("energy", unit: "GeV"), y: .init("standard deviation over mean"))
        for (name, moments) in [("sample", bins.map(\.sample)), ("reference", bins.map(\.reference))] {
            mean.points(x: centres, y: moments.map(\.mean.value), errors: moments.map(\.mean.error), name: name)
            let resolutions = moments.map(ResponseBin.resolution)
            width.points(x: centres, y: resolutions.map(\.value), errors: resolutions.map(\.error), name: name)
        }
        report.figure([mean, width], caption: "Energy in the cells over that of the primary: mean and relative standard deviation.")
        report.table(
            columns: ["energy / GeV", "showers", "sampling fraction", "reference", "ratio", "resolution", "reference", "ratio"],
            rows: bins.map { bin in
                let (r, s) = (ResponseBin.resolution(bin.sample), ResponseBin.resolution(bin.reference))
                return [
                    "\(Format.general(bin.energies.lowerBound, digits: 3))–\(Format.general(bin.energies.upperBound, digits: 3))",
                    "\(bin.counts.sample) / \(bin.counts.reference)",
                    Format.value(bin.sample.mean.value, error: bin.sample.mean.error), Format.value(bin.reference.mean.value, error: bin.reference.mean.error),
                    Format.fixed(bin.sample.mean.value / bin.reference.mean.value, decimals: 4), Format.value(r.value, error: r.error),
                    Format.value(s.value, error: s.error), Format.fixed(r.value / s.value, decimals: 3),
                ]
            }, caption: "Response by primary energy.")
    }

    private mutating func observables() {
        report.section("Observables")
        report.table(
            columns: ["observable", "sample", "reference", "separation", "by chance", "halves of the reference", "probability"],
            rows: zip(validation.comparison.observables, validation.floor.observables).map { mine, floor in
                [
                    mine.title, mine.moments.map { Format.value($0.sample.mean.value, error: $0.sample.mean.error) } ?? "–",
                    mine.moments.map { Format.value($0.reference.mean.value, error: $0.reference.mean.error) } ?? "–",
                    Format.general(mine.separation, digits: 3), Format.general(mine.expectedSeparation, digits: 2),
                    Format.general(floor.separation, digits: 3), Format.general(mine.probability, digits: 2),
                ]
            },
            caption: "Means, separation powers (0 equal, 1 disjoint) with what chance alone gives at these numbers, the separation of the reference's halves, and the probability of a larger Kolmogorov-Smirnov distance (chi-squared for cells, whose entries are not independent: too small there).")
        for pair in stride(from: 0, to: validation.comparison.observables.count, by: 2) {
            let plots = validation.comparison.observables[pair..<min(pair + 2, validation.comparison.observables.count)].map(plot)
            report.figure(plots, caption: plots.map(\.title).joined(separator: "; ") + ". Filled: reference.")
        }
    }

    private func plot(_ observable: SampleComparison.Observable) -> SVGPlot {
        let axis = observable.sample.axis
        var plot = SVGPlot(
            observable.title, x: .init(axis.name.replacing("_", with: " "), unit: axis.units == "1" ? nil : axis.units, scale: axis.logarithmic ? .logarithmic : .linear),
            y: .init("share", scale: axis.logarithmic ? .logarithmic : .linear))
        plot.histogram(edges: axis.edges, counts: Array(observable.reference.fractions.dropFirst().dropLast()), name: "reference")
        plot.histogram(edges: axis.edges, counts: Array(observable.sample.fractions.dropFirst().dropLast()), name: "sample", filled: false)
        return plot
    }

    private mutating func metrics() {
        guard let mine = validation.metrics, let floor = validation.metricsFloor else { return }
        report.section("Distances in feature space")
        func row(_ name: String, _ number: (HighLevelMetrics) -> String) -> [String] { [name, number(mine), number(floor)] }
        var rows = [
            row("Fréchet distance at this size", { Format.general($0.frechet, digits: 3) }),
            row("FPD", { Format.value($0.frechetPhysicsDistance.value, error: $0.frechetPhysicsDistance.error) }),
            row("KPD", { Format.value($0.kernelPhysicsDistance.value, error: $0.kernelPhysicsDistance.error) }),
        ]
        if mine.manifold != nil, floor.manifold != nil {
            let parts: [(String, (ManifoldMetrics) -> Double)] = [("precision", { $0.precision }), ("recall", { $0.recall }), ("density", { $0.density }), ("coverage", { $0.coverage })]
            rows += parts.map { name, part in row(name, { $0.manifold.map { Format.fixed(part($0), decimals: 3) } ?? "–" }) }
        }
        report.table(
            columns: ["metric", "sample and reference", "halves of the reference"], rows: rows,
            caption: "Energies and shape of each shower as one vector, every component over its largest magnitude in the reference; both columns with the same number of showers.")
    }

    private func percent(_ x: Double) -> String { Format.fixed(100 * x, decimals: 1) + " %" }
}
