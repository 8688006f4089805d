import Batch

/// What a classifier is asked to reach, and what it does.
struct EvaluationBars {
    struct Bar {
        let name: String
        let value: Double
        let error: Double
        let frames: Int
        let wanted: Double
        let isUpper: Bool
        var isMet: Bool { isUpper ? value <= wanted : value >= wanted }
    }

    let bars: [Bar]

    init(_ score: EvaluationScore, _ mixture: MixtureScore?) {
        func bar(_ name: String, _ share: ClassifierScore.Share, _ wanted: Double, isUpper: Bool = false) -> Bar? {
            share.of > 0 ? Bar(name: name, value: share.value, error: share.error, frames: share.of, wanted: wanted, isUpper: isUpper) : nil
        }
        func bar(_ name: String, _ estimate: EvaluationScore.Estimate, _ wanted: Double) -> Bar? {
            estimate.frames > 0 ? Bar(name: name, value: estimate.value, error: estimate.error, frames: estimate.frames, wanted: wanted, isUpper: false) : nil
        }
        bars = [
            bar("accuracy over the eight classes, pulses of S/N 7 and more", score.accuracyFrom7, 0.97),
            bar("accuracy over the eight classes, pulses of S/N 5 and more", score.accuracyFrom5, 0.90),
            bar("recall of pulses of S/N 10 and more", score.score.recallAbove10, 0.99),
            bar("false pulses in frames that show nothing", score.score.falsePulsesInNoise, 1e-3, isUpper: true),
            mixture.flatMap { bar("pulses of S/N 7 and more kept of the mixture", $0.keptPulsesFrom7, 0.99) },
            mixture.flatMap { bar("share of the mixture's data that is kept", $0.kept, 0.01, isUpper: true) },
        ].compactMap { $0 }
    }

    var json: JSON {
        .array(
            bars.map { bar in
                [
                    "name": .string(bar.name), "value": .number(bar.value), "error": .number(bar.error), "frames": .integer(bar.frames),
                    bar.isUpper ? "at_most" : "at_least": .number(bar.wanted), "met": .bool(bar.isMet),
                ]
            })
    }

    var lines: [String] {
        bars.map { bar in
            "\(bar.isMet ? "met" : "not met"): \(bar.name): \(Format.value(bar.value, error: bar.error)) of \(bar.frames) frames, wanted \(bar.isUpper ? "at most" : "at least") \(Format.general(bar.wanted))"
        }
    }
}
