import Foundation
import Frames
import Segments
import TestSupport
import Testing

enum FileManagerNames {
    static func of(_ path: String) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
}

@Suite("Damaged files end in a message that says where")
struct DamageTests {
    /// Small files with everything in them.
    static let samples: [[UInt8]] = {
        let channels = everyChannel(count: 40) + [channel("V1:ADC", .int32([1, 2, 3]), .digitised(.init())), channel("V1:SIM", .float64([1]), .simulated)]
        return FrameCompression.allCases.flatMap { compression in
            FrameFileWriter.ByteOrder.allCases.compactMap { try? written([frame(channels), frame(channels, at: 1)], compression: compression, byteOrder: $0) }
        }
    }()

    /// Frames written by others, if there are any.
    static let foreign: [[UInt8]] = ["gw/third_party_written", "gw"].flatMap { folder in
        (TestData.path(folder).map { path in ((try? FileManagerNames.of(path)) ?? []).filter { $0.hasSuffix(".gwf") }.map { "\(path)/\($0)" } } ?? [])
            .compactMap { try? Array(Data(contentsOf: URL(fileURLWithPath: $0))) }.filter { $0.count < 100_000 }
    }

    /// Reads all that there is to read; anything but a FrameError is a defect.
    private func readAll(_ bytes: [UInt8], verifying: Bool) throws -> String? {
        do {
            let file = try FrameFile(bytes: bytes, name: "m.gwf", verifiesChecksums: verifying)
            for index in file.frames.indices.prefix(3) { _ = try file.description(ofFrame: index) }
            for entry in file.channels.prefix(80) {
                for index in file.frames.indices.prefix(3) where entry.isPresent(in: index) { _ = try file.read(entry, frame: index) }
                _ = try file.storage(of: entry)
            }
            _ = try file.check()
            return nil
        } catch let error as FrameError {
            return error.description
        }
    }

    /// Checksums are not verified in most rounds, so that damage gets to the code behind them.
    private func mutate(_ files: [[UInt8]], rounds: Int, seed: UInt64) throws {
        try #require(!files.isEmpty)
        var random = SplitMix(state: seed)
        var refused = 0
        for round in 0..<rounds {
            var bytes = files[round % files.count]
            for _ in 0...Int(random.next() % 4) {
                // Half of the damage goes where most structure is: the last bytes, with the table of contents and the end.
                let span = random.next() % 2 == 0 ? bytes.count : min(bytes.count, 4000)
                let place = bytes.count - 1 - Int(random.next() % UInt64(span))
                switch random.next() % 5 {
                case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
                case 1: bytes[place] ^= 1 << UInt8(random.next() % 8)
                case 2: for index in place..<min(place + 8, bytes.count) { bytes[index] = 0xff }
                case 3: bytes.removeSubrange(place..<min(bytes.count, place + Int(random.next() % 64)))
                default: bytes.insert(contentsOf: [UInt8](repeating: UInt8(truncatingIfNeeded: random.next()), count: Int(random.next() % 16)), at: place)
                }
                if bytes.isEmpty { bytes = [0] }
            }
            if let message = try readAll(bytes, verifying: round % 8 == 0) {
                refused += 1
                #expect(message.hasPrefix("m.gwf"), "\(message)")
            }
        }
        #expect(refused > rounds / 4)
    }

    private static let rounds = ProcessInfo.processInfo.environment["DIDYMOS_LONG_TESTS"] == nil ? 2_500 : 50_000

    @Test("mutated files of our own: never a trap")
    func mutatedOwn() throws { try mutate(Self.samples, rounds: Self.rounds, seed: 1) }

    @Test("mutated files of others: never a trap", .enabled(if: !foreign.isEmpty, "gw/third_party_written not in DIDYMOS_TEST_DATA"))
    func mutatedForeign() throws { try mutate(Self.foreign, rounds: Self.rounds, seed: 2) }

    @Test("a file cut anywhere is refused")
    func cut() throws {
        let bytes = Self.samples[0]
        for length in stride(from: 0, to: bytes.count, by: 97) + [bytes.count - 1] {
            #expect(throws: FrameError.self) { try FrameFile(bytes: Array(bytes[..<length]), name: "m.gwf") }
        }
    }

    @Test("one flipped bit in the values: its structure is named, and no wrong value comes out")
    func flipped() throws {
        var bytes = try written([frame([channel("V1:A", .int32(Array(repeating: 0x0a0b_0c0d, count: 64)))])], compression: .raw)
        let place = try #require(bytes.indices.dropLast(4).first { Array(bytes[$0..<$0 + 4]) == [0x0d, 0x0c, 0x0b, 0x0a] })
        bytes[place + 100] ^= 4
        let file = try FrameFile(bytes: bytes, name: "m.gwf")
        let error = #expect(throws: FrameError.self) { try file.read("V1:A") }
        #expect(error?.structure == "FrVect" && error?.field == "chkSum")
        #expect(error?.description.hasPrefix("m.gwf, byte \(error?.offset ?? 0), FrVect.chkSum: found 0x") == true)
        #expect(try file.check().problems.map(\.field) == ["chkSum", "chkSumFile"])
    }

    @Test("a count of values that no compression could hold asks for no memory")
    func claimed() throws {
        for compression in [FrameCompression.gzip, .zeroSuppress, .differenceGzip] {
            var bytes = try written([frame([channel("V1:A", .int32([Int32](repeating: 7, count: 1000)))])], compression: compression)
            // nData and nx.
            for place in 0..<bytes.count - 8 where Array(bytes[place..<place + 8]) == [0xe8, 3, 0, 0, 0, 0, 0, 0] { bytes[place + 5] = 0x7f }
            let file = try FrameFile(bytes: bytes, name: "m.gwf", verifiesChecksums: false)
            let error = #expect(throws: FrameError.self) { try file.read("V1:A") }
            #expect(error?.field == "nData")
        }
    }

    @Test("what is no frame file, or another version, is told apart")
    func versions() throws {
        func message(_ bytes: [UInt8]) -> String {
            do { _ = try FrameFile(bytes: bytes, name: "m.gwf"); return "" } catch { return "\(error)" }
        }
        var bytes = Self.samples[0]
        #expect(message([]).contains("empty or cut short"))
        #expect(message(Array("\u{89}HDF\r\n\u{1a}\n".utf8) + [UInt8](repeating: 0, count: 100)).contains("not a frame file"))
        bytes[5] = 6
        #expect(message(bytes).contains("file header.version: found 6, wanted 8"))
    }
}
