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

    @Test("the HDF5 form holds the same catalogue, also a large one; h5py reads it; a damaged one is refused by name")
    func hdf5() throws {
        let directory = try TemporaryDirectory()
        let files = try ensemble(directory), path = directory.path("ensemble.json"), copy = directory.path("ensemble.h5")
        #expect(try catalogue(["add", path] + files + ["--ensemble", "mc://ldg/test/ensemble", "--step", "10"]).status == 0)
        #expect(try catalogue(["copy", path, copy]).status == 0)
        let list = try Catalogue(path: path)
        #expect(try Catalogue(path: copy) == list)
        // It is a catalogue as the other is: a location more, and verified.
        #expect(try catalogue(["locate", copy, "mc://ldg/test/ensemble/n2", "--add", "rucio://rucio.example.org:8443/LatticeQCD/RAY:n2"]).status == 0)
        #expect(try catalogue(["verify", copy], ranks: 2).status == 0)
        #expect(try Catalogue(path: copy).entries[1].locations.count == 2)
        var large = Catalogue(ensemble: list.ensemble)
        for n in 0..<5000 {
            var entry = list.entries[0]
            (entry.logicalName, entry.update) = ("mc://ldg/test/a-long-name-of-an-ensemble/configuration-\(n)", n)
            try large.insert(entry)
        }
        try large.write(directory.path("large.h5"))
        #expect(try Catalogue(path: directory.path("large.h5")) == large)
        if PythonPeer.has("h5py") {
            let lines = try PythonPeer.run(
                """
                import h5py, sys
                f = h5py.File(sys.argv[1])
                print(f.attrs["ensemble"], f["update"][:].tolist(), f["extents_xyzt"].shape, f.attrs["lfn"][1], f["location_configuration"][:].tolist())
                """, arguments: [copy])
            #expect(lines.split(separator: "\n") == ["mc://ldg/test/ensemble [10, 20, 30] (3, 4) mc://ldg/test/ensemble/n2 [0, 1, 1, 2]"], "\(lines)")
        }
        try Data("nothing".utf8).write(to: URL(fileURLWithPath: copy))
        let damaged = try catalogue(["list", copy])
        #expect(damaged.status != 0 && damaged.stderr.contains("ensemble.h5"), "\(damaged)")
    }

    @Test(
        "the ensemble's document is valid by the schema for every action that it names", .enabled(if: PythonPeer.has("lxml"), "peer lxml not installed"),
        .enabled(if: TestData.path("lattice/QCDmlEnsemble2.0.0.xsd") != nil, "DIDYMOS_TEST_DATA holds no QCDml schema"))
    func ensembleDocument() throws {
        let directory = try TemporaryDirectory()
        let files = try ensemble(directory), path = directory.path("ensemble.json")
        #expect(try catalogue(["add", path] + files + ["--ensemble", "mc://ldg/test/ensemble"]).status == 0)
        func document(_ c1: String, _ more: [String] = []) throws -> ProcessResult {
            try catalogue([
                "ensemble", path, "--output", directory.path("ensemble\(c1).xml"), "--beta", "6.0", "--rectangle-coefficient=\(c1)", "--algorithm", "hmc", "--collaboration",
                "A & B", "--project", "<test>", "--name", "A <Physicist>", "--institution", "A University", "--date", "2026-11-28T12:00:00Z",
            ] + more)
        }
        let actions = ["0", "-0.083333", "-0.331", "-1.4088"]
        for c1 in actions { #expect(try document(c1, ["--parameter", "steps=10", "--parameter", "integrator=omelyan2"]).status == 0) }
        let script = """
            import sys
            from lxml import etree
            schema = etree.XMLSchema(etree.parse(sys.argv[1]))
            for path in sys.argv[2:]:
                document = etree.parse(path)
                schema.assertValid(document)
                print(document.find(".//{*}gluon")[0].tag.split("}")[1], document.findtext(".//{*}beta"), document.findtext(".//{*}x"))
            """
        let schema = try #require(TestData.path("lattice/QCDmlEnsemble2.0.0.xsd"))
        let lines = try PythonPeer.run(script, arguments: [schema] + actions.map { directory.path("ensemble\($0).xml") }).split(separator: "\n").map(String.init)
        #expect(lines == ["plaquetteGluonAction", "treelevelSymanzikGluonAction", "iwasakiRGGluonAction", "DBW2GluonAction"].map { "\($0) 6.0 2" }, "\(lines)")
        let unknown = try document("-0.2")
        #expect(unknown.status == 65 && unknown.stderr.contains("-0.331 (Iwasaki)"), "\(unknown)")
        #expect(try document("0", ["--parameter", "7=x"]).status == 64)
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
