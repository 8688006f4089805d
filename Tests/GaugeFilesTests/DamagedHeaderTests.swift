import Foundation
import GaugeFiles
import LatticeFields
import MessagePassing
import TestSupport
import Testing

@Suite("Damaged files of links")
struct DamagedHeaderTests {
    @Test("20,000 mutated headers of each format: read, or refused with a message; never a crash", arguments: [GaugeFormat.ildg, .scidac, .nersc, .milc, .openqcd])
    func headers(format: GaugeFormat) throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("configuration")
        try RandomLinks.withRank { communicator in
            var options = GaugeFile.WritingOptions(format: format)
            options.logicalName = "mc://ldg/test/n1"
            try GaugeFile.write(RandomLinks.field([2, 2, 2, 2], seed: 8, communicator: communicator), to: path, options)
        }
        let whole = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
        let header = try GaugeFile.header(path)
        // Mostly before the payload, sometimes behind it.
        let tail = header.payload.offset + header.payload.count
        try expectNoCrash(whole, path, seed: 21) { random in
            Bool.random(using: &random) && tail < whole.count
                ? Int.random(in: tail..<whole.count, using: &random) : Int.random(in: 0..<header.payload.offset, using: &random)
        } read: { count in
            let found = try GaugeFile.header(path)
            // Nothing larger than the file can follow from it.
            #expect(found.payload.offset + found.payload.count <= count)
            #expect(found.siteCount * 24 * found.rows * found.numbers.bits / 8 == found.payload.count)
        }
    }

    /// Reads 20,000 mutated copies of `whole`, of which more than 1000 must be refused, each with a message that names the file.
    private func expectNoCrash(
        _ whole: [UInt8], _ path: String, seed: UInt64, place: (inout SplitMix) -> Int, read: (Int) throws -> Void
    ) throws {
        var random = SplitMix(state: seed)
        var refused = 0
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        for _ in 0..<20_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let at = place(&random)
                bytes[at] = Bool.random(using: &random) ? UInt8.random(in: 0...255, using: &random) : bytes[at] ^ 1 << UInt8.random(in: 0..<8, using: &random)
            }
            if Int.random(in: 0..<8, using: &random) == 0 { bytes.removeLast(Int.random(in: 0...bytes.count, using: &random)) }
            try file.seek(toOffset: 0)
            try file.write(contentsOf: bytes)
            try file.truncate(atOffset: UInt64(bytes.count))
            do {
                try read(bytes.count)
            } catch let error as GaugeFileError {
                refused += 1
                #expect(error.description.hasPrefix(path) && error.description.count < 1000)
            }
        }
        #expect(refused > 1000)
    }

    @Test("20,000 mutated headers of a field in records of our own: read, or refused with a message; never a crash") func fieldHeaders() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("field.lime")
        try RandomLinks.withRank { communicator in
            let geometry = try LatticeGeometry(extents: [4, 6], communicator: communicator)
            try FieldFile.write((0..<48).map { Double($0) / 16 }, geometry, kind: .u1gauge, logicalName: "field-1", to: path)
        }
        let whole = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
        try expectNoCrash(whole, path, seed: 22) { Int.random(in: 0..<whole.count, using: &$0) } read: { _ in
            let found = try FieldFile.header(path)
            #expect(found.extents.reduce(1, *) * found.numbersPerSite * 8 == 48 * 8)
        }
    }

    @Test("missing, empty, a directory: the reason and the code of files") func unreadable() throws {
        let directory = try TemporaryDirectory()
        let missing = #expect(throws: GaugeFileError.self) { try GaugeFile.header(directory.path("none")) }
        #expect(missing?.exitCode == 74)
        let folder = #expect(throws: GaugeFileError.self) { try GaugeFile.header(directory.path) }
        #expect(folder?.exitCode == 74)
        try Data().write(to: URL(fileURLWithPath: directory.path("empty")))
        let empty = #expect(throws: GaugeFileError.self) { try GaugeFile.header(directory.path("empty")) }
        #expect(empty?.exitCode == 65)
    }

    @Test("one message and the documented code from several ranks; nothing is written") func command() throws {
        let directory = try TemporaryDirectory()
        try Data("BEGIN_HEADER\nDATATYPE = 4D_SU2\nEND_HEADER\n".utf8).write(to: URL(fileURLWithPath: directory.path("bad")))
        let result = try MPIRun.run(
            executable: "flowtrain", arguments: ["convert", directory.path("bad"), directory.path("out"), "--format", "ildg"], ranks: 3)
        #expect(result.status == 65)
        #expect(result.stderr.components(separatedBy: "DATATYPE is 4D_SU2").count == 2)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["bad"])
    }
}
