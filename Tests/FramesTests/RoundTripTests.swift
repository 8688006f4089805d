import Frames
import Segments
import TestSupport
import Testing

@Suite("What is written is read")
struct RoundTripTests {
    @Test("every type and shape of values, in every compression and byte order", arguments: FrameCompression.allCases, FrameFileWriter.ByteOrder.allCases)
    func everything(compression: FrameCompression, byteOrder: FrameFileWriter.ByteOrder) throws {
        let frame = frame(everyChannel())
        let file = try FrameFile(bytes: written([frame], compression: compression, byteOrder: byteOrder), name: "x.gwf")
        #expect(file.isLittleEndian == (byteOrder == .little))
        #expect(try file.description(ofFrame: 0) == frame.description)
        for wanted in frame.channels { #expect(try file.read(wanted.name) == wanted) }
        #expect(try file.check().problems.isEmpty)
    }

    @Test("counts around the blocks of zero suppression", arguments: Array(0...17) + [24, 25, 1000])
    func counts(count: Int) throws {
        let frame = frame(everyChannel(count: count).map { channel in
            var channel = channel
            channel.vector.dimensions[0].spacing = 0.001
            return channel
        })
        let file = try FrameFile(bytes: written([frame], compression: .zeroSuppress), name: "x.gwf")
        for wanted in frame.channels { #expect(try file.read(wanted.name).vector.samples == wanted.vector.samples, "\(wanted.name)") }
    }

    @Test("each compression is on the disk as its number says")
    func storage() throws {
        let walk = channel("V1:W", Shape.walk.samples(.int32, 4096))
        let sizes = try FrameCompression.allCases.map { compression in
            let file = try FrameFile(bytes: written([frame([walk])], compression: compression), name: "x.gwf")
            return try file.storage(of: file.channels[0])
        }
        #expect(sizes.map(\.compression) == ["raw", "gzip", "diff-gzip", "zero-suppress", "zero-suppress", "zero-suppress"])
        // A random walk of steps to 7: 5 bits a value and 5 bits a block of 8, against 32 bits.
        #expect(sizes[0].bytes == 4 * 4096)
        #expect(sizes[3].bytes < 4096 * 6 / 8)
        #expect(sizes.allSatisfy { $0.type == .int32 && $0.count == 4096 && $0.rate == 4096 && $0.unit == "m" })
    }

    @Test("digitised, processed and simulated channels keep what describes them")
    func kinds() throws {
        let samples = Shape.walk.samples(.int32, 100)
        var digitised = channel(
            "V1:A", samples, .digitised(.init(group: 3, number: 4, bits: 24, bias: 0.5, slope: 0.25, units: "V", invalid: 2)))
        digitised.timeOffset = 0.125
        digitised.frequencyShift = 60
        digitised.phase = 0.5
        let simulated = channel("V1:S", Shape.walk.samples(.float64, 100), .simulated)
        let processed = channel(
            "V1:P", Shape.walk.samples(.complex128, 10),
            .processed(.init(type: 2, subtype: 1, timeRange: 4, frequencyRange: 100, bandwidth: 0.25, parameters: [.init(name: "q", value: 12)])))
        let channels = [digitised, processed, simulated]
        let file = try FrameFile(bytes: written([frame(channels)]), name: "x.gwf")
        for wanted in channels { #expect(try file.read(wanted.name) == wanted) }
        #expect(file.channels.map(\.kind) == [.digitised, .processed, .simulated])
        let counts = try #require(samples.doubles)
        #expect(try file.read("V1:A").physicalValues == counts.map { 0.5 + 0.25 * $0 })
        #expect(try !file.read("V1:P").isTimeSeries)
    }

    @Test("an array of several dimensions")
    func dimensions() throws {
        var image = channel("V1:I", Shape.wild.samples(.float32, 6))
        image.sampleRate = 1
        image.vector.dimensions = [.init(count: 2, spacing: 1, start: 4, unit: "Hz"), .init(count: 3, spacing: 0.5, start: 0, unit: "s")]
        let file = try FrameFile(bytes: written([frame([image])]), name: "x.gwf")
        #expect(try file.read("V1:I") == image)
        image.vector.dimensions[0].count = 3
        #expect(throws: FrameError.self) { try written([frame([image])]) }
    }

    @Test("many frames, and channels that some frames lack")
    func frames() throws {
        let frames = (0..<5).map { index in
            frame([channel("V1:A", .int32([Int32(index)])), index % 2 == 0 ? channel("V1:B", .float32([Float(index)])) : channel("V1:C", .int16([1, 2]))], at: index)
        }
        let file = try FrameFile(bytes: written(frames), name: "x.gwf")
        #expect(file.frames.count == 5)
        for (index, frame) in frames.enumerated() {
            #expect(try file.description(ofFrame: index) == frame.description)
            #expect(file.frames[index].start == frame.description.start)
            for wanted in frame.channels { #expect(try file.read(wanted.name, frame: index) == wanted) }
            #expect(throws: FrameError.self) { try file.read(index % 2 == 0 ? "V1:C" : "V1:B", frame: index) }
        }
        #expect(try file.check().problems.isEmpty)
    }

    @Test("a series over frames is joined, cut to the nanosecond, and refused where there is a gap")
    func series() throws {
        let frames = [0, 1, 2, 4].map { index in frame([channel("V1:A", .int32((0..<8).map { Int32(8 * index + $0) }))], at: index) }
        let file = try FrameFile(bytes: written(frames), name: "x.gwf")
        let end = someTime.advanced(byNanoseconds: 3_000_000_000)
        let whole = try file.series("V1:A", to: end)
        #expect(whole.start == someTime && whole.rate == 8 && whole.samples == .int32(Array(0..<24)))
        let part = try file.series("V1:A", from: someTime.advanced(byNanoseconds: 375_000_000), to: someTime.advanced(byNanoseconds: 1_250_000_001))
        #expect(part.start == someTime.advanced(byNanoseconds: 375_000_000) && part.samples == .int32(Array(3...10)))
        let error = #expect(throws: FrameError.self) { try file.series("V1:A") }
        #expect(error?.description.contains("a gap of \"V1:A\" from 1266624021.125 to 1266624022.125") == true)
    }

    @Test("two channels of one name in a frame, and strings that do not fit, are refused; nothing is left on the disk")
    func refused() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("x.gwf")
        let one = channel("V1:A", .int32([1]))
        #expect(throws: FrameError.self) { try write([frame([one, one])], to: path) }
        #expect(throws: FrameError.self) { try write([frame([channel(String(repeating: "x", count: 70_000), .int32([1]))])], to: path) }
        #expect(try FileManagerNames.of(directory.path).isEmpty)
    }
}
