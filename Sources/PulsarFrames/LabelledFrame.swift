/// The signals that a frame shows. Eight classes come of the first three; whatever else is seen is `other`.
public struct FrameContents: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// A dispersed pulse.
    public static let pulse = FrameContents(rawValue: 1)
    /// Narrow-band interference.
    public static let narrowBand = FrameContents(rawValue: 2)
    /// Broad-band interference: undispersed impulses.
    public static let broadBand = FrameContents(rawValue: 4)
    /// Something that is none of these: a dropped block, saturation, a swept carrier.
    public static let other = FrameContents(rawValue: 8)

    /// 0 none, 1 pulse, 2 narrow-band, 3 pulse and narrow-band, 4 broad-band, 5, 6, 7 their mixtures; 8 `other`.
    public var classIndex: Int { contains(.other) ? 8 : Int(rawValue & 7) }
}

/// What is true of a frame, known because it was simulated.
public struct FrameTruth: Hashable, Sendable {
    public var contents: FrameContents
    /// Signal-to-noise ratio of the pulse, by the radiometer equation with the noise of the frame's own system, interference apart; 0 without a pulse.
    public var signalToNoise: Double
    /// Dispersion measure of the pulse, pc cm^-3; 0 without one.
    public var dispersionMeasure: Double
    /// Width of the pulse at half its height after scattering, s; 0 without one.
    public var width: Double
    /// Arrival of the pulse at the highest frequency, s after the frame's first sample; may lie before the frame. 0 without one.
    public var arrival: Double

    public init(
        contents: FrameContents = [], signalToNoise: Double = 0, dispersionMeasure: Double = 0, width: Double = 0, arrival: Double = 0
    ) {
        self.contents = contents
        self.signalToNoise = signalToNoise
        self.dispersionMeasure = dispersionMeasure
        self.width = width
        self.arrival = arrival
    }
}

/// The axes of frames: their size, and the band and times that they cover.
public struct FrameAxes: Hashable, Sendable {
    public var channels: Int
    public var samples: Int
    /// Frequency of the middle of channel 0, MHz; the highest, as `channelBandwidth` is negative.
    public var firstFrequency: Double
    /// Step from a channel to the next, MHz.
    public var channelBandwidth: Double
    /// Time between samples, s.
    public var samplingTime: Double

    public init(channels: Int, samples: Int, firstFrequency: Double, channelBandwidth: Double, samplingTime: Double) {
        self.channels = channels
        self.samples = samples
        self.firstFrequency = firstFrequency
        self.channelBandwidth = channelBandwidth
        self.samplingTime = samplingTime
    }
}

/// Frames made on the fly. Frame `index` is the same whichever rank asks for it, and however often.
public protocol LabelledFrameSource: Sendable {
    var axes: FrameAxes { get }

    /// Writes frame `index` as `[channel][sample]`, channel 0 the highest frequency, in the levels of the telescope's digitiser, and says what is true of it.
    ///
    /// *Not collective.* `values` holds `axes.channels * axes.samples` floats.
    func write(frame index: UInt64, into values: UnsafeMutableBufferPointer<Float>) -> FrameTruth
}
