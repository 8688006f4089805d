import Foundation
import GaugeFiles
import LatticeCatalogue
import LatticeFields
import MessagePassing
import TestSupport
import Testing

@Suite("Catalogues of configurations", .serialized)
struct CatalogueTests {
    /// Three files of unit links, whose logical names differ.
    private func ensemble(_ directory: TemporaryDirectory) throws -> [String] {
        try (1...3).map { n in
            let path = directory.path("n\(n).lime")
            let communicator = try MessagePassing.start()
            var options = GaugeFile.WritingOptions(format: .ildg)
            options.logicalName = "mc://ldg/test/ensemble/n\(n)"
            try GaugeFile.write(GaugeLinks(LatticeGeometry(extents: [4, 2, 2, 2], communicator: communicator)), to: path, options)
            return path
        }
    }

    private func catalogue(_ arguments: [String], ranks: Int? = nil) throws -> ProcessResult {
        try MPIRun.run(executable: "flowtrain", arguments: ["catalogue"] + arguments, ranks: ranks)
    }

    @Test("added, located, verified by two ranks; a damaged copy fails by name with code 65") func life() throws {
        let directory = try TemporaryDirectory()
        let files = try ensemble(directory), path = directory.path("ensemble.json")
        #expect(try catalogue(["add", path] + files + ["--ensemble", "mc://ldg/test/ensemble", "--step", "10"]).status == 0)
        let list = try Catalogue(path: path)
        #expect(list.entries.map(\.update) == [10, 20, 30])
        #expect(list.entries.map(\.plaquette) == [1, 1, 1])
        // The same files again add nothing.
        #expect(try catalogue(["add", path] + files).status == 0)
        #expect(try Catalogue(path: path) == list)

        let url = "rucio://rucio.example.org:8443/LatticeQCD/RAY:n2"
        let located = try catalogue(["locate", path, "mc://ldg/test/ensemble/n2", "--add", url])
        #expect(located.stdout.split(separator: "\n").map(String.init) == [files[1], url])
        #expect(try catalogue(["locate", path, "mc://ldg/test/ensemble/n2", "--add", "rucio://bad"]).status == 65)
        #expect(try catalogue(["verify", path], ranks: 2).status == 0)

        var bytes = try Data(contentsOf: URL(fileURLWithPath: files[2]))
        bytes[try GaugeFile.header(files[2]).payload.offset + 5] ^= 1
        try bytes.write(to: URL(fileURLWithPath: files[2]))
        let verified = try catalogue(["verify", path], ranks: 2)
        #expect(verified.status == 65)
        #expect(verified.stdout.contains("FAILED mc://ldg/test/ensemble/n3") && verified.stdout.contains("remote mc://ldg/test/ensemble/n2"))
        #expect(verified.stderr.components(separatedBy: "1 of 4 copies").count == 2, "\(verified.stderr)")
    }

    @Test("what does not verify is not listed") func unverified() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("ensemble.json")
        try Data("nothing".utf8).write(to: URL(fileURLWithPath: directory.path("bad.lime")))
        #expect(try catalogue(["add", path, directory.path("bad.lime"), "--ensemble", "mc://x"]).status == 65)
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test(
        "QCDml documents are valid by the schema", .enabled(if: PythonPeer.has("lxml"), "peer lxml not installed"),
        .enabled(if: TestData.path("lattice/QCDmlConfig2.0.0.xsd") != nil, "DIDYMOS_TEST_DATA holds no QCDml schema"))
    func metadata() throws {
        let directory = try TemporaryDirectory()
        let files = try ensemble(directory), path = directory.path("ensemble.json")
        #expect(try catalogue(["add", path] + files + ["--ensemble", "mc://ldg/test/ensemble"]).status == 0)
        let written = try catalogue([
            "metadata", path, "--output", directory.path("qcdml"), "--name", "A <Physicist> & Co", "--institution", "A University", "--date", "2026-11-28T12:00:00Z",
        ])
        #expect(written.status == 0)
        let schema = try #require(TestData.path("lattice/QCDmlConfig2.0.0.xsd"))
        let script = """
            import sys
            from lxml import etree
            schema = etree.XMLSchema(etree.parse(sys.argv[1]))
            for path in sys.argv[2:]: schema.assertValid(etree.parse(path))
            print(len(sys.argv) - 2)
            """
        let documents = try FileManager.default.contentsOfDirectory(atPath: directory.path("qcdml")).map { directory.path("qcdml/\($0)") }
        #expect(try PythonPeer.run(script, arguments: [schema] + documents) == "3\n")
    }

    @Test("20,000 mutated catalogues: read, or refused with a message") func damage() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("ensemble.json")
        #expect(try catalogue(["add", path] + ensemble(directory) + ["--ensemble", "mc://ldg/test/ensemble"]).status == 0)
        let whole = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
        var random = SplitMix(state: 6)
        for _ in 0..<20_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...3, using: &random) { bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random) }
            if Int.random(in: 0..<4, using: &random) == 0 { bytes.removeLast(Int.random(in: 0...bytes.count, using: &random)) }
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            do { _ = try Catalogue(path: path) } catch { #expect("\(error)".contains(path)) }
        }
    }
}
