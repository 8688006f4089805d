import Foundation
import ParallelHDF5
import TestSupport
import Testing

@Suite("Configurations that flowtrain hmc keeps")
struct ConfigurationFilesTests {
    private static let settings = ["--set", "hmc.configurations_every=2", "--set", "lattice.extents=[6,5]"]

    private func paths(_ run: FlowtrainCase) throws -> [String] {
        let directory = "\(run.run)/configurations"
        return try FileManager.default.contentsOfDirectory(atPath: directory).sorted().map { "\(directory)/\($0)" }
    }

    private func measure(_ arguments: [String]) throws -> ProcessResult {
        try MPIRun.run(executable: "flowtrain", arguments: ["measure"] + arguments, ranks: 1, timeout: 60)
    }

    @Test("the same fields and checksums on 1, 2 and 3 ranks; measured again they give what the run measured")
    func ranks() throws {
        var reference: [[UInt64]]?
        for ranks in 1...3 {
            let run = try FlowtrainCase()
            let result = try run("hmc", ranks: ranks, Self.settings)
            #expect(result.status == 0, "\(result.stderr)")
            let files = try paths(run)
            #expect(files.count == 25)
            let fields = try files.map { path in
                try HDF5File.with(HDF5File.open(path, communicator: nil)) { file in
                    let group = try file.root.group("configurations")
                    return try group.read("field", as: Double.self).map(\.bitPattern) + group.read("checksum", as: UInt64.self)
                }
            }
            #expect(fields == reference ?? fields, "\(ranks) ranks")
            reference = fields
            let table = try measure(files)
            #expect(table.status == 0, "\(table.stdout)")
            #expect(table.stdout.contains("25 configurations, verified, trajectories 2 to 50 of 6x5"))
        }
    }

    @Test("a changed number is found, and the file named, with code 65")
    func damage() throws {
        let run = try FlowtrainCase()
        #expect(try run("hmc", ranks: 1, Self.settings).status == 0)
        let files = try paths(run)
        try HDF5File.with(HDF5File.open(files[3], communicator: nil, writable: true)) { file in
            let field = try file.root.group("configurations").dataset("field")
            var values = try field.read(as: Double.self)
            values[7] = values[7].nextUp
            try field.write(values, offset: [0, 0, 0], count: field.shape)
        }
        let result = try measure(files)
        #expect(result.status == 65)
        #expect(result.stdout.contains(files[3]) && result.stdout.contains("damaged"), "\(result.stdout)")
    }
}
