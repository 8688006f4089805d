import Batch
import PulsarFrames
import PulsarNetworks
import PulsarTwin

/// Where frames of a classifier come from: a file that the section `data` names, else the twin, on the fly.
struct FrameSources {
    /// Frames of another use are other frames.
    enum Use: UInt64 {
        case training = 0
        case validation = 0x7661_6c69_6461_7465
        case calibration = 0x6361_6c69_6272_6174
        case evaluation = 0x6576_616c_7561_7465
        case mixture = 0x6d69_7874_7572_6500
        case test = 0x7465_7374_2074_6573
    }

    let training: any LabelledFrameSource
    let validation: any LabelledFrameSource
    /// Frames without a pulse, half of them with nothing at all; nil for a file.
    let calibration: (any LabelledFrameSource)?
    /// The same of the twin, with masks; nil for a file.
    let masked: SegmentationTrainingRun.Sources?

    /// *Not collective.*
    /// - Throws: `ConfigurationError`, `ClassifierError`, `TwinError`.
    init(_ configuration: Configuration, seed: UInt64) throws {
        let data = try configuration.section("data")
        guard data.has("frames") else {
            data.leave("validation_share")
            configuration.leave("simulation", "stream", "interference")
            let training = try Self.twin(configuration, seed: seed, use: .training), validation = try Self.twin(configuration, seed: seed, use: .validation)
            let calibration = try Self.twin(configuration, seed: seed, use: .calibration, shares: [3, 0, 1, 0, 1, 0, 1, 0])
            (self.training, self.validation, self.calibration) = (training, validation, calibration)
            masked = SegmentationTrainingRun.Sources(
                training: training, validation: validation, calibration: calibration, test: try Self.twin(configuration, seed: seed, use: .test))
            return
        }
        configuration.leave("simulation", "stream", "interference", "frames", "telescope", "pulsar", "stages", "dispersion_constant")
        data.leave("variations", "receivers")
        let file = try data.string("frames")
        let share = try data.double("validation_share", default: 0.1, in: 0.001...0.9)
        training = try FileFrameSource(file, training: true, validationShare: share, seed: seed)
        validation = try FileFrameSource(file, training: false, validationShare: share, seed: seed)
        calibration = nil
        masked = nil
    }

    /// Frames of the twin; with `data.variations`, texts such as `frames.bits=4 telescope.ripple=0.06`, or `data.receivers`, of several telescopes in turn.
    /// - Parameter shares: of the classes, in place of the configuration's.
    static func twin(_ configuration: Configuration, seed: UInt64, use: Use, shares: [Double] = []) throws -> any MaskedFrameSource {
        func made(_ configuration: Configuration, seed: UInt64) throws -> TwinFrames {
            var settings = try FrameSettings(configuration)
            if !shares.isEmpty {
                settings.shares = shares
                settings.otherShare = 0
            }
            return try TwinFrames(
                descriptions: Descriptions(configuration), settings: settings, stages: Stages(configuration),
                constant: configuration.choice("dispersion_constant", default: .handbook), seed: seed)
        }
        let texts = try variations(configuration, seed: seed ^ use.rawValue)
        let base = try made(configuration, seed: seed ^ use.rawValue)
        guard !texts.isEmpty else { return base }
        let sources = try texts.enumerated().map { number, text -> TwinFrames in
            let words = text.split(separator: " ").map(String.init)
            let varied = try Configuration(text: configuration.canonicalText, name: "\(configuration.name), data.variations '\(text)'", overrides: words)
            // Frames of each telescope have noise and pulses of their own.
            let source = try made(varied, seed: seed ^ use.rawValue ^ UInt64(number) << 32)
            // A misspelt key of a variation is found here; the rest has been read by the configuration itself.
            for word in words where !["telescope.", "pulsar.", "stages.", "frames."].contains(where: word.hasPrefix) {
                throw ConfigurationError("data.variations: '\(word)', wanted settings of telescope, pulsar, stages or frames, such as frames.bits=4")
            }
            varied.leave("seed", "run")
            varied.leaveSections(except: "frames", "telescope", "pulsar", "stages", "dispersion_constant")
            try varied.finish()
            return source
        }
        guard let all = VariedFrames(sources) else {
            throw ConfigurationError("data.variations: found telescopes with different channels or sampling times, wanted the same axes for all frames of a network")
        }
        return all
    }

    /// The texts of `data.variations`, or those of `data.receivers` drawn receivers, which differ from one use to another.
    private static func variations(_ configuration: Configuration, seed: UInt64) throws -> [String] {
        let data = try configuration.section("data")
        let texts = try data.strings("variations", default: []), count = try data.int("receivers", default: 0, in: 0...4096)
        guard texts.isEmpty || count == 0 else {
            throw ConfigurationError("\(configuration.name): found data.variations and data.receivers, wanted one: telescopes are written down or drawn")
        }
        return texts.isEmpty ? (0..<count).map { DrawnReceiver.settings(number: $0, seed: seed).joined(separator: " ") } : texts
    }
}
