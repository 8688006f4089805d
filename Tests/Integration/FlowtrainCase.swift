import Foundation
import ParallelHDF5
import TestSupport

/// A run of `flowtrain` in a directory of its own.
struct FlowtrainCase {
    let directory: TemporaryDirectory
    var run: String { directory.path("run") }

    /// A lattice and a flow small enough to be run many times.
    static let small = """
        seed: 3
        lattice: {extents: [4, 4]}
        action: {convention: albergo, mass_squared: -4, lambda: 6.975}
        hmc: {trajectories: 50, thermalization: 0, checkpoint_every: 10}
        flow: {architecture: continuous, harmonics: 2, time_terms: 2, integration_steps: 4}
        training: {steps: 200, batch: 128, checkpoint_every: 20}
        sampling: {samples: 512, refinements: 2}
        """

    init(_ configuration: String = small) throws {
        directory = try TemporaryDirectory()
        try configuration.write(toFile: directory.path("run.yaml"), atomically: true, encoding: .utf8)
    }

    private func arguments(_ command: String, _ more: [String]) -> [String] {
        [command, directory.path("run.yaml"), "--run", run] + more
    }

    /// Runs a command to its end.
    func callAsFunction(
        _ command: String, ranks: Int, _ more: [String] = [], environment: [String: String] = [:], timeout: Double = 180
    ) throws -> ProcessResult {
        try MPIRun.run(
            executable: "flowtrain", arguments: arguments(command, more), ranks: ranks, timeout: timeout, environment: environment)
    }

    /// Starts a command, for tests that interfere.
    func start(_ command: String, ranks: Int, _ more: [String] = [], environment: [String: String] = [:]) throws -> ChildProcess {
        try MPIRun.start(executable: "flowtrain", arguments: arguments(command, more), ranks: ranks, environment: environment)
    }

    /// The bytes that a finished training left: all parameters and the loss of every step.
    func trainedBytes() throws -> [UInt8] {
        try HDF5File.with(HDF5File.open("\(run)/flow.h5", communicator: nil)) { file in
            let group = try file.root.group("parameters")
            var bytes: [UInt8] = []
            for name in try group.memberNames.sorted() { bytes += try group.read(name, as: Float.self).flatMap(Self.bytes) }
            return bytes + (try file.root.group("history").read("loss", as: Double.self).flatMap(Self.bytes))
        }
    }

    /// The bytes of the last configuration, the measurements and the energy changes of a finished chain.
    func chainBytes() throws -> [UInt8] { try Self.chainBytes(run) }

    /// The same of the run directory `run`.
    static func chainBytes(_ run: String) throws -> [UInt8] {
        try HDF5File.with(HDF5File.open("\(run)/hmc.h5", communicator: nil)) { file in
            var bytes = try file.root.read("field", as: Double.self).flatMap(Self.bytes)
            bytes += try file.root.read("energy_change", as: Double.self).flatMap(Self.bytes)
            for name in ["magnetization", "square", "fourth", "neighbour", "smallest_mode", "slices"] {
                bytes += try file.root.group("series").read(name, as: Double.self).flatMap(Self.bytes)
            }
            return bytes
        }
    }

    /// The bytes of a finished sampling.
    func sampleBytes() throws -> [UInt8] {
        try HDF5File.with(HDF5File.open("\(run)/samples.h5", communicator: nil)) { file in
            try file.root.read("log_density", as: Double.self).flatMap(Self.bytes)
                + file.root.read("chain", as: Int64.self).flatMap { withUnsafeBytes(of: $0, Array.init) }
        }
    }

    private static func bytes(_ x: Double) -> [UInt8] { withUnsafeBytes(of: x.bitPattern, Array.init) }
    private static func bytes(_ x: Float) -> [UInt8] { withUnsafeBytes(of: x.bitPattern, Array.init) }

    /// Names of the checkpoints of a command.
    func checkpoints(_ command: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(run)/checkpoints/\(command)")) ?? []
        return names.filter { $0.hasSuffix(".h5") }.sorted()
    }
}
