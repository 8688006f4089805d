import Foundation
import ParallelHDF5
import TestSupport
import Testing

@Suite("Configurations that flowtrain hmc, cluster and sample keep")
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

    @Test("cluster keeps the fields of all its chains, sample those of its Markov chain: the same on 1, 2 and 3 ranks, and measured again")
    func chainsAndSamples() throws {
        var reference: [[UInt64]]?
        for ranks in 1...3 {
            let run = try FlowtrainCase()
            let settings = ["--set", "cluster.configurations_every=10", "--set", "cluster.updates=40", "--set", "cluster.thermalization=7"]
            #expect(try run("cluster", ranks: ranks, settings + ["--set", "cluster.chains=5"]).status == 0)
            #expect(try run("train", ranks: ranks, ["--set", "training.steps=20"]).status == 0)
            #expect(try run("sample", ranks: ranks, ["--set", "training.steps=20", "--set", "sampling.configurations_every=50"]).status == 0)
            let files = try paths(run)
            #expect(files.map { ($0 as NSString).lastPathComponent } == ["cluster-00000010.h5", "cluster-00000020.h5", "cluster-00000030.h5", "cluster-00000040.h5", "flow.h5"])
            let contents = try files.map { path in
                try HDF5File.with(HDF5File.open(path, communicator: nil)) { file in
                    let group = try file.root.group("configurations")
                    return try group.read("field", as: Double.self).map(\.bitPattern) + group.read("checksum", as: UInt64.self)
                        + (group.read("chain", as: Int64.self) + group.read("trajectory", as: Int64.self)).map { UInt64($0) }
                }
            }
            #expect(contents == reference ?? contents, "\(ranks) ranks")
            reference = contents
            let clusters = try measure(Array(files[..<4]))
            #expect(clusters.stdout.contains("20 configurations of 5 chains, verified, trajectories 10 to 40 of 4x4"), "\(clusters.stdout)")
            let flow = try measure([files[4]])
            #expect(flow.stdout.contains("10 configurations, verified, trajectories 50 to 500 of 4x4"), "\(flow.stdout)")
            // What sample measured of the same fields: S of the samples that the chain held.
            try HDF5File.with(HDF5File.open("\(run.run)/samples.h5", communicator: nil)) { samples in
                let actions = try samples.root.read("action", as: Double.self), chain = try samples.root.read("chain", as: Int64.self)
                let stored = try HDF5File.with(HDF5File.open(files[4], communicator: nil)) {
                    try $0.root.group("configurations").read("action_density", as: Double.self)
                }
                for (index, density) in stored.enumerated() {
                    #expect(abs(density * 16 - actions[Int(chain[50 * (index + 1) - 1])]) < 1e-9)
                }
            }
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
