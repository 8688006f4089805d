import Foundation
import Frames
import Glitches
import Segments
import TestSupport
import Testing

import GlitchInference

@Suite("Following a directory of frames")
struct FollowTests {
    static func frame(_ second: Int64, value: Double = 1) throws -> Frame {
        let start = try #require(GPSTime(seconds: second))
        return Frame(
            FrameDescription(name: "V1", start: start, duration: 1),
            channels: ["V1:H", "V1:A"].map {
                FrameChannel(name: $0, source: .processed(.init()), samples: .float64((0..<64).map { value + Double($0) }), rate: 64)
            })
    }

    static func write(_ second: Int64, into directory: TemporaryDirectory, value: Double = 1) throws {
        let writer = try FrameFileWriter(path: directory.path("V-T-\(second)-1.gwf"), compression: .raw)
        try writer.append(frame(second, value: value))
        _ = try writer.close()
    }

    private static func words(_ events: [FrameFollower.Event]) -> [String] {
        events.map { event in
            switch event {
            case .frame(let frame): "\(frame.second)"
            case .problem(let problem, let second, _): "\(problem.rawValue) \(second)"
            }
        }
    }

    private func follower(_ directory: TemporaryDirectory, start: Int64? = nil) -> FrameFollower {
        FrameFollower(directory: directory.path, channels: [("V1:H", 64), ("V1:A", 64)], patience: 1, start: start)
    }

    @Test("frames come in the order of their times, each once")
    func order() throws {
        let directory = try TemporaryDirectory()
        let follower = follower(directory)
        #expect(try Self.words(follower.poll(now: 0)) == [])
        try Self.write(101, into: directory)
        try Self.write(100, into: directory, value: 5)
        try "other".write(toFile: directory.path("notes.txt"), atomically: true, encoding: .utf8)
        let events = try follower.poll(now: 0.1)
        #expect(Self.words(events) == ["100", "101"])
        if case .frame(let frame)? = events.first { #expect(frame.series[0].prefix(2) == [5, 6] && frame.series.count == 2) }
        #expect(try Self.words(follower.poll(now: 0.2)) == [] && follower.next == 102)
    }

    @Test("a missing frame is waited for, then reported, and the next follows; it comes late: reported, left out")
    func missing() throws {
        let directory = try TemporaryDirectory()
        let follower = follower(directory)
        try Self.write(100, into: directory)
        #expect(try Self.words(follower.poll(now: 0)) == ["100"])
        try Self.write(102, into: directory)
        #expect(try Self.words(follower.poll(now: 1)) == [] && Self.words(follower.poll(now: 1.9)) == [])
        #expect(try Self.words(follower.poll(now: 2.1)) == ["missing 101", "102"])
        try Self.write(101, into: directory)
        #expect(try Self.words(follower.poll(now: 3)) == ["late 101"] && Self.words(follower.poll(now: 4)) == [])
        // Within its time a frame that comes after its successor is not late.
        try Self.write(104, into: directory)
        #expect(try Self.words(follower.poll(now: 5)) == [])
        try Self.write(103, into: directory)
        #expect(try Self.words(follower.poll(now: 5.5)) == ["103", "104"])
    }

    @Test("a torn frame that is completed is taken; one that stays torn, a damaged and a foreign one are reported, and the stream goes on")
    func damaged() throws {
        let directory = try TemporaryDirectory()
        let other = try TemporaryDirectory()
        try Self.write(100, into: other)
        let whole = try Data(contentsOf: URL(fileURLWithPath: other.path("V-T-100-1.gwf")))
        let place = URL(fileURLWithPath: directory.path("V-T-100-1.gwf"))
        let follower = follower(directory)
        try whole.prefix(whole.count / 2).write(to: place)
        #expect(try Self.words(follower.poll(now: 0)) == [])
        try whole.write(to: place)
        #expect(try Self.words(follower.poll(now: 0.3)) == ["100"])

        try whole.prefix(whole.count - 7).write(to: URL(fileURLWithPath: directory.path("V-T-101-1.gwf")))
        var flipped = whole
        flipped[whole.count / 2] ^= 0x10
        try flipped.write(to: URL(fileURLWithPath: directory.path("V-T-102-1.gwf")))
        // A whole frame of another second than its name says; an empty file; one without the channels.
        try whole.write(to: URL(fileURLWithPath: directory.path("V-T-103-1.gwf")))
        try Data().write(to: URL(fileURLWithPath: directory.path("V-T-104-1.gwf")))
        try Self.write(105, into: directory, value: .nan)
        try Self.write(106, into: directory)
        var seen: [String] = []
        for step in 0..<20 { seen += Self.words(try follower.poll(now: 1 + 0.6 * Double(step))) }
        #expect(seen == ["damaged 101", "damaged 102", "damaged 103", "damaged 104", "damaged 105", "106"], "\(seen)")
    }

    @Test("what was there before the start is no late frame")
    func restart() throws {
        let directory = try TemporaryDirectory()
        for second in 100..<105 { try Self.write(Int64(second), into: directory) }
        #expect(try Self.words(follower(directory, start: 103).poll(now: 0)) == ["103", "104"])
    }
}
