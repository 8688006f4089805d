import ArgumentParser
import Batch
import Frames
import Glibc
import Segments

extension FrameCompression: ExpressibleByArgument {}
extension FrameFileWriter.ByteOrder: ExpressibleByArgument {}

extension GPSTime: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}

struct CopyFrames: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy", abstract: "Copy chosen channels and times of frame files into one file, recompressed.",
        discussion: """
            Frames keep their order in time, their detectors and their history, and one line of history is added. A frame that --from or --to
            cuts becomes shorter. What hangs on a channel beside its values (auxiliary vectors, tables) is named and left out. The output
            appears under its name when it is complete and on the disk; otherwise nothing is left.

              glitchgen frames copy raw.gwf --channel 'V1:ENV_*' --channel V1:Hrec_hoft_16384Hz --output small.gwf
              glitchgen frames copy H-H1_LOSC_4_V2-1126259446-32.hdf5 --output strain.gwf
              glitchgen frames copy O3.ffl --from 1266624018.5 --to 1266624020 --compression gzip --output cut.gwf
            """)
    @Argument(help: "Frame files, lists of them (.ffl), or one strain file of GWOSC (.hdf5).") var files: [String]
    @Option(name: .shortAndLong, help: "The file to write.") var output: String
    @Option(name: .customLong("channel"), help: "Channels by name, with * and ?. May be repeated; default: all.") var channels: [String] = []
    @Option(help: "First GPS second, to the nanosecond.") var from: GPSTime?
    @Option(help: "GPS second to stop before.") var to: GPSTime?
    @Option(help: "How values are stored.") var compression: FrameCompression = .zeroSuppressOrGzip
    @Option(help: "Byte order of the output.") var byteOrder: FrameFileWriter.ByteOrder = .little

    func validate() throws {
        if let from, let to, to <= from { throw ValidationError("--from \(from) is not before --to \(to)") }
    }

    func run() throws {
        try reporting("frames copy") {
            var copy = FrameCopy()
            copy.channels = channels.map(ChannelPattern.init)
            (copy.start, copy.end, copy.compression, copy.byteOrder) = (from, to, compression, byteOrder)
            // GPS - UTC is 18 s since 2017.
            let now = UInt32(clamping: time(nil) - 315_964_800 + 18)
            copy.history = FrameHistory(name: "glitchgen", time: now, comment: "frames copy, didymos \(Provenance.version)")
            if files.count == 1, OpenData.isOne(files[0]), let history = copy.history {
                return try OpenData.copy(files[0], to: output, from: from, to: to, compression: compression, byteOrder: byteOrder, history: history)
            }
            var inputs = try frameFiles(files)
            if from != nil || to != nil, files.contains(where: { $0.hasSuffix(".ffl") || $0.hasSuffix(".lcf") }) {
                // A list's times say which files matter; the others are not opened.
                inputs = try files.flatMap { $0.hasSuffix(".ffl") || $0.hasSuffix(".lcf") ? try FrameFileList(path: $0).files(from: from, to: to).map(\.path) : [$0] }
            }
            let summary = try copy.run(inputs, to: output)
            for left in summary.left { complain("glitchgen frames copy: not carried over: \(left)") }
            print("wrote \(output): \(count(summary.frames, "frame")), \(Format.bytes(Double(summary.bytes)))")
        }
    }
}
