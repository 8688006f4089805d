import Batch
import Glibc

/// The machine a run was made on, as far as Linux tells. *Not collective.*
public struct SystemDescription: Sendable, Equatable {
    public var host: String
    public var processor: String
    /// Processors that Linux schedules on, of the node where this was asked.
    public var cores: Int
    public var memoryBytes: Double
    public var kernel: String
    /// Name of the cluster and the partition, where SLURM says so.
    public var cluster: String

    /// The machine this process runs on.
    public static var current: SystemDescription {
        var names = utsname()
        uname(&names)
        let kernel = withUnsafeBytes(of: &names.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let slurm = [HostInformation.environment("SLURM_CLUSTER_NAME"), HostInformation.environment("SLURM_JOB_PARTITION")].compactMap(\.self)
        return SystemDescription(
            host: HostInformation.name, processor: field("/proc/cpuinfo", "model name") ?? "unknown",
            cores: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))),
            memoryBytes: Double(sysconf(Int32(_SC_PHYS_PAGES))) * Double(sysconf(Int32(_SC_PAGESIZE))), kernel: kernel,
            cluster: slurm.joined(separator: "/"))
    }

    /// Mean number of runnable processes over the last minute.
    public static var load: Double {
        let text = (try? Files.read("/proc/loadavg")).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return text.split(separator: " ").first.flatMap { Double($0) } ?? 0
    }

    private static func field(_ file: String, _ name: String) -> String? {
        guard let bytes = try? Files.read(file) else { return nil }
        let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix(name) }
        return line?.split(separator: ":", maxSplits: 1).dropFirst().first.map { String($0.drop { $0 == " " }) }
    }

    var json: JSON {
        [
            "host": .string(host), "processor": .string(processor), "cores": .integer(cores), "memory_bytes": .number(memoryBytes),
            "kernel": .string(kernel), "cluster": .string(cluster),
        ]
    }

    init(_ record: Reader) throws {
        host = try record.string("host")
        processor = try record.string("processor")
        cores = try record.integer("cores", in: 1...1_000_000)
        memoryBytes = try record.number("memory_bytes")
        kernel = try record.string("kernel")
        cluster = try record.string("cluster")
    }

    init(host: String, processor: String, cores: Int, memoryBytes: Double, kernel: String, cluster: String) {
        self.host = host
        self.processor = processor
        self.cores = cores
        self.memoryBytes = memoryBytes
        self.kernel = kernel
        self.cluster = cluster
    }
}
