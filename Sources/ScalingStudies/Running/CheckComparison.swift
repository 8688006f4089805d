import Batch

/// Whether runs of one case found the same.
enum CheckComparison {
    /// What differs between `found` and `wanted` by more than `tolerance`, relative to the larger; nil if nothing does.
    static func difference(_ found: [RunRecord.CheckValue], _ wanted: [RunRecord.CheckValue], tolerance: Double) -> String? {
        for (a, b) in zip(found, wanted) {
            if a.name != b.name { return "'\(a.name)' was compared with '\(b.name)'" }
            if a.value == b.value { continue }
            if tolerance > 0, let x = Double(a.value), let y = Double(b.value), abs(x - y) <= tolerance * max(abs(x), abs(y)) { continue }
            return "\(a.name) is \(a.value), wanted \(b.value)\(tolerance > 0 ? " within \(Format.general(tolerance))" : "")"
        }
        return found.count == wanted.count ? nil : "\(found.count) values, wanted \(wanted.count)"
    }
}
