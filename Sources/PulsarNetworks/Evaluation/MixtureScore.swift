import Batch
import ParallelHDF5

/// What is kept of data of which a small share shows pulses.
struct MixtureScore {
    typealias Share = ClassifierScore.Share

    let threshold: Double
    /// Frames kept, of all.
    let kept: Share
    let keptPulses: Share
    let keptPulsesFrom7: Share
    let keptPulsesFrom10: Share
    /// Frames kept by what they show: the classes 0, 2, 4 and 6.
    let keptOthers: [Share]
    /// Shares above falling thresholds: of all frames, and of pulses with S/N 7 and more.
    let thresholds: [Double]
    let keptShare: [Double]
    let pulseShare: [Double]

    /// Most frames that the curve runs to, as a share of all.
    private static let curveEnd = 0.05

    init(_ rows: [JudgedTable.Row], threshold: Double) {
        self.threshold = threshold
        func share(_ rows: [JudgedTable.Row]) -> Share { Share(count: rows.filter { $0.pulseProbability >= threshold }.count, of: rows.count) }
        kept = share(rows)
        let pulses = rows.filter(\.hasPulse)
        keptPulses = share(pulses)
        keptPulsesFrom7 = share(pulses.filter { $0.signalToNoise >= 7 })
        keptPulsesFrom10 = share(pulses.filter { $0.signalToNoise >= 10 })
        keptOthers = [0, 2, 4, 6].map { k in share(rows.filter { $0.target == k }) }
        let falling = rows.sorted { $0.pulseProbability > $1.pulseProbability }
        let strong = pulses.filter { $0.signalToNoise >= 7 }.count
        var (curve, found) = ([(Double, Double, Double)](), 0)
        for (i, row) in falling.prefix(Int(Self.curveEnd * Double(falling.count))).enumerated() {
            if row.hasPulse, row.signalToNoise >= 7 { found += 1 }
            guard i + 1 == falling.count || falling[i + 1].pulseProbability < row.pulseProbability else { continue }
            curve.append((row.pulseProbability, Double(i + 1) / Double(falling.count), Double(found) / Double(max(1, strong))))
        }
        (thresholds, keptShare, pulseShare) = (curve.map(\.0), curve.map(\.1), curve.map(\.2))
    }

    /// - Parameter frameBytes: of one frame in 32-bit floating point.
    func json(frameBytes: Int) -> JSON {
        [
            "frames": .integer(kept.of), "bytes": .integer(kept.of * frameBytes), "bytes_kept": .integer(kept.count * frameBytes),
            "keep_threshold": .number(threshold), "kept_fraction": kept.json, "kept_pulses": keptPulses.json, "kept_pulses_snr_7": keptPulsesFrom7.json,
            "kept_pulses_snr_10": keptPulsesFrom10.json,
            "kept_without_pulse": [
                "none": keptOthers[0].json, "narrow_band": keptOthers[1].json, "broad_band": keptOthers[2].json, "narrow_band+broad_band": keptOthers[3].json,
            ],
        ]
    }

    /// *Collective.*
    func write(to group: HDF5Group) throws {
        try group.setAttribute("keep_threshold", threshold)
        guard !thresholds.isEmpty else { return }
        _ = try group.write("threshold", thresholds, units: "1")
        _ = try group.write("kept_share", keptShare, units: "1")
        _ = try group.write("pulse_share", pulseShare, units: "1")
    }
}
