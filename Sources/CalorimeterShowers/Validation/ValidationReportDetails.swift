import Batch

// Tails, support and classifiers on the page of a validation.
extension ValidationReport {
    mutating func tails() {
        let (mine, floor) = (validation.comparison, validation.floor)
        guard mine.observables.contains(where: { !$0.tails.isEmpty }) else { return }
        report.section("Tails and support")
        func ratio(_ observable: SampleComparison.Observable, _ side: Tail.Side) -> String {
            observable.tails.first { $0.side == side }.map { Format.value($0.ratio.value, error: $0.ratio.error) } ?? "–"
        }
        let rows = zip(mine.observables, floor.observables).map { observable, own in
            [
                observable.title, ratio(observable, .lower), ratio(own, .lower), ratio(observable, .upper), ratio(own, .upper),
                share(observable.support.coverage), share(own.support.coverage), share(observable.support.outside),
            ]
        }
        let cells = ["Cells that showers reach", "–", "–", "–", "–", share(mine.cellSupport.coverage), share(floor.cellSupport.coverage), share(mine.cellSupport.outside)]
        report.table(
            columns: ["observable", "lower tail", "halves", "upper tail", "halves", "support", "halves", "outside"], rows: rows + [cells],
            caption: "Tails: share of the sample beyond the reference's outermost hundredth over the reference's own share there, with the error of counting. Support: share of the reference in bins (or cells) that the sample fills, too; outside: share of the sample in bins that the reference leaves empty. Halves: even against odd showers of the reference.")
    }

    private func share(_ x: Double) -> String { Format.fixed(x, decimals: 4) }

    mutating func classifiers() {
        guard let first = validation.classifiers.first else { return }
        report.section("Classifiers")
        report.paragraph(
            "Networks learn to tell sample and reference apart, by \(ClassifierTest.foldCount)-fold cross-validation with \(first.comparison.showers) showers of each: every shower is judged by a network that has seen neither it nor chosen its epoch by it. An area (AUC) of 0.5 says that they cannot be told apart, 1 that they always can.")
        report.table(
            columns: ["classifier", "AUC", "halves of the reference", "JSD", "halves of the reference"],
            rows: validation.classifiers.map { classifier in
                let numbers = [classifier.comparison.area, classifier.floor.area, classifier.comparison.divergence, classifier.floor.divergence]
                return [classifier.input.title] + numbers.map { Format.value($0.value, error: $0.error) }
            },
            caption: "Area under the receiver's curve; and the lower bound of the Jensen-Shannon divergence (over ln 2) that the calibrated networks give, which lies around zero, on either side, where there is nothing to learn.")
        let percents = (0...100).map { Double($0) / 100 }
        for classifier in validation.classifiers {
            var curve = SVGPlot(
                "Receiver's curve", x: .init("share of the sample accepted", range: 0...1), y: .init("share of the reference accepted", range: 0...1))
            curve.line(x: percents, y: classifier.comparison.accepted, name: "sample")
            curve.line(x: percents, y: classifier.floor.accepted, name: "halves of the reference")
            curve.line(x: [0, 1], y: [0, 1], name: "chance", dashed: true, colour: 6)
            var loss = SVGPlot("Validation loss", x: .init("epoch"), y: .init("cross-entropy", unit: "nat"))
            for (test, name, colour) in [(classifier.comparison, "sample", 0), (classifier.floor, "halves of the reference", 1)] {
                for (k, fold) in test.folds.enumerated() {
                    let epochs = fold.history.indices.map { Double($0 + 1) }
                    loss.points(x: epochs, y: fold.history, name: k == 0 ? name : nil, connected: true, colour: colour)
                }
            }
            report.figure([curve, loss], caption: "\(classifier.input.title): mean over the folds, and every fold's training.")
        }
    }
}
