import Foundation
import Glibc
import ParallelHDF5
import TestSupport
import Testing

@Suite("flowtrain cluster")
struct ClusterTests {
    static let configuration = FlowtrainCase.small.replacing("hmc:", with: "cluster: {chains: 3, updates: 200, thermalization: 20, checkpoint_every: 50}\nhmc:")

    private func numbers(_ run: FlowtrainCase) throws -> [UInt64] {
        try HDF5File.with(HDF5File.open("\(run.run)/cluster.h5", communicator: nil)) { file in
            var values = try file.root.read("fields", as: Double.self) + file.root.read("improved_susceptibility", as: Double.self)
            for name in ["magnetization", "square", "fourth", "neighbour", "smallest_mode", "slices"] {
                values += try file.root.group("series").read(name, as: Double.self)
            }
            return values.map(\.bitPattern)
        }
    }

    @Test("the same bits on 1, 2, 3 and 4 ranks, of which the last has no chain")
    func ranks() throws {
        var reference: [UInt64]?
        for ranks in 1...4 {
            let run = try FlowtrainCase(Self.configuration)
            let result = try run("cluster", ranks: ranks)
            #expect(result.status == 0, "\(result.stderr)")
            let found = try numbers(run)
            #expect(found == reference ?? found, "\(ranks) ranks")
            reference = found
        }
    }

    @Test("stopped by the time limit and continued on other numbers of ranks: the bits of the run that was not", arguments: [20, 0])
    func restart(thermalization: Int) throws {
        let settings = ["--set", "cluster.thermalization=\(thermalization)", "--set", "cluster.measure_every=3"]
        let whole = try FlowtrainCase(Self.configuration)
        #expect(try whole("cluster", ranks: 2, settings).status == 0)
        let run = try FlowtrainCase(Self.configuration)
        // With less time than the margin each start does one block of ten updates, thermalising or measuring, and leaves.
        for (start, ranks) in [3, 1, 2, 4].enumerated() {
            let stopped = try run("cluster", ranks: ranks, settings + ["--time-limit", "1"])
            #expect(stopped.status == 75, "\(stopped.stderr)")
            if start > 0 { #expect(stopped.stderr.contains("continues after update \(10 * start) "), "\(stopped.stderr)") }
        }
        #expect(try run("cluster", ranks: 1, settings).status == 0)
        #expect(try numbers(run) == numbers(whole))
    }

    @Test("a misspelt key of its section is answered with the right one, code 65")
    func misspelt() throws {
        let run = try FlowtrainCase(Self.configuration)
        let result = try run("cluster", ranks: 2, ["--set", "cluster.chain=2"])
        #expect(result.status == 65)
        #expect(result.stderr.contains("did you mean 'chains'"), "\(result.stderr)")
    }
}
