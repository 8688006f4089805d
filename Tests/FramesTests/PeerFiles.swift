import Foundation
import Frames
import TestSupport

/// Values beside a frame file, for the other side to compare: `NAME DTYPE FILE` a line, values raw and little-endian.
enum PeerFiles {
    static let dtypes: [SampleType: String] = [
        .int8: "i1", .uint8: "u1", .int16: "<i2", .uint16: "<u2", .int32: "<i4", .uint32: "<u4", .int64: "<i8", .uint64: "<u8", .float32: "<f4",
        .float64: "<f8", .complex64: "<c8", .complex128: "<c16",
    ]

    static func writeTruth(_ channels: [FrameChannel], to directory: String) throws {
        var manifest = ""
        for (index, channel) in channels.enumerated() {
            guard let dtype = dtypes[channel.vector.samples.type] else { continue }
            manifest += "\(channel.name) \(dtype) \(directory)/\(index).bin\n"
            try Data(channel.vector.samples.raw).write(to: URL(fileURLWithPath: "\(directory)/\(index).bin"))
        }
        try manifest.write(toFile: "\(directory)/truth.txt", atomically: true, encoding: .utf8)
    }

    /// Lines of the manifest a peer wrote: file, frame, channel, dtype, values.
    static func truth(_ text: String) throws -> [(file: String, frame: Int, channel: String, dtype: String, values: [UInt8])] {
        try text.split(whereSeparator: \.isNewline).map { line in
            let words = line.split(separator: " ").map(String.init)
            guard words.count == 5, let frame = Int(words[1]) else { throw ProcessError(description: "a line of a peer: \(line)") }
            // numpy writes |i1 for a type without byte order.
            return (words[0], frame, words[2], words[3].replacingOccurrences(of: "|", with: ""), Array(try Data(contentsOf: URL(fileURLWithPath: words[4]))))
        }
    }

    /// Reads what the peer wrote and returns the channels that differ.
    static func differences(_ text: String) throws -> [String] {
        try truth(text).compactMap { row in
            let channel = try FrameFile(path: row.file).read(row.channel, frame: row.frame)
            let same = dtypes[channel.vector.samples.type] == row.dtype && channel.vector.samples.raw == row.values
            return same ? nil : "\(row.file) \(row.frame) \(row.channel): \(channel.vector.samples.type), wanted \(row.dtype)"
        }
    }
}
