import ArgumentParser
import Batch
import Frames

struct ShowFrames: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "One frame's description, or one channel: what describes it, statistics, values.")
    @Argument(help: "A frame file, or a strain file of GWOSC (.hdf5).") var file: String
    @Argument(help: "A channel's whole name; without one, the frame itself.") var channel: String?
    @Option(help: "Which frame of the file, from 0.") var frame = 0
    @Option(help: "How many values to print.") var values = 8

    func validate() throws {
        if values < 0 || frame < 0 { throw ValidationError("--frame and --values are 0 or more") }
    }

    func run() throws {
        try reporting("frames show") {
            if OpenData.isOne(self.file) { return try OpenData.show(self.file, values: values) }
            let file = try FrameFile(path: file)
            if let channel { try show(channel, in: file) } else { try showFrame(of: file) }
        }
    }

    private func line(_ name: String, _ value: String) { print(pad(name, 14) + oneLine(value)) }

    private func showFrame(of file: FrameFile) throws {
        let text = try file.description(ofFrame: frame)
        line("frame", "\(frame) of \(file.frames.count), number \(text.number) of run \(text.run)")
        line("experiment", text.name)
        line("start", "GPS \(text.start), \(text.duration) s")
        line("TAI - UTC", "\(text.leapSeconds) s")
        line("data quality", "\(text.dataQuality)")
        for detector in text.detectors {
            line(
                "detector", "\(detector.name) (\(detector.prefix)), longitude \(detector.longitude), latitude \(detector.latitude), "
                    + "elevation \(detector.elevation) m, arms at \(detector.armXAzimuth) and \(detector.armYAzimuth) rad")
        }
        for entry in text.history { line("history", "\(entry.name), GPS \(entry.time): \(entry.comment)") }
        for kind in FrameChannel.Kind.allCases {
            let number = file.channels.count { $0.kind == kind && $0.isPresent(in: frame) }
            if number > 0 { line(kind.rawValue, count(number, "channel")) }
        }
    }

    private func show(_ name: String, in file: FrameFile) throws {
        let channel = try file.read(name, frame: frame)
        line("channel", channel.name)
        line("structure", channel.source.kind.rawValue)
        if !channel.comment.isEmpty { line("comment", channel.comment) }
        switch channel.source {
        case .digitised(let adc):
            line("converter", "group \(adc.group), number \(adc.number), \(adc.bits) bits, \(adc.bias) + \(adc.slope) x counts \(adc.units)")
            line("valid", adc.invalid == 0 ? "yes" : "no: dataValid is \(adc.invalid)")
        case .processed(let processing):
            line("type", "\(processing.type), subtype \(processing.subtype)")
            for parameter in processing.parameters { line("parameter", "\(parameter.name) = \(parameter.value)") }
        case .simulated: break
        }
        line("offset", "\(channel.timeOffset) s from the frame's start")
        for dimension in channel.vector.dimensions {
            line("axis", "\(dimension.count) from \(dimension.start) in steps of \(dimension.spacing) \(dimension.unit)")
        }
        let samples = channel.vector.samples
        line("values", "\(samples.count) \(samples.type) \(channel.vector.unit)")
        if !channel.unread.isEmpty { line("not read", channel.unread.joined(separator: ", ")) }
        switch samples {
        case .complex64(let list): list.prefix(values).forEach { print("  \($0.x) \($0.y)") }
        case .complex128(let list): list.prefix(values).forEach { print("  \($0.x) \($0.y)") }
        case .text(let list): list.prefix(values).forEach { print("  \(oneLine($0))") }
        case .int64(let list): list.prefix(values).forEach { print("  \($0)") }
        case .uint64(let list): list.prefix(values).forEach { print("  \($0)") }
        default:
            let numbers = samples.doubles ?? []
            statistics(numbers)
            numbers.prefix(values).forEach { print("  \(samples.type.isInteger ? "\(Int64($0))" : "\($0)")") }
        }
    }

    private func statistics(_ numbers: [Double]) {
        let finite = numbers.filter(\.isFinite)
        guard !finite.isEmpty, let low = finite.min(), let high = finite.max() else { return }
        let mean = finite.reduce(0, +) / Double(finite.count)
        let deviation = (finite.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(finite.count)).squareRoot()
        line("statistics", "min \(Format.general(low)), max \(Format.general(high)), mean \(Format.general(mean)), standard deviation \(Format.general(deviation))")
        if finite.count < numbers.count { line("not finite", "\(numbers.count - finite.count) values") }
    }
}
