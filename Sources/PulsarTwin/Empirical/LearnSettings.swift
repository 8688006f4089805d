import Batch
import Pulsars

/// The section `learn`: which part of a recording, and what counts as interference.
public struct LearnSettings: Sendable {
    /// First sample and most samples of the recording that are learnt from, after averaging.
    public var start = 0
    public var samples = 65536
    /// Channels and samples of the recording that are added up to one.
    public var channelFactor = 1
    public var timeFactor = 1
    /// First channel of the recording, in the order of falling frequency.
    public var firstChannel = 0
    /// Deviations from which on something counts as interference.
    public var threshold = 6.0
    public var cleaning = ChannelCleaning()
    /// Candidates that pulses are drawn like; nil for the ranges of the section `frames`.
    public var candidates: String?
    /// Frames of noise that are compared with the recording.
    public var checkFrames = 16

    public init() {}

    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(_ configuration: Configuration) throws {
        let section = try configuration.section("learn")
        start = try section.int("start", default: start, in: 0...1 << 50)
        samples = try section.int("samples", default: samples, in: 1024...1 << 26)
        channelFactor = try section.int("channel_factor", default: channelFactor, in: 1...65536)
        timeFactor = try section.int("time_factor", default: timeFactor, in: 1...65536)
        firstChannel = try section.int("first_channel", default: firstChannel, in: 0...1 << 22)
        threshold = try section.double("threshold", default: threshold, in: 3...1000)
        let limits = try section.section("cleaning")
        cleaning = ChannelCleaning(
            kurtosis: try limits.double("kurtosis", default: 0.5, in: 0...1e9), correlation: try limits.double("correlation", default: 0.1, in: 0...1e9))
        candidates = section.has("candidates") ? try section.string("candidates") : nil
        checkFrames = try section.int("check_frames", default: checkFrames, in: 1...1024)
    }
}
