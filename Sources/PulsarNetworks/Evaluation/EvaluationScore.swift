import Batch
import Glibc
import ParallelHDF5

/// How good a classifier is on frames whose classes come equally often: tables, curves and bars.
struct EvaluationScore {
    typealias Share = ClassifierScore.Share

    /// Shares in bins of a quantity.
    struct Binned {
        let edges: [Double]
        /// Frames with a pulse that are said to have one, and that are put into their class.
        let recall: [Share]
        let accuracy: [Share]

        var json: JSON {
            .array(
                recall.indices.map { i in
                    ["from": .number(edges[i]), "to": .number(edges[i + 1]), "recall": recall[i].json, "accuracy": accuracy[i].json]
                })
        }

        /// *Collective.*
        func write(to group: HDF5Group, units: String) throws {
            _ = try group.write("edges", edges, units: units)
            for (name, shares) in [("recall", recall), ("accuracy", accuracy)] {
                _ = try group.write(name, shares.map { Double($0.count) / Double(max(1, $0.of)) }, units: "1")
                _ = try group.write("\(name)_error", shares.map { $0.of > 0 ? $0.error : 0 }, units: "1")
            }
            _ = try group.write("pulses", recall.map { Int64($0.of) }, units: "1")
        }
    }

    /// A number with its standard error.
    struct Estimate {
        let value: Double
        let error: Double
        let frames: Int
        var json: JSON { ["value": .number(value), "error": .number(error), "frames": .integer(frames)] }
    }

    let threshold: Double
    let score: ClassifierScore
    /// Mean over the eight classes of the share that is classified right, of frames without a pulse and pulses of at least this S/N.
    let accuracyFrom5: Estimate
    let accuracyFrom7: Estimate
    /// The same of frames with a pulse alone.
    let pulseAccuracyFrom5: Share
    let pulseAccuracyFrom7: Share
    let byRatio: Binned
    /// Of pulses with S/N 7 and more.
    let byMeasure: Binned
    let byWidth: Binned
    /// Frames of the classes 0, 2, 4 and 6 that are said to have a pulse.
    let falsePulses: [Share]
    let curves: [(name: String, curve: OperatingCurve)]

    static let ratioEdges: [Double] = [3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 30, 50, 100]

    init(_ rows: [JudgedTable.Row], classes: Int, threshold: Double) {
        self.threshold = threshold
        score = ClassifierScore(rows.map(\.judgement), classes: classes, threshold: threshold)
        func right(_ row: JudgedTable.Row) -> Bool { row.judgement.predicted(threshold) == row.target }
        func said(_ row: JudgedTable.Row) -> Bool { row.pulseProbability >= threshold }
        func share(_ rows: [JudgedTable.Row], _ holds: (JudgedTable.Row) -> Bool) -> Share { Share(count: rows.filter(holds).count, of: rows.count) }
        let pulses = rows.filter(\.hasPulse)
        func from(_ ratio: Double) -> [JudgedTable.Row] { pulses.filter { $0.signalToNoise >= ratio } }
        func balanced(_ ratio: Double) -> Estimate {
            let shares = (0..<8).map { k in share(rows.filter { $0.target == k && (!$0.hasPulse || $0.signalToNoise >= ratio) }, right) }.filter { $0.of > 0 }
            let count = Double(max(1, shares.count))
            return Estimate(
                value: shares.reduce(0) { $0 + $1.value } / count, error: shares.reduce(0) { $0 + $1.error * $1.error }.squareRoot() / count,
                frames: shares.reduce(0) { $0 + $1.of })
        }
        accuracyFrom5 = balanced(5)
        accuracyFrom7 = balanced(7)
        pulseAccuracyFrom5 = share(from(5), right)
        pulseAccuracyFrom7 = share(from(7), right)
        func binned(_ rows: [JudgedTable.Row], _ edges: [Double], _ value: (JudgedTable.Row) -> Double) -> Binned {
            let bins = zip(edges, edges.dropFirst()).map { low, high in rows.filter { value($0) >= low && value($0) < high } }
            return Binned(edges: edges, recall: bins.map { share($0, said) }, accuracy: bins.map { share($0, right) })
        }
        let used = Self.used(Self.ratioEdges, pulses.map(\.signalToNoise))
        byRatio = binned(pulses, used, \.signalToNoise)
        let strong = from(7)
        byMeasure = binned(strong, Self.even(strong.map(\.dispersionMeasure), bins: 9), \.dispersionMeasure)
        byWidth = binned(strong, Self.even(strong.map { log($0.width) }, bins: 8).map { exp($0) }, \.width)
        falsePulses = [0, 2, 4, 6].map { k in share(rows.filter { $0.target == k }, said) }
        let noise = rows.filter { $0.target == 0 }.map(\.pulseProbability)
        let none = rows.filter { !$0.hasPulse }.map(\.pulseProbability)
        var curves: [(name: String, curve: OperatingCurve)] = []
        for (name, ratio) in [("snr_5", 5.0), ("snr_7", 7), ("snr_10", 10)] {
            if let curve = OperatingCurve(pulses: from(ratio).map(\.pulseProbability), others: noise) { curves.append(("\(name)_against_noise", curve)) }
            if let curve = OperatingCurve(pulses: from(ratio).map(\.pulseProbability), others: none) { curves.append(("\(name)_against_all", curve)) }
        }
        self.curves = curves
    }

