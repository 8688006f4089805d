import ArgumentParser
import Batch
import Frames

struct ListFrames: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "What frame files hold: times, and with --channels every channel.",
        discussion: """
            One line a file: first and last GPS second, frames, channels, who wrote it. --channels adds a line for each channel: structure,
            samples a second, type, how it is compressed and to which part of its size, unit, name. Values are not decoded.
            """)
    @Argument(help: "Frame files, lists of them (.ffl), or strain files of GWOSC (.hdf5).") var files: [String]
    @Flag(name: .shortAndLong, help: "A line for each channel, too.") var channels = false
    @Option(name: .customLong("match"), help: "With --channels: only names like this, e.g. 'V1:LSC_*'.") var pattern = "*"

    func run() throws {
        try reporting("frames list") {
            for path in try frameFiles(files) {
                if OpenData.isOne(path) {
                    try OpenData.list(path, channels: channels)
                    continue
                }
                let file = try FrameFile(path: path)
                let times = file.frames.map(\.start).min().map { "\($0)" } ?? "-"
                let end = file.frames.map(\.end).max().map { "\($0)" } ?? "-"
                print(
                    "\(path): GPS \(times) to \(end), \(count(file.frames.count, "frame")), \(count(file.channels.count, "channel")), "
                        + "\(Format.bytes(Double(file.byteCount))), \(file.writer), \(file.isLittleEndian ? "little" : "big")-endian"
                        + (file.isIndexed ? "" : ", no table of contents"))
                guard channels else { continue }
                let chosen = ChannelPattern(pattern)
                for entry in file.channels where chosen.matches(entry.name) {
                    let storage = try file.storage(of: entry)
                    let part = storage.count == 0 || storage.type.size == 0 ? 1 : Double(storage.bytes) / Double(storage.count * storage.type.size)
                    let columns = [
                        pad(entry.kind.rawValue, 10), pad(Format.general(storage.rate, digits: 8) + " Hz", 12), pad(storage.type.description, 10),
                        pad("\(storage.compression) \(Format.fixed(part, decimals: 2))", 18), pad(storage.unit.isEmpty ? "-" : oneLine(storage.unit), 8), entry.name,
                    ]
                    print("  " + columns.joined(separator: " "))
                }
            }
        }
    }
}

func count(_ number: Int, _ what: String) -> String { "\(number) \(what)\(number == 1 ? "" : "s")" }
func pad(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }
/// Text of a file without line breaks and control characters.
func oneLine(_ text: String) -> String { String(text.map { $0.isNewline || ($0.asciiValue ?? 32) < 32 ? " " : $0 }) }
