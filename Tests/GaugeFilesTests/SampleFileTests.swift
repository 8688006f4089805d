import Foundation
import GaugeFiles
import MessagePassing
import TestSupport
import Testing

/// Files of other programs, where `DIDYMOS_TEST_DATA` has them.
@Suite("Sample configurations of other programs", .enabled(if: TestData.path("lattice") != nil, "DIDYMOS_TEST_DATA holds no lattice/"))
struct SampleFileTests {
    struct Sample: Sendable, CustomTestStringConvertible {
        let name: String
        let format: GaugeFormat
        let plaquette: Double
        let linkTrace: Double
        var posix: UInt32?
        var testDescription: String { name }
    }

    static let samples = [
        Sample(name: "lyncs_unity_4444.lime", format: .ildg, plaquette: 1, linkTrace: 1, posix: 303_834_255),
        Sample(
            name: "milc_lat.sample.l4444.ildg", format: .scidac, plaquette: 0.594850158947151, linkTrace: 0.646758737418963, posix: 4_150_265_482),
        Sample(
            name: "milc_lat.sample.l4444.scidac", format: .scidac, plaquette: 0.594850158947151, linkTrace: 0.646758737418963, posix: 4_150_265_482),
        Sample(name: "chroma_t_nersc.cfg", format: .nersc, plaquette: 0.0382422893, linkTrace: 0.4630322098),
        Sample(name: "milc_lat.sample.l4444", format: .milc, plaquette: 0.594850158947151, linkTrace: 0.646758737418963),
    ]

    @Test("checksum, plaquette and trace are the producers' own", arguments: samples)
    func values(sample: Sample) throws {
        let path = try #require(TestData.path("lattice/\(sample.name)"))
        try RandomLinks.withRank { communicator in
            let found = try GaugeFile.read(path, communicator: communicator)
            #expect(abs(found.observables.plaquette - sample.plaquette) < 1e-10)
            #expect(abs(found.observables.linkTrace - sample.linkTrace) < 1e-9)
            if let posix = sample.posix { #expect(found.checksums.posix == posix) }
        }
    }

    @Test("written again in their own format: the same bytes", arguments: ["chroma_t_nersc.cfg", "milc_lat.sample.l4444"])
    func canonical(name: String) throws {
        let path = try #require(TestData.path("lattice/\(name)"))
        let directory = try TemporaryDirectory()
        try RandomLinks.withRank { communicator in
            let found = try GaugeFile.read(path, communicator: communicator)
            var options = GaugeFile.WritingOptions(format: found.header.format)
            options.bits = found.header.numbers.bits
            options.rows = found.header.rows
            options.isBigEndian = found.header.numbers.isBigEndian
            options.origin = found.header
            let again = directory.path("again")
            try GaugeFile.write(found.links, to: again, options)
            #expect(try Data(contentsOf: URL(fileURLWithPath: again)) == Data(contentsOf: URL(fileURLWithPath: path)))
        }
    }

    @Test(
        "bad ones are refused with the reason",
        arguments: [
            ("milc_lat.sample.5p7", "checksums"), ("milc_lat.sample.inst", "begins with"),
            ("latticeqcdjl_heatbath_b5p7_4444.ildg", "no record ildg-format"), ("pyerrors_openqcd2r1.ms.dat", "begins with"),
        ])
    func refused(name: String, reason: String) throws {
        let path = try #require(TestData.path("lattice/\(name)"))
        try RandomLinks.withRank { communicator in
            let error = #expect(throws: (any Error).self) { try GaugeFile.read(path, communicator: communicator) }
            #expect("\(error.map { "\($0)" } ?? "")".contains(reason))
        }
    }

    @Test("data without a description are read where the lattice is named") func assumed() throws {
        let path = try #require(TestData.path("lattice/latticeqcdjl_heatbath_b5p7_4444.ildg"))
        try RandomLinks.withRank { communicator in
            let found = try GaugeFile.read(path, assumed: [4, 4, 4, 4], communicator: communicator)
            #expect(found.observables.plaquette > 0.4 && found.observables.plaquette < 0.7)
        }
    }
}