    /// Those edges whose bins hold a value.
    private static func used(_ edges: [Double], _ values: [Double]) -> [Double] {
        guard let low = values.min(), let high = values.max(), let first = edges.lastIndex(where: { $0 <= low }),
            let last = edges.firstIndex(where: { $0 > high }) ?? edges.indices.last
        else { return [0, edges[0]] }
        return Array(edges[first...max(last, first + 1 < edges.count ? first + 1 : first)])
    }

    /// Edges of even bins over all values.
    private static func even(_ values: [Double], bins: Int) -> [Double] {
        guard let low = values.min(), let high = values.max(), high > low else { return [0, 1] }
        // The largest value belongs to the last bin.
        let step = (high - low) * (1 + 1e-9) / Double(bins)
        return (0...bins).map { low + Double($0) * step }
    }

    /// For `summary.json`.
    func fill(_ results: inout JSONObject) {
        score.fill(&results)
        results["accuracy_snr_5"] = accuracyFrom5.json
        results["accuracy_snr_7"] = accuracyFrom7.json
        results["pulse_accuracy_snr_5"] = pulseAccuracyFrom5.json
        results["pulse_accuracy_snr_7"] = pulseAccuracyFrom7.json
        results["false_pulses_by_contents"] = [
            "none": falsePulses[0].json, "narrow_band": falsePulses[1].json, "broad_band": falsePulses[2].json, "narrow_band+broad_band": falsePulses[3].json,
        ]
        results["by_snr"] = byRatio.json
        results["by_dm"] = byMeasure.json
        results["by_width"] = byWidth.json
        var areas = JSONObject()
        for (name, curve) in curves { areas[name] = curve.json }
        results["areas_under_curves"] = .object(areas)
    }

    /// *Collective.*
    func write(to group: HDF5Group) throws {
        try group.setAttribute("pulse_threshold", threshold)
        _ = try group.write("confusion", score.confusion.flatMap { $0.map { Int64($0) } }, shape: [score.confusion.count, score.confusion.count], units: "1")
        try byRatio.write(to: group.createGroup("by_snr"), units: "1")
        try byMeasure.write(to: group.createGroup("by_dm"), units: "pc cm-3")
        try byWidth.write(to: group.createGroup("by_width"), units: "s")
        let group = try group.createGroup("curves")
        for (name, curve) in curves { try curve.write(to: group.createGroup(name)) }
    }
}
