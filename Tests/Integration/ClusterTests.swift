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

    @Test("stopped by a signal and continued on another number of ranks: the bits of the run that was not")
    func restart() throws {
        let settings = ["--set", "cluster.updates=400000", "--set", "cluster.measure_every=20", "--set", "cluster.checkpoint_every=100000"]
        let whole = try FlowtrainCase(Self.configuration)
        #expect(try whole("cluster", ranks: 2, settings).status == 0)
        let run = try FlowtrainCase(Self.configuration)
        let child = try run.start("cluster", ranks: 3, settings)
        let deadline = Date().addingTimeInterval(30)
        while !FileManager.default.fileExists(atPath: "\(run.run)/checkpoints"), Date() < deadline { usleep(20000) }
        try "".write(toFile: "\(run.run)/STOP", atomically: true, encoding: .utf8)
        let stopped = child.wait(timeout: 60)
        #expect(stopped.status == 75, "\(stopped.stderr)")
        try FileManager.default.removeItem(atPath: "\(run.run)/STOP")
        #expect(try run("cluster", ranks: 1, settings).status == 0)
        #expect(try numbers(run) == numbers(whole))
    }

    @Test("a misspelt key of its section is answered with the right one, code 65")
    func misspelt() throws {
        let run = try FlowtrainCase(Self.configuration)
        let result = try run("cluster", ranks: 2, ["--set", "cluster.chain=2"])
        #expect(result.status == 65)
        #expect(result.stderr.contains("cluster.chains") || result.stderr.contains("chains"))
    }
}
