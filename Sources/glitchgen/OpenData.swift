import Batch
import Frames
import Glitches
import Segments

/// Strain files in GWOSC's HDF5 layout, where frame files are expected.
enum OpenData {
    static func isOne(_ path: String) -> Bool { path.hasSuffix(".hdf5") || path.hasSuffix(".h5") }

    static func list(_ path: String, channels: Bool) throws {
        let file = try GWOSCFile(path)
        print("\(path): GPS \(file.span.start) to \(file.span.end), GWOSC's HDF5, 1 channel")
        if channels {
            print("  " + [pad("strain/Strain", 10), pad(Format.general(file.rate, digits: 8) + " Hz", 12), file.channel.name].joined(separator: " "))
        }
    }

    static func show(_ path: String, values: Int) throws {
        let file = try GWOSCFile(path)
        print(pad("channel", 14) + file.channel.name)
        print(pad("detector", 14) + file.detector)
        print(pad("start", 14) + "GPS \(file.start), \(Format.general(Double(file.count) / file.rate, digits: 10)) s")
        print(pad("values", 14) + "\(file.count) at \(Format.general(file.rate, digits: 8)) Hz")
        if let quality = try file.dataQuality() {
            for (bit, name) in quality.names.enumerated() where bit < 63 {
                print(pad("quality", 14) + "\(name): \(quality.mask.count { $0 >> Int64(bit) & 1 == 1 }) of \(quality.mask.count) s")
            }
        }
        let archive = try ChannelArchive([path])
        for value in try archive.samples(file.channel, from: file.start, count: min(values, file.count)) { print("  \(value)") }
    }

    /// Writes the strain between two times as one frame.
    static func copy(
        _ path: String, to output: String, from: GPSTime?, to: GPSTime?, compression: FrameCompression, byteOrder: FrameFileWriter.ByteOrder, history: FrameHistory
    ) throws {
        let file = try GWOSCFile(path)
        let (start, end) = (max(from ?? file.start, file.start), min(to ?? file.span.end, file.span.end))
        let exact = Double(end.nanoseconds - start.nanoseconds) * 1e-9 * file.rate
        guard exact >= 1 else { throw GlitchError("\(path): found data from \(file.span.start) to \(file.span.end), wanted some in the time asked for") }
        let count = Int(exact.rounded())
        let values = try ChannelArchive([path]).samples(file.channel, from: start, count: count)
        let channel = FrameChannel(name: file.channel.name, source: .processed(.init()), samples: .float64(values), rate: file.rate, unit: "strain")
        let description = FrameDescription(name: file.detector, start: start, duration: Double(count) / file.rate, history: [history])
        let writer = try FrameFileWriter(path: output, compression: compression, byteOrder: byteOrder)
        try writer.append(Frame(description, channels: [channel]))
        let summary = try writer.close()
        print("wrote \(output): \(count == 1 ? "1 value" : "\(count) values"), \(Format.bytes(Double(summary.bytes)))")
    }
}
