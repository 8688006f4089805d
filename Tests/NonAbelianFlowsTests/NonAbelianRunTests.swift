import Foundation
import GaugeFields
import ParallelHDF5
import TestSupport
import Testing

/// Whole commands on small lattices.
@Suite("Commands of flows of SU(2) and SU(3): the same bits on any number of ranks, and after any stop", .serialized)
struct NonAbelianRunTests {
    private static func small(_ group: String) -> String {
        """
        seed: 3
        lattice: {extents: [4, 6]}
        action: {group: \(group), beta: 3}
        observables: {loops: 2}
        flow: {bins: 8\(group == "su3" ? ", shape_bins: 4, nodes: 6" : "")}
        training: {steps: 120, batch: 64, learning_rate: 0.05, warm_up: 0, checkpoint_every: 20}
        sampling: {samples: 1024, checkpoint_every: 64}
        """
    }
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func flowtrain(_ command: String, _ run: String, ranks: Int?, _ more: [String] = [], text: String) throws -> ProcessResult {
        let file = directory.path("\(run).yaml")
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        return try MPIRun.run(executable: "flowtrain", arguments: [command, file, "--run", directory.path(run)] + more, ranks: ranks, timeout: 120)
    }

    /// Every number of a run's files but times, by name.
    private func numbers(_ run: String) throws -> [String: [UInt64]] {
        var found: [String: [UInt64]] = [:]
        func collect(_ group: HDF5Group, _ prefix: String) throws {
            for name in try group.memberNames {
                if let inner = try? group.group(name) {
                    try collect(inner, "\(prefix)/\(name)")
                } else {
                    found["\(prefix)/\(name)"] =
                        try name == "chain"
                        ? group.read(name, as: Int64.self).map { UInt64(bitPattern: $0) } : group.read(name, as: Double.self).map(\.bitPattern)
                }
            }
        }
        for file in ["flow", "samples"] {
            try HDF5File.with(HDF5File.open("\(directory.path(run))/\(file).h5", communicator: nil)) { try collect($0.root, file) }
        }
        return found
    }

    @Test(
        "train and sample on 1, 2, 3 ranks; log Z and observables exact within 4.5 errors (false alarm 7e-6 each); acceptance above 0.6; measure and report read them",
        arguments: ["su2", "su3"])
    func ranks(group: String) throws {
        var reference: [String: [UInt64]]?
        for ranks in 1...3 {
            for command in ["train", "sample"] {
                let result = try flowtrain(command, "\(group)-\(ranks)", ranks: ranks, text: Self.small(group))
                #expect(result.status == 0, "\(command): \(result.stderr)")
            }
            let found = try numbers("\(group)-\(ranks)")
            #expect(found.count > 8 && found == reference ?? found, "\(ranks) ranks")
            reference = found
        }
        let run = directory.path("\(group)-2")
        let summary = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: "\(run)/summary-sample.json"))) as? [String: Any]
        let results = try #require(summary?["results"] as? [String: Any])
        func number(_ name: String) throws -> (value: Double, error: Double) {
            let entry = try #require(results[name] as? [String: Double], "\(name)")
            return (try #require(entry["value"]), try #require(entry["error"]))
        }
        for name in ["plaquette", "wilson_2x2", "polyakov_re"] {
            let found = try number(name), exact = try #require(results["exact_\(name)"] as? Double)
            #expect(abs(found.value - exact) < 4.5 * found.error, "\(name): \(found), exact \(exact)")
        }
        let partition = try number("log_partition"), exact = try #require(results["log_partition_exact"] as? Double)
        #expect(abs(partition.value - exact) < 4.5 * partition.error, "\(partition), exact \(exact)")
        #expect(try number("acceptance").value > 0.6)
        let measured = try MPIRun.run(executable: "flowtrain", arguments: ["measure", "\(run)/samples.h5"], ranks: nil)
        #expect(measured.status == 0 && measured.stdout.contains("wilson_2x2"), "\(measured.stdout)\(measured.stderr)")
        let report = try MPIRun.run(executable: "flowtrain", arguments: ["report", run], ranks: nil)
        #expect(report.status == 0 && FileManager.default.fileExists(atPath: "\(run)/report.html"), "\(report.stdout)\(report.stderr)")
    }

    @Test("stopped at the time limit and given again on other numbers of ranks: the same output")
    func resumed() throws {
        let more = ["--set", "sampling.samples=8192"]
        var stops = 0
        for command in ["train", "sample"] {
            #expect(try flowtrain(command, "whole", ranks: 2, more, text: Self.small("su3")).status == 0)
            for ranks in [1, 3] {
                let result = try flowtrain(command, "parts", ranks: ranks, more + ["--time-limit", "1"], text: Self.small("su3"))
                #expect(result.status == 75 || result.status == 0, "\(result.stderr)")
                if result.status == 0 { break }
                stops += 1
            }
            #expect(try flowtrain(command, "parts", ranks: 2, more, text: Self.small("su3")).status == 0)
        }
        #expect(stops == 4)
        #expect(try numbers("whole") == numbers("parts"))
    }

    @Test("a flow is the start for another β and lattice, and not for another group")
    func transfer() throws {
        #expect(try flowtrain("train", "first", ranks: 1, text: Self.small("su2")).status == 0)
        let from = ["--set", "training.transfer_from=\(directory.path("first"))"]
        let more = from + ["--set", "lattice.extents=[8,8]", "--set", "action.beta=3.3", "--set", "training.steps=20"]
        let second = try flowtrain("train", "second", ranks: 1, more, text: Self.small("su2"))
        #expect(second.status == 0, "\(second.stderr)")
        let other = try flowtrain("train", "third", ranks: 1, from, text: Self.small("su3"))
        #expect(other.status == 65 && other.stderr.contains("su2") && other.stderr.contains("su3"), "\(other.stderr)")
    }

    @Test("what is wrong in a configuration is refused by name", arguments: [
        ("train", "action.beta", "action: {group: su3, beta: -1}"), ("train", "bta", "action: {group: su3, beta: 1, bta: 1}"),
        ("train", "lattice.extents", "action: {group: su2, beta: 1}\nlattice: {extents: [4, 4, 4]}"),
        ("train", "flow.nodes", "action: {group: su3, beta: 1}\nflow: {nodes: 2}"),
        ("train", "shape_bins", "action: {group: su2, beta: 1}\nflow: {shape_bins: 4}"),
        ("sample", "sampling.refinements", "action: {group: su3, beta: 1}\nsampling: {refinements: 2}"),
        ("train", "su4", "action: {group: su4, beta: 1}"),
        ("hmc", "flowtrain gauge", "action: {group: su3, beta: 1}"), ("combine", "flowtrain gauge", "action: {group: su2, beta: 1}"),
        ("sample", "no trained flow", "action: {group: su2, beta: 1}"),
    ])
    func refused(command: String, named: String, settings: String) throws {
        let text = settings.contains("lattice") ? settings : "lattice: {extents: [4, 4]}\n\(settings)"
        let result = try flowtrain(command, "refused", ranks: nil, text: text + "\n")
        #expect(result.status == 65 && result.stderr.contains(named), "\(result.stderr)")
    }
}
