import Batch
import Frames
import Glitches
import Segments

/// The frames that `veto` and `denoise` write.
struct OutputFrames {
    let strain: String

    static func content(_ section: Configuration, default fallback: String) throws -> String {
        let content = try section.string("content", default: fallback)
        guard FrameFileName(observatories: "V", content: content, start: 0, duration: 1) != nil else {
            throw ConfigurationError("'content' is '\(content)', wanted letters, digits and _ + #")
        }
        return content
    }

    private var detector: String { strain.split(separator: ":").first.map(String.init) ?? "V1" }

    func name(_ content: String, start: Int64, seconds: Int) throws -> String {
        guard let name = FrameFileName(observatories: String(detector.prefix(1)), content: content, start: start, duration: Int64(seconds)) else {
            throw GlitchError("inference.strain: found '\(strain)', wanted a name that begins with a detector, such as V1:")
        }
        return "\(name)"
    }

    private func description(_ start: Int64, seconds: Int, comment: String) -> FrameDescription {
        FrameDescription(
            name: detector, start: GPSTime(seconds: start) ?? .epoch, duration: Double(seconds), detectors: detector == "V1" ? [.virgo] : [],
            history: [FrameHistory(name: "didymos", time: UInt32(clamping: start), comment: comment)])
    }

    /// Writes a second's decision and probability.
    func writeVeto(_ path: String, start: Int64, probabilities: [Double], settings: VetoSettings) throws {
        let rate = Double(InferenceGeometry.bins)
        let bits = probabilities.map { $0 >= settings.threshold ? UInt32(1) : 0 }
        let channels = [
            FrameChannel(
                name: settings.channel, source: .processed(.init()), samples: .uint32(bits), rate: rate, comment: "bit 0: 1 is vetoed; P of a glitch at least \(settings.threshold)"),
            FrameChannel(
                name: settings.probabilityChannel, source: .processed(.init()), samples: .float64(probabilities), rate: rate, comment: "probability of a glitch, from witnesses"),
        ]
        try write(path, description(start, seconds: 1, comment: "glitchgen veto"), channels, compression: .raw)
    }

    /// Writes cleaned strain, and by second whether it was cleaned.
    func writeClean(_ path: String, start: Int64, values: [Double], rate: Double, isKnown: [Bool], channel: String, compression: FrameCompression) throws {
        let parts = channel.split(separator: ":", maxSplits: 1).map(String.init)
        let flag = "\(parts.count == 2 ? parts[0] : detector):DQ_CLEAN_DIDYMOS"
        let channels = [
            FrameChannel(
                name: channel, source: .processed(.init()), samples: .float64(values), rate: rate, unit: "strain", comment: "\(strain) less what witnesses explain"),
            FrameChannel(
                name: flag, source: .processed(.init()), samples: .uint32(isKnown.map { $0 ? 1 : 0 }), rate: 1, comment: "bit 0: 1 where every witness was there, else the strain as it was"),
        ]
        try write(path, description(start, seconds: isKnown.count, comment: "glitchgen denoise"), channels, compression: compression)
    }

    private func write(_ path: String, _ description: FrameDescription, _ channels: [FrameChannel], compression: FrameCompression) throws {
        try namingFrames {
            let writer = try FrameFileWriter(path: path, compression: compression)
            try writer.append(Frame(description, channels: channels))
            _ = try writer.close()
        }
    }
}
