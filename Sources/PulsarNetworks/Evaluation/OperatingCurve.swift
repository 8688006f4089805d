import Batch
import Glibc
import ParallelHDF5

/// The receiver operating characteristic: shares of pulses and of frames without one above each threshold.
package struct OperatingCurve: Equatable {
    /// From the highest threshold down.
    package private(set) var thresholds: [Double] = []
    package private(set) var falseShare: [Double] = []
    package private(set) var trueShare: [Double] = []
    package let pulses: Int
    package let others: Int
    /// Area under the curve: the probability that a pulse ranks above a frame without one.
    package let area: Double
    /// Its standard error (Hanley & McNeil, Radiology 143 (1982) 29).
    package let areaError: Double

    /// nil without frames of both kinds.
    package init?(pulses: [Double], others: [Double]) {
        guard !pulses.isEmpty, !others.isEmpty else { return nil }
        let all = (pulses.map { ($0, true) } + others.map { ($0, false) }).sorted { $0.0 > $1.0 }
        self.pulses = pulses.count
        self.others = others.count
        var (found, wrong) = (0, 0)
        var area = 0.0
        var i = 0
        while i < all.count {
            let score = all[i].0
            let (foundBefore, wrongBefore) = (found, wrong)
            // Equal scores are one step, so that their order does not matter.
            while i < all.count, all[i].0 == score {
                if all[i].1 { found += 1 } else { wrong += 1 }
                i += 1
            }
            area += Double(wrong - wrongBefore) * 0.5 * Double(found + foundBefore)
            thresholds.append(score)
            falseShare.append(Double(wrong) / Double(others.count))
            trueShare.append(Double(found) / Double(pulses.count))
        }
        let (n, m) = (Double(pulses.count), Double(others.count))
        let a = area / (n * m)
        let (q1, q2) = (a / (2 - a), 2 * a * a / (1 + a))
        self.area = a
        areaError = max(0, (a * (1 - a) + (n - 1) * (q1 - a * a) + (m - 1) * (q2 - a * a)) / (n * m)).squareRoot()
    }

    /// Where either share changes by 1 in a thousand or the false share by a tenth of itself: what a plot needs.
    package var thinned: [Int] {
        var kept: [Int] = []
        for i in thresholds.indices {
            guard let last = kept.last else {
                kept.append(i)
                continue
            }
            let isStep = falseShare[i] - falseShare[last] > min(1e-3, 0.1 * falseShare[last]) || trueShare[i] - trueShare[last] > 1e-3
            if isStep || i == thresholds.count - 1 { kept.append(i) }
        }
        return kept
    }

    /// *Collective.*
    func write(to group: HDF5Group) throws {
        let places = thinned
        _ = try group.write("threshold", places.map { thresholds[$0] }, units: "1")
        _ = try group.write("false_share", places.map { falseShare[$0] }, units: "1")
        _ = try group.write("true_share", places.map { trueShare[$0] }, units: "1")
        try group.setAttribute("area", area)
        try group.setAttribute("area_error", areaError)
        try group.setAttribute("pulses", Int64(pulses))
        try group.setAttribute("others", Int64(others))
    }

    var json: JSON { ["area": .number(area), "error": .number(areaError), "pulses": .integer(pulses), "others": .integer(others)] }
}
