import Batch
import Networks
import PulsarFrames
import Pulsars
import RadioStreams

/// The networks by name.
public enum ClassifierKind: String, CaseIterable, Sendable {
    /// Our own: several views of a frame, made by a feature stage.
    case didymos
    /// The published family: three convolutions and two dense layers on the frame itself.
    case PROT_LE_1_230908_0, PROT_LE_1_230908_1, PROT_LE_1_230908_2, PROT_LE_1_230909_0, PROT_LE_1_230909_1, PROT_LE_1_230909_2

    /// Channels of the convolutions, extent of the third one's kernel, and units of the hidden dense layer; nil for other networks.
    ///
    /// Source: PulsarRFI_NN v0.2, `cnn/2_training/models.py`.
    var published: (channels: [Int], lastKernel: Int, hidden: Int)? {
        switch self {
        case .didymos: nil
        case .PROT_LE_1_230908_0: ([4, 8, 8], 3, 64)
        case .PROT_LE_1_230908_1: ([8, 10, 12], 3, 128)
        case .PROT_LE_1_230908_2: ([10, 12, 12], 3, 512)
        case .PROT_LE_1_230909_0: ([4, 8, 12], 5, 64)
        case .PROT_LE_1_230909_1: ([8, 8, 12], 5, 128)
        case .PROT_LE_1_230909_2: ([10, 10, 12], 5, 512)
        }
    }
}

/// What a network of the published family is given.
public enum FramePreparation: String, CaseIterable, Sendable {
    /// Each channel less its robust location, over its robust scale, within ±8: absolute scale is kept.
    case robust
    /// The frame's smallest number to 0 and its largest to 255, rounded, as PulsarRFI_NN is fed: absolute scale is lost.
    case published
}

/// Everything that a network's shape and meaning depend on, apart from its weights.
public struct ClassifierModel: Hashable, Sendable {
    public var kind: ClassifierKind
    public var axes: FrameAxes
    /// 8, the mixtures of pulse, narrow-band and broad-band; or 9 with `other`.
    public var classes: Int
    /// Of the published family.
    public var preparation: FramePreparation
    /// Largest dispersion measure that `didymos` looks along, pc cm^-3.
    public var largestMeasure: Double
    /// Samples by which the delay across the visible band grows from a trial to the next.
    public var trialStep: Double
    public var constant: DispersionConstant

    public init(
        kind: ClassifierKind, axes: FrameAxes, classes: Int? = nil, preparation: FramePreparation = .robust, largestMeasure: Double = 100,
        trialStep: Double = 8, constant: DispersionConstant = .handbook
    ) {
        self.kind = kind
        self.axes = axes
        self.classes = classes ?? (kind == .didymos ? 9 : 8)
        self.preparation = preparation
        self.largestMeasure = largestMeasure
        self.trialStep = trialStep
        self.constant = constant
    }

    /// The section `model`. *Not collective.* Throws `ConfigurationError`.
    public init(_ section: Configuration, axes: FrameAxes) throws {
        let kind: ClassifierKind = try section.choice("network", default: .didymos)
        self.init(kind: kind, axes: axes)
        classes = try section.int("classes", default: classes, in: 8...9)
        preparation = try section.choice("preparation", default: .robust)
        largestMeasure = try section.double("dm_max", default: 100, in: 0...1e5)
        trialStep = try section.double("dm_step_samples", default: 8, in: 0.1...1e3)
        constant = try section.choice("dispersion_constant", default: .handbook)
    }

    /// The class that a network of so many classes should give; without `other`, the class of what else the frame shows.
    public func target(_ contents: FrameContents) -> Int { classes == 9 ? contents.classIndex : Int(contents.rawValue & 7) }

    public static let classNames = [
        "none", "pulse", "narrow_band", "pulse+narrow_band", "broad_band", "pulse+broad_band", "narrow_band+broad_band",
        "pulse+narrow_band+broad_band", "other",
    ]

    /// Whether the class holds a pulse.
    public static func hasPulse(_ index: Int) -> Bool { index < 8 && index & 1 == 1 }

    /// Throws `ClassifierError` where the axes do not suit the network.
    public func validate() throws {
        func wrong(_ what: String, _ found: Any, _ wanted: String) -> ClassifierError {
            ClassifierError("network \(kind.rawValue): \(what): found \(found), wanted \(wanted)")
        }
        try axes.validate(network: kind.rawValue)
        if kind == .didymos {
            guard axes.channels % FrameFeatures.side == 0, axes.samples % 128 == 0 else {
                throw wrong("frame", "\(axes.channels) channels of \(axes.samples) samples", "channels in multiples of \(FrameFeatures.side) and samples of 128")
            }
        } else {
            guard axes.samples % 128 == 0 || preparation == .published else {
                throw wrong("samples", axes.samples, "a multiple of 128, or model.preparation published")
            }
            for extent in [axes.channels, axes.samples] where extent < 32 || extent % 4 != 0 {
                throw wrong("extent of a frame", extent, "a multiple of 4, at least 32")
            }
        }
    }
}

extension FrameAxes {
    /// Throws `ClassifierError` for axes that no network of frames can be for.
    func validate(network: String) throws {
        func wrong(_ what: String, _ found: Any, _ wanted: String) -> ClassifierError {
            ClassifierError("network \(network): \(what): found \(found), wanted \(wanted)")
        }
        guard (1...1 << 14).contains(channels), (1...1 << 14).contains(samples) else {
            throw wrong("frame", "\(channels) channels of \(samples) samples", "1 to \(1 << 14) of each")
        }
        guard samplingTime > 0, samplingTime.isFinite else { throw wrong("sampling time", "\(samplingTime) s", "more than 0") }
        guard channelBandwidth < 0, firstFrequency.isFinite, firstFrequency + Double(channels) * channelBandwidth > 0 else {
            throw wrong(
                "band", "channel 0 at \(firstFrequency) MHz and \(channelBandwidth) MHz to the next", "falling frequencies above 0, the highest first")
        }
    }
}
