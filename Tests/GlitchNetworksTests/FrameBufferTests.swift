import Foundation
import Frames
import GlitchNetworks
import Glitches
import Segments
import TestSupport
import Testing

@Suite("a buffer of frames") struct FrameBufferTests {
    private func frame(_ directory: TemporaryDirectory, _ start: Int64) throws -> String {
        let path = directory.path("V-TEST-\(start)-1.gwf")
        let channel = FrameChannel(
            name: "V1:X", source: .processed(.init()), samples: .float64((0..<512).map { Double($0 * 7919 % 1000) }), rate: 512, unit: "1")
        let writer = try FrameFileWriter(path: path, compression: .raw)
        try writer.append(Frame(FrameDescription(name: "V1", start: GPSTime(seconds: start) ?? .epoch, duration: 1), channels: [channel]))
        _ = try writer.close()
        return path
    }

    @Test("takes whole frames, gives up the oldest, lists what it holds") func ring() throws {
        let directory = try TemporaryDirectory()
        let files = try (0..<5).map { try frame(directory, 1_000_000_000 + Int64($0)) }
        let bytes = try #require(try FileManager.default.attributesOfItem(atPath: files[0])[.size] as? Int)
        let path = directory.path("buffer")
        let buffer = try FrameBuffer(path, creates: true)
        let first = try buffer.add(Array(files[..<3]), limit: 3 * bytes + 100)
        #expect(first.added.count == 3 && first.removed.isEmpty)
        let second = try buffer.add([files[2], files[3], files[4]])
        #expect(second.known.count == 1 && second.added.count == 2 && second.removed == ["V-TEST-1000000000-1.gwf", "V-TEST-1000000001-1.gwf"])
        #expect(try buffer.entries().map(\.start.seconds) == [1_000_000_002, 1_000_000_003, 1_000_000_004])
        #expect(try FrameFileList(path: "\(path)/frames.ffl").entries.count == 3)
        #expect(try ChannelArchive(["\(path)/frames.ffl"]).channels.map(\.name) == ["V1:X"])

        try "no frame".write(toFile: directory.path("V-TEST-1000000009-1.gwf"), atomically: true, encoding: .utf8)
        let torn = try buffer.add([directory.path("V-TEST-1000000009-1.gwf"), directory.path("name.gwf")])
        #expect(torn.refused.count == 2 && torn.added.isEmpty)
        #expect(throws: GlitchError.self) { try buffer.add([files[0]], limit: 10) }
    }

    @Test("frozen, it stays as it is; what a dead writer left is removed") func states() throws {
        let directory = try TemporaryDirectory()
        let files = try (0..<2).map { try frame(directory, 1_000_000_000 + Int64($0)) }
        let path = directory.path("buffer")
        let buffer = try FrameBuffer(path, creates: true)
        _ = try buffer.add([files[0]])
        try buffer.set(.frozen)
        #expect(try buffer.state() == .frozen)
        #expect(throws: BufferFrozen.self) { try buffer.add([files[1]]) }
        #expect(try buffer.entries().count == 1)
        try "half".write(toFile: "\(path)/.incoming-V-TEST-1000000007-1.gwf", atomically: true, encoding: .utf8)
        #expect(try buffer.entries().count == 1)
        try buffer.set(.operational)
        _ = try buffer.add([files[1]])
        #expect(!FileManager.default.fileExists(atPath: "\(path)/.incoming-V-TEST-1000000007-1.gwf"))
        #expect(try buffer.entries().count == 2)
        try "state: melting\n".write(toFile: "\(path)/state", atomically: true, encoding: .utf8)
        #expect(throws: GlitchError.self) { try buffer.state() }
        #expect(throws: GlitchError.self) { try FrameBuffer(directory.path("nowhere"), creates: false) }
    }
}
