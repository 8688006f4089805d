import Dispatch
import Foundation

/// Runs the built executables on several ranks, on a machine that may have fewer cores than that.
public enum MPIRun {
    /// Tests run in parallel; more jobs than this at once would only wait for each other.
    private static let slots = DispatchSemaphore(value: 2)

    /// Lets Open MPI run as root and with more ranks than cores; harmless elsewhere.
    public static let environment = [
        "OMPI_ALLOW_RUN_AS_ROOT": "1",
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "OMPI_MCA_rmaps_base_oversubscribe": "1",
        "OMPI_MCA_mpi_yield_when_idle": "1",
        "OMPI_MCA_hwloc_base_binding_policy": "none",
        "OPENBLAS_NUM_THREADS": "1",
        "SWIFT_BACKTRACE": "color=no,threads=crashed,registers=none,images=none",
    ]

    /// The launcher with its options, from `DIDYMOS_MPIRUN` or `mpirun`.
    private static var launcher: [String] {
        (ProcessInfo.processInfo.environment["DIDYMOS_MPIRUN"] ?? "mpirun").split(separator: " ").map(String.init)
    }

    /// Path of a built executable: it lies beside the test bundle.
    public static func product(_ name: String) -> String {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent(name).path
    }

    /// Runs `executable` on `ranks` ranks and waits at most `timeout` seconds. A rank count of nil runs it alone.
    public static func run(
        executable: String, arguments: [String] = [], ranks: Int?, timeout: Double = 120,
        environment: [String: String] = [:], workingDirectory: String? = nil
    ) throws -> ProcessResult {
        slots.wait()
        defer { slots.signal() }
        let process = try start(
            executable: executable, arguments: arguments, ranks: ranks, environment: environment,
            workingDirectory: workingDirectory)
        return process.wait(timeout: timeout)
    }

    /// Starts `executable` without waiting, for tests that send signals. Takes none of the slots.
    public static func start(
        executable: String, arguments: [String] = [], ranks: Int?, environment: [String: String] = [:],
        workingDirectory: String? = nil
    ) throws -> ChildProcess {
        let path = product(executable)
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw ProcessError(description: "\(path) is not built; build the whole package before its tests")
        }
        let prefix = ranks.map { launcher + ["-n", "\($0)"] } ?? []
        return try ChildProcess(
            prefix + [path] + arguments, environment: self.environment.merging(environment) { $1 },
            workingDirectory: workingDirectory)
    }
}

extension ProcessResult {
    /// Lines of `selfcheck` that report a failure, or everything if it did not get that far.
    public var failures: [String] {
        let failed = lines.filter { $0.hasPrefix("FAILED") }
        return status == 0 || !failed.isEmpty ? failed : ["status \(status)", stdout, String(stderr.suffix(3000))]
    }

    /// Names of the checks that passed.
    public var passed: [String] {
        lines.filter { $0.hasPrefix("passed ") }.map { String($0.split(separator: " ")[1]) }
    }
}
