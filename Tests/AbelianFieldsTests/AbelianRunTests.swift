import AbelianFields
import Foundation
import MessagePassing
import ParallelHDF5
import TestSupport
import Testing

/// Whole commands on small lattices.
@Suite("U(1) commands: the same bits on any number of ranks, and after any stop", .serialized)
struct AbelianRunTests {
    static let small = """
        seed: 3
        lattice: {extents: [8, 8]}
        action: {group: u1, beta: 3}
        hmc: {trajectories: 400, thermalization: 60, steps: 5, target_acceptance: 0.8, checkpoint_every: 100}
        heatbath: {sweeps: 200, thermalization: 20, checkpoint_every: 50}
        flow: {bins: 8, couplings: 2, hidden: [4], quadrature: 6}
        training: {steps: 60, batch: 64, learning_rate: 0.02, warm_up: 0, checkpoint_every: 20}
        sampling: {samples: 512}
        anneal: {samples: 1024, stages: 24, steps: 5, checkpoint_every: 64}
        combine: {chains: 40, iterations: 100, thermalization: 10, steps: 5, checkpoint_every: 40}
        """
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func flowtrain(_ command: String, _ run: String, ranks: Int, _ more: [String] = [], text: String = small) throws -> ProcessResult {
        try text.write(toFile: directory.path("run.yaml"), atomically: true, encoding: .utf8)
        return try MPIRun.run(
            executable: "flowtrain", arguments: [command, directory.path("run.yaml"), "--run", directory.path(run)] + more, ranks: ranks, timeout: 120)
    }

    /// Every number of a file but times, by name.
    private func numbers(_ path: String) throws -> [String: [UInt64]] {
        func collect(_ group: HDF5Group, _ prefix: String, _ found: inout [String: [UInt64]]) throws {
            for name in try group.memberNames {
                if let inner = try? group.group(name) {
                    try collect(inner, "\(prefix)\(name)/", &found)
                } else {
                    found[prefix + name] =
                        try name == "chain"
                        ? group.read(name, as: Int64.self).map { UInt64(bitPattern: $0) } : group.read(name, as: Double.self).map(\.bitPattern)
                }
            }
        }
        return try HDF5File.with(HDF5File.open(path, communicator: nil)) { file in
            var found: [String: [UInt64]] = [:]
            try collect(file.root, "", &found)
            return found
        }
    }

    @Test("hmc and heatbath on 1, 2, 3, 4 ranks and grids 4x1, 2x2, 1x4", arguments: ["hmc", "heatbath"])
    func chains(command: String) throws {
        var reference: [String: [UInt64]]?
        for (ranks, grid) in [(1, nil), (2, nil), (3, nil), (4, "[4, 1]"), (4, "[2, 2]"), (4, "[1, 4]")] as [(Int, String?)] {
            let run = "\(command)-\(ranks)-\(grid ?? "best")"
            let result = try flowtrain(command, run, ranks: ranks, grid.map { ["--set", "run.process_grid=\($0)"] } ?? [])
            #expect(result.status == 0, "\(result.stderr)")
            let found = try numbers("\(directory.path(run))/\(command).h5")
            #expect(found.count > 5 && found == reference ?? found, "\(ranks) ranks, grid \(grid ?? "best")")
            reference = found
        }
    }

    @Test("train, sample and combine on 1, 2, 3 ranks")
    func flows() throws {
        var reference: [[String: [UInt64]]]?
        for ranks in 1...3 {
            let run = "flow-\(ranks)"
            for command in ["train", "sample", "combine"] {
                let result = try flowtrain(command, run, ranks: ranks)
                #expect(result.status == 0, "\(command): \(result.stderr)")
            }
            let found = try ["flow", "samples", "combined"].map { try numbers("\(directory.path(run))/\($0).h5") }
            #expect(found == reference ?? found, "\(ranks) ranks")
            reference = found
        }
        let report = try flowtrain("measure", "none", ranks: 1)
        #expect(report.status != 0)
    }

