import Batch

/// Counts of frames kept and dropped: whole numbers, so that their sums over ranks and restarts are exact.
struct ClassificationTally: Equatable {
    static let bins = 20
    /// Frames of each class, kept and dropped.
    var kept: [Int64]
    var dropped: [Int64]
    /// Dropped frames by their probability of a pulse, in twentieths.
    var histogram = [Int64](repeating: 0, count: bins)

    init(classes: Int) {
        kept = [Int64](repeating: 0, count: classes)
        dropped = kept
    }

    mutating func add(predicted: Int, pulseProbability: Double, isKept: Bool) {
        if isKept {
            kept[predicted] += 1
        } else {
            dropped[predicted] += 1
            histogram[min(Self.bins - 1, max(0, Int(pulseProbability * Double(Self.bins))))] += 1
        }
    }

    var frames: Int { Int(kept.reduce(0, +) + dropped.reduce(0, +)) }
    var keptFrames: Int { Int(kept.reduce(0, +)) }

    func fill(_ results: inout JSONObject) {
        func table(_ counts: [Int64]) -> JSON {
            var object = JSONObject()
            for (k, count) in counts.enumerated() { object[ClassifierModel.classNames[k]] = .integer(Int(count)) }
            return .object(object)
        }
        results["kept_by_class"] = table(kept)
        results["dropped_by_class"] = table(dropped)
        results["dropped_by_pulse_probability"] = .array(histogram.map { .integer(Int($0)) })
    }
}
