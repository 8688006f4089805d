import Foundation
import GaugeFiles
import LatticeFields
import MessagePassing
import Numerics
import TestSupport
import Testing

@Suite("Files of SU(3) links")
struct GaugeFileTests {
    /// t, z, y, x all different, so that no two axes can be exchanged unseen.
    private static let extents = [8, 2, 6, 4]

    @Test("what is written is read again: doubles exactly, single precision to its last bit", arguments: Writing.all)
    func roundTrip(writing: Writing) throws {
        let directory = try TemporaryDirectory()
        try RandomLinks.withRank { communicator in
            let links = try RandomLinks.field(Self.extents, seed: 3, communicator: communicator)
            let path = directory.path("configuration")
            let written = try GaugeFile.write(links, to: path, writing.options)
            let found = try GaugeFile.read(path, communicator: communicator)
            #expect(found.header.format == writing.format)
            #expect(found.header.extents == Self.extents)
            #expect(found.header.logicalName == writing.options.logicalName)
            #expect(found.observables == written.observables)
            let tolerance = writing.bits == 32 ? 2e-7 : writing.rows == 2 ? 1e-15 : 0
            #expect(zip(found.links.values, links.values).allSatisfy { abs($0 - $1) <= tolerance })
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["configuration"], "no temporary file is left")
        }
    }

    @Test("written by 1, 2, 3 and 4 ranks on several grids: the same bytes", arguments: [GaugeFormat.ildg, .nersc, .milc, .openqcd])
    func ranks(format: GaugeFormat) throws {
        let directory = try TemporaryDirectory()
        let input = directory.path("input.lime")
        try RandomLinks.withRank { communicator in
            let links = try RandomLinks.field(Self.extents, seed: 4, communicator: communicator)
            try GaugeFile.write(links, to: input, GaugeFile.WritingOptions(format: .scidac))
        }
        var first: Data?
        // What is said of it, cksum of the payload among it, but for the name.
        var said: String?
        for (ranks, grid) in [(1, "1x1x1x1"), (2, "1x1x1x2"), (2, "2x1x1x1"), (3, "1x3x1x1"), (4, "2x1x1x2"), (4, "1x2x2x1")] {
            let output = directory.path("\(ranks)-\(grid)")
            let result = try MPIRun.run(
                executable: "flowtrain", arguments: ["convert", input, output, "--format", format.rawValue, "--grid", grid], ranks: ranks)
            try #require(result.status == 0, "\(result.stderr)")
            let bytes = try Data(contentsOf: URL(fileURLWithPath: output))
            #expect(bytes == first ?? bytes, "\(ranks) ranks, grid \(grid)")
            first = first ?? bytes
            let words = result.stdout.replacing(output, with: "")
            #expect(words == said ?? words, "\(ranks) ranks, grid \(grid)")
            said = said ?? words
            if format == .milc {
                let payload = bytes.dropFirst(96)
                #expect(words.contains("cksum of the payload \(PosixChecksum.of(payload)), \(payload.count) bytes"), "\(words)")
            }
        }
    }

    @Test("plaquette and trace: one for unit links, the plaquette unchanged by a gauge transformation to rounding")
    func gaugeInvariance() throws {
        try RandomLinks.withRank { communicator in
            let unit = try GaugeLinks(LatticeGeometry(extents: Self.extents, communicator: communicator))
            let of = try LinkObservables(unit)
            #expect(of.plaquette == 1 && of.linkTrace == 1 && of.unitarityDefect == 0)
            let links = try RandomLinks.field(Self.extents, seed: 5, communicator: communicator)
            var turned = links
            let stream = RandomStream(seed: 6, purpose: .test)
            let n = Self.extents
            for site in 0..<n.reduce(1, *) {
                let g = RandomLinks.matrix(stream, UInt64(site))
                let coordinates = [site / (n[1] * n[2] * n[3]), site / (n[2] * n[3]) % n[1], site / n[3] % n[2], site % n[3]]
                for mu in 0..<4 {
                    var next = coordinates
                    next[3 - mu] = (next[3 - mu] + 1) % n[3 - mu]
                    let other = RandomLinks.matrix(stream, UInt64(((next[0] * n[1] + next[1]) * n[2] + next[2]) * n[3] + next[3]))
                    let link = 4 * site + mu
                    RandomLinks.replace(
                        &turned, link, with: RandomLinks.product(RandomLinks.product(g, RandomLinks.matrix(links, link)), RandomLinks.adjoint(other)))
                }
            }
            let before = try LinkObservables(links), after = try LinkObservables(turned)
            #expect(abs(before.plaquette - after.plaquette) < 1e-14)
            #expect(abs(before.timePlaquette - after.timePlaquette) < 1e-14)
            #expect(abs(before.linkTrace - after.linkTrace) > 1e-4, "the trace of links is not invariant")
            #expect(after.unitarityDefect < 1e-13)
        }
    }

    @Test("one changed bit anywhere in the payload is refused", arguments: [GaugeFormat.ildg, .nersc, .milc])
    func damage(format: GaugeFormat) throws {
        let directory = try TemporaryDirectory()
        try RandomLinks.withRank { communicator in
            let path = directory.path("configuration")
            try GaugeFile.write(RandomLinks.field([2, 2, 2, 4], seed: 7, communicator: communicator), to: path, GaugeFile.WritingOptions(format: format))
            let header = try GaugeFile.header(path)
            let whole = try Data(contentsOf: URL(fileURLWithPath: path))
            var random = SplitMix(state: 9)
            for _ in 0..<50 {
                var bytes = whole
                bytes[header.payload.offset + Int.random(in: 0..<header.payload.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                try bytes.write(to: URL(fileURLWithPath: path))
                #expect(throws: GaugeFileError.self) { try GaugeFile.read(path, communicator: communicator) }
            }
        }
    }

    @Test("a cksum in parts is the cksum of the whole") func partialChecksum() {
        var random = SplitMix(state: 11)
        let bytes = (0..<5000).map { _ in UInt8.random(in: 0...255, using: &random) }
        for ranks in 1...4 {
            var parts = (0..<ranks).map { _ in PartialPosixChecksum(length: bytes.count) }
            var at = 0
            while at < bytes.count {
                let length = min(bytes.count - at, Int.random(in: 1...700, using: &random))
                let rank = Int.random(in: 0..<ranks, using: &random)
                bytes.withUnsafeBytes { parts[rank].add(UnsafeRawBufferPointer(rebasing: $0[at..<at + length]), at: at) }
                at += length
            }
            #expect(PartialPosixChecksum.value(of: parts.map(\.part), length: bytes.count) == PosixChecksum.of(bytes))
        }
        // The example of the standard's own utility: printf 123456789 | cksum.
        #expect(PosixChecksum.of(Array("123456789".utf8)) == 930_766_865)
    }
}