    @Test("annealed links: the same on 1, 2, 3 ranks; log Z, plaquette and susceptibility exact within 4.5 errors (false alarm 7e-6 each); more stages, more alike weights")
    func annealed() throws {
        var reference: [String: [UInt64]]?
        for ranks in 1...3 {
            let result = try flowtrain("anneal", "annealed-\(ranks)", ranks: ranks)
            #expect(result.status == 0, "\(result.stderr)")
            let found = try numbers("\(directory.path("annealed-\(ranks)"))/annealed.h5")
            #expect(found["work"]?.count == 1024 && found == reference ?? found, "\(ranks) ranks")
            reference = found
        }
        var sizes: [Double] = []
        for stages in [192, 768] {
            let run = "annealed-\(stages)-stages"
            #expect(try flowtrain("anneal", run, ranks: 2, ["--set", "anneal.stages=\(stages)", "--set", "anneal.samples=2048"]).status == 0)
            let summary = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: "\(directory.path(run))/summary-anneal.json"))) as? [String: Any]
            let results = try #require(summary?["results"] as? [String: Any])
            func number(_ name: String) throws -> (value: Double, error: Double) {
                let entry = try #require(results[name] as? [String: Double], "\(name)")
                return (try #require(entry["value"]), try #require(entry["error"]))
            }
            let partition = try number("log_partition"), exact = try #require(results["log_partition_exact"] as? Double)
            #expect(abs(partition.value - exact) < 4.5 * partition.error, "\(stages) stages: \(partition), exact \(exact)")
            sizes.append(try number("effective_sample_size").value)
            let table = try AbelianChainFile.read(directory.path("\(run)/annealed.h5")).table()
            for name in ["plaquette", "topological_susceptibility"] {
                let row = try #require(table[name])
                #expect(abs(row.estimate.value - (row.exact ?? 0)) < 4.5 * row.estimate.error, "\(stages) stages: \(row)")
            }
        }
        #expect(sizes[1] > sizes[0] + 0.1, "\(sizes)")
    }

    @Test("stopped at the time limit and given again on other numbers of ranks: the same output", arguments: ["hmc", "heatbath", "train", "combine", "anneal"])
    func resumed(command: String) throws {
        let more = ["--set", "hmc.trajectories=2000", "--set", "heatbath.sweeps=1500", "--set", "training.steps=300", "--set", "combine.iterations=600", "--set", "anneal.samples=8192"]
        let file = ["train": "flow", "combine": "combined", "anneal": "annealed"][command] ?? command
        for run in ["whole", "parts"] {
            if command == "combine" { #expect(try flowtrain("train", run, ranks: 2).status == 0) }
        }
        #expect(try flowtrain(command, "whole", ranks: 2, more).status == 0)
        var stops = 0
        for ranks in [1, 3, 2] {
            let result = try flowtrain(command, "parts", ranks: ranks, more + ["--time-limit", "1"])
            #expect(result.status == 75 || result.status == 0, "\(result.stderr)")
            stops += result.status == 75 ? 1 : 0
        }
        #expect(stops > 0)
        #expect(try flowtrain(command, "parts", ranks: 2, more).status == 0)
        #expect(try numbers("\(directory.path("whole"))/\(file).h5") == numbers("\(directory.path("parts"))/\(file).h5"))
    }

    @Test("a trained flow accepts, its charge and the combined chains' are exact within 4.5 errors (false alarm 7e-6 each), also on a larger lattice by transfer")
    func physics() throws {
        let plain = Self.small.replacingOccurrences(of: "couplings: 2, hidden: [4], ", with: "")
        let more = ["--set", "training.steps=400", "--set", "sampling.samples=4096", "--set", "combine.iterations=400"]
        for command in ["train", "sample", "combine"] { #expect(try flowtrain(command, "physics", ranks: 2, more, text: plain).status == 0) }
        let transfer = [
            "--set", "lattice.extents=[12, 12]", "--set", "training.steps=20", "--set", "sampling.samples=4096", "--set",
            "training.learning_rate=0.002", "--set", "training.transfer_from=\(directory.path("physics"))",
        ]
        for command in ["train", "sample"] { #expect(try flowtrain(command, "larger", ranks: 2, transfer, text: plain).status == 0) }
        for path in ["physics/samples", "physics/combined", "larger/samples"] {
            let table = try AbelianChainFile.read(directory.path("\(path).h5")).table()
            for name in ["plaquette", "topological_susceptibility"] {
                let row = try #require(table[name])
                #expect(abs(row.estimate.value - (row.exact ?? 0)) < 4.5 * row.estimate.error, "\(path): \(row)")
            }
            let time = try #require(table["charge"]?.estimate.integratedTime)
            #expect(time < 3, "\(path): \(time)")
        }
        let report = try MPIRun.run(executable: "flowtrain", arguments: ["report", directory.path("physics"), directory.path("larger"), "--pictures", directory.path("pictures")], ranks: nil, timeout: 60)
        #expect(report.status == 0 && report.stdout.contains("agree"), "\(report.stdout)\(report.stderr)")
        #expect(FileManager.default.fileExists(atPath: directory.path("pictures/topology-history-8x8-beta-3.svg")))
    }

    @Test("pyerrors reads our chains and finds our means, errors and autocorrelation times", .enabled(if: PythonPeer.has("pyerrors"), "peer pyerrors not installed"))
    func pyerrors() throws {
        for command in ["hmc", "heatbath"] { #expect(try flowtrain(command, "peer", ranks: 1, ["--set", "hmc.trajectories=3000"]).status == 0) }
        for command in ["hmc", "heatbath"] {
            let output = directory.path("\(command).json")
            let path = directory.path("peer/\(command).h5")
            let result = try MPIRun.run(executable: "flowtrain", arguments: ["measure", path, "--pyerrors", output], ranks: nil, timeout: 60)
            #expect(result.status == 0 && result.stdout.contains("jackknife"), "\(result.stdout)\(result.stderr)")
            let script = """
                import sys, pyerrors as pe
                for o in pe.input.json.load_json(sys.argv[1], verbose=False, gz=False):
                    o.gamma_method(S=2)
                    name = o.e_names[0]
                    print(o.tag, repr(o.value), repr(o.dvalue), repr(o.e_tauint[name]), repr(o.e_dtauint[name]))
                """
            let table = try AbelianChainFile.read(path).table()
            var compared = 0
            for line in try PythonPeer.run(script, arguments: [output]).split(separator: "\n") {
                let words = line.split(separator: " ").map(String.init)
                guard let ours = table[words[0]]?.estimate, words.count == 5 else { continue }
                let theirs = words.dropFirst().compactMap(Double.init)
                for (a, b) in zip([ours.value, ours.error, ours.integratedTime, ours.integratedTimeError], theirs) {
                    #expect(abs(a - b) < 1e-9 * max(1, abs(b)), "\(words[0]): \(a), pyerrors \(b)")
                }
                compared += 1
            }
            #expect(compared >= 5)
        }
    }

    @Test("a misspelt key, a wrong number and a missing one are refused by name", arguments: [
        ("bta: 3", "beta"), ("group: u1, beta: -1", "action.beta"), ("group: u1, beta: 3}\nhmc: {configurations_every: -5", "configurations_every"),
    ])
    func refused(settings: String, named: String) throws {
        let text = "lattice: {extents: [4, 4]}\naction: {\(settings.contains("group") ? settings : "group: u1, \(settings)")}\n"
        let result = try flowtrain("hmc", "refused", ranks: 1, text: text)
        #expect(result.status == 65 && result.stderr.contains(named), "\(result.stderr)")
    }
}
