import Batch
import ParallelHDF5

/// What run directories hold of a classifier: its training, its evaluation, streams that it sorted. Read on one rank.
struct ClassifierRecord {
    /// A curve over training steps.
    struct Training {
        let directory: String
        var steps: [Double] = []
        var loss: [Double] = []
        /// Share of frames that are classified right; of a U-Net the overlap of masks.
        var accuracy: [Double] = []
        var validationSteps: [Double] = []
        var validationLoss: [Double] = []
        var validationAccuracy: [Double] = []
        /// nil while it has not come to its end.
        let results: JSON?
        let seconds: Double?
    }

    /// Shares with errors in bins.
    struct Binned {
        let edges: [Double]
        let recall: [Double]
        let recallError: [Double]
        let accuracy: [Double]
        let accuracyError: [Double]
        let pulses: [Int64]
    }

    struct Curve {
        let name: String
        let falseShare: [Double]
        let trueShare: [Double]
        let area: Double
        let areaError: Double
    }

    struct Example {
        /// [channel][sample].
        let values: [Float]
        let target: Int
        let label: Int
        let signalToNoise: Double
        let dispersionMeasure: Double
        let probability: Double
    }

    struct Evaluation {
        let directory: String
        let results: JSON
        let byRatio: Binned
        let byMeasure: Binned
        let byWidth: Binned
        let curves: [Curve]
        let examples: [Example]
        let channels: Int
        let samples: Int
        /// MHz of channel 0 and of a step, and s between samples.
        let firstFrequency: Double
        let channelBandwidth: Double
        let samplingTime: Double
        /// Of the mixture: shares of all frames and of its pulses above falling thresholds; empty without one.
        let keptShare: [Double]
        let pulseShare: [Double]
    }

    struct Stream {
        let directory: String
        let results: JSON
    }

    private(set) var trainings: [Training] = []
    private(set) var evaluations: [Evaluation] = []
    private(set) var streams: [Stream] = []

    /// - Throws: `ClassifierError` naming a directory that holds none of them; what files throw.
    init(_ directories: [String]) throws {
        for directory in directories {
            func path(_ name: String) -> String? { Files.exists("\(directory)/\(name)") ? "\(directory)/\(name)" : nil }
            var found = false
            if let metrics = path("metrics-train.jsonl") {
                trainings.append(try Self.training(directory, metrics, summary: path("summary-train.json")))
                found = true
            }
            if let file = path("evaluation.h5"), let summary = path("summary-evaluate.json") {
                evaluations.append(try Self.evaluation(directory, file, Self.results(summary)))
                found = true
            }
            if let summary = path("summary-classify.json") {
                streams.append(Stream(directory: directory, results: try Self.results(summary)))
                found = true
            }
            guard found else {
                throw ClassifierError("\(directory): found neither metrics-train.jsonl, evaluation.h5 nor summary-classify.json; wanted a run directory of train, evaluate or classify")
            }
        }
    }

    private static func text(_ path: String) throws -> String { String(decoding: try Files.read(path, limit: 1 << 30), as: UTF8.self) }

    private static func results(_ path: String) throws -> JSON {
        guard let results = try JSON(parsing: text(path), name: path)["results"] else { throw ClassifierError("\(path): found no 'results', wanted the summary of a finished command") }
        return results
    }

    private static func training(_ directory: String, _ metrics: String, summary: String?) throws -> Training {
        let whole = try summary.map { try JSON(parsing: text($0), name: $0) }
        var training = Training(directory: directory, results: whole?["results"], seconds: whole?["wall_seconds"]?.double ?? whole?["seconds"]?.double)
        // The last line may be torn while the training still runs.
        for line in try text(metrics).split(separator: "\n") {
            guard let record = try? JSON(parsing: String(line), name: metrics), let step = record["step"]?.double else { continue }
            if let loss = record["loss"]?.double, let accuracy = (record["accuracy"] ?? record["overlap"])?.double {
                training.steps.append(step)
                training.loss.append(loss)
                training.accuracy.append(accuracy)
            }
            if let loss = record["validation_loss"]?.double, let accuracy = (record["validation_accuracy"] ?? record["validation_overlap"])?.double {
                training.validationSteps.append(step)
                training.validationLoss.append(loss)
                training.validationAccuracy.append(accuracy)
            }
        }
        return training
    }

    private static func evaluation(_ directory: String, _ path: String, _ results: JSON) throws -> Evaluation {
        try HDF5File.with(HDF5File.open(path, communicator: nil)) { file in
            func binned(_ name: String) throws -> Binned {
                let group = try file.root.group("score/\(name)")
                func column(_ name: String) throws -> [Double] { try group.read(name, as: Double.self) }
                return Binned(
                    edges: try column("edges"), recall: try column("recall"), recallError: try column("recall_error"), accuracy: try column("accuracy"),
                    accuracyError: try column("accuracy_error"), pulses: try group.read("pulses", as: Int64.self))
            }
            let group = try file.root.group("score/curves")
            let curves = try group.memberNames.map { name in
                let curve = try group.group(name)
                return Curve(
                    name: name, falseShare: try curve.read("false_share", as: Double.self), trueShare: try curve.read("true_share", as: Double.self),
                    area: try curve.attribute("area", as: Double.self), areaError: try curve.attribute("area_error", as: Double.self))
            }
            let shown = try file.root.group("examples")
            let frames = try shown.dataset("frames")
            let (values, size) = (try frames.read(as: Float.self), frames.shape[1] * frames.shape[2])
            let (targets, labels) = (try shown.read("class", as: UInt8.self), try shown.read("label", as: UInt8.self))
            let (ratios, measures, probabilities) = (
                try shown.read("snr", as: Double.self), try shown.read("dm", as: Double.self), try shown.read("pulse_probability", as: Double.self)
            )
            let examples = targets.indices.map { i in
                Example(
                    values: Array(values[i * size..<(i + 1) * size]), target: min(8, Int(targets[i])), label: min(8, Int(labels[i])), signalToNoise: ratios[i],
                    dispersionMeasure: measures[i], probability: probabilities[i])
            }
            let mixture = try file.root.hasObject("mixture_score") ? file.root.group("mixture_score") : nil
            func share(_ name: String) throws -> [Double] {
                guard let mixture, try mixture.hasObject(name) else { return [] }
                return try mixture.read(name, as: Double.self)
            }
            return Evaluation(
                directory: directory, results: results, byRatio: try binned("by_snr"), byMeasure: try binned("by_dm"), byWidth: try binned("by_width"), curves: curves,
                examples: examples, channels: frames.shape[1], samples: frames.shape[2], firstFrequency: try shown.attribute("first_frequency_MHz", as: Double.self),
                channelBandwidth: try shown.attribute("channel_bandwidth_MHz", as: Double.self), samplingTime: try shown.attribute("sampling_time_s", as: Double.self),
                keptShare: try share("kept_share"), pulseShare: try share("pulse_share"))
        }
    }
}
