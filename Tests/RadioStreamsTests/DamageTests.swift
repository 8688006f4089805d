import Foundation
import RadioStreams
import Testing
import TestSupport

@Suite(.serialized) struct DamageTests {
    private func bytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }

    @Test func messagesSayFileKeywordOffsetFoundAndWanted() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("a.fil")
        try Recordings.write(path, .sigproc, Recordings.header(bits: 8), count: 3)
        var damaged = try bytes(path)
        let at = try #require(damaged.firstRange(of: Array("nbits".utf8))).upperBound
        damaged[at] = 7
        try Data(damaged).write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: StreamError.self) { _ = try RecordedStream.open(path) }
        #expect(error?.description == "\(path): bits: found 7, wanted one of 1, 2, 4, 8, 16, 32")
        #expect(error?.exitCode == 65)

        let nifs = try #require(damaged.firstRange(of: Array("nifs".utf8))).upperBound
        damaged[at] = 8
        damaged[nifs] = 200
        let second = #expect(throws: StreamError.self) { _ = try RecordedStream.open(bytes: damaged, name: "b") }
        #expect(second?.description == "b: keyword nifs at byte \(nifs - 8): found 200, wanted 1 to 4")
        let third = #expect(throws: StreamError.self) { _ = try RecordedStream.open(directory.path("none")) }
        #expect(third?.exitCode == 74)
    }

    @Test func aStreamThatEndsInsideASampleIsUsedUntilThere() throws {
        let directory = try TemporaryDirectory()
        let header = Recordings.header(bits: 8)
        for format in [StreamFormat.sigproc, .psrdada] {
            let path = directory.path("\(format)")
            let values = try Recordings.write(path, format, header, count: 100)
            let cut = try bytes(path).dropLast(10 * 16 + 5)
            let reader = try RecordedStream.open(bytes: Array(cut), name: "cut")
            #expect(try reader.read(100) == Array(values[..<(89 * 16)]))
            var more = [Float](repeating: 0, count: 16)
            #expect(try reader.read(1, into: &more) == 0)
            #expect(reader.incidents.map(\.kind) == [.ends])
            #expect(reader.incidents.first?.sample == 89)
        }
    }

    @Test func aTableThatEndsInsideARowIsUsedUntilThere() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("a.sf")
        let values = try Recordings.write(path, .psrfits, Recordings.header(bits: 8, channels: 256), count: 4096 * 3)
        // 2 rows and a half, wherever the header and the padding end.
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        try handle.truncate(atOffset: UInt64(try bytes(path).count - 1_400_000))
        try handle.close()
        let reader = try RecordedStream.open(path)
        #expect(try reader.read(4096 * 3) == Array(values[..<(4096 * 256)]))
        #expect(reader.incidents.map(\.kind) == [.ends])
    }

    @Test func aTableThatSkipsIsReportedWithTheTimeThatIsMissing() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("a.sf")
        let values = try Recordings.write(path, .psrfits, Recordings.header(bits: 8, channels: 256), count: 4096 * 3)
        let row = 4096 * 102.4e-6
        var damaged = try bytes(path)
        let pattern = { (x: Double) in (0..<8).map { UInt8(truncatingIfNeeded: x.bitPattern >> UInt64(56 - 8 * $0)) } }
        let at = try #require(damaged.firstRange(of: pattern(2.5 * row)))
        damaged.replaceSubrange(at, with: pattern(4.5 * row))
        try Data(damaged).write(to: URL(fileURLWithPath: path))
        let reader = try RecordedStream.open(path)
        #expect(try reader.read(4096 * 3) == values)
        #expect(reader.incidents.map(\.kind) == [.skips])
        #expect(reader.incidents.first?.sample == 8192)
        #expect(abs((reader.incidents.first?.missingSeconds ?? 0) - 2 * row) < 1e-9)
    }

    @Test func aGrowingFileIsFollowedAndGivenUpAfterThePatience() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("a.fil")
        let header = Recordings.header(bits: 8)
        let values = try Recordings.write(path, .sigproc, header, count: 100)
        let whole = try bytes(path)
        try Data(whole.dropLast(50 * 16 + 3)).write(to: URL(fileURLWithPath: path))
        try Data(whole.suffix(50 * 16 + 3)).write(to: URL(fileURLWithPath: directory.path("rest")))
        let writing = try ChildProcess(["bash", "-c", "sleep 0.2; cat '\(directory.path("rest"))' >> '\(path)'"])
        let reader = try RecordedStream.open(path, patience: 5)
        var found = [Float](repeating: 0, count: 200 * 16)
        #expect(try reader.read(200, into: &found) == 100)
        #expect(Array(found[..<(100 * 16)]) == values)
        #expect(reader.incidents.map(\.kind) == [.stalls])
        #expect(writing.wait(timeout: 10).status == 0)
    }

    @Test func manyDamagedStreamsNeverCrashHangOrTakeMemory() throws {
        // Three fifths SIGPROC, two fifths PSRDADA: with DIDYMOS_LONG_TESTS at least 100,000 of each.
        let rounds = ProcessInfo.processInfo.environment["DIDYMOS_LONG_TESTS"] == nil ? 5000 : 250_000
        let directory = try TemporaryDirectory()
        var table = Recordings.header(bits: 4, channels: 32)
        table.frequencies[3] += 0.125
        var seeds: [[UInt8]] = []
        for (format, header) in [
            (StreamFormat.sigproc, Recordings.header(bits: 2, isSigned: true)), (.sigproc, table), (.sigproc, Recordings.header(bits: 32)),
            (.psrdada, Recordings.header(bits: 8, polarisation: .stokes)), (.psrdada, Recordings.header(bits: 16)),
        ] {
            let path = directory.path("seed")
            try Recordings.write(path, format, header, count: 40)
            seeds.append(try bytes(path))
        }
        var random = SplitMix(state: 2026)
        var (refused, damagedEnds) = (0, 0)
        for round in 0..<rounds {
            let damaged = Self.damage(seeds[round % seeds.count], &random)
            do {
                let reader = try RecordedStream.open(bytes: damaged, name: "damaged")
                let count = try reader.read(64).count
                #expect(count * reader.header.bits <= damaged.count * 8)
                // One more, so that a torn end is met.
                var row = [Float](repeating: 0, count: 64 * reader.header.rowCount)
                _ = try reader.read(64, into: &row)
                if !reader.incidents.isEmpty { damagedEnds += 1 }
            } catch let error as StreamError {
                refused += 1
                #expect(!error.reason.isEmpty)
            }
        }
        #expect(refused > rounds / 20 && damagedEnds > rounds / 100 && refused < rounds)
    }

    @Test func manyDamagedTablesNeverCrashHangOrTakeMemory() throws {
        let rounds = ProcessInfo.processInfo.environment["DIDYMOS_LONG_TESTS"] == nil ? 5000 : 100_000
        let directory = try TemporaryDirectory()
        let path = directory.path("seed.sf")
        try Recordings.write(path, .psrfits, Recordings.header(bits: 4, channels: 8), count: 9000)
        let seed = try bytes(path)
        var random = SplitMix(state: 2027)
        var refused = 0
        for _ in 0..<rounds {
            try Data(Self.damage(seed, &random)).write(to: URL(fileURLWithPath: directory.path("damaged.sf")))
            do {
                let reader = try RecordedStream.open(directory.path("damaged.sf"))
                _ = try reader.read(2000)
            } catch let error as StreamError {
                refused += 1
                #expect(!error.reason.isEmpty)
            }
        }
        #expect(refused > rounds / 20 && refused < rounds)
    }

    /// Flips, sets, inserts, removes or cuts, mostly where headers are.
    static func damage(_ seed: [UInt8], _ random: inout SplitMix) -> [UInt8] {
        var bytes = seed
        for _ in 0..<Int.random(in: 1...4, using: &random) where bytes.count > 1 {
            let end = Bool.random(using: &random) ? min(bytes.count, 600) : min(bytes.count, 9000)
            let at = Int.random(in: 0..<end, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes[at] = [0, 1, 0x7f, 0x80, 0xff, 0x20, 0x39].randomElement(using: &random) ?? 0
            case 2: bytes.replaceSubrange(at..<min(bytes.count, at + 8), with: [UInt8](repeating: 0xff, count: min(bytes.count, at + 8) - at))
            case 3: bytes.remove(at: at)
            case 4: bytes.insert(UInt8.random(in: 0...255, using: &random), at: at)
            default: bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
            }
        }
        return bytes
    }
}
