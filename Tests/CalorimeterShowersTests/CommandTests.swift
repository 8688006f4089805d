import Foundation
import ParallelHDF5
import TestSupport
import Testing

@Suite("gan3d simulate, preprocess and validate on ranks")
struct CommandTests {
    let directory: TemporaryDirectory
    static let settings = """
        seed: 5
        detector:
          pads: [11, 13]
          layers: [{repeat: 6, absorber_thickness: 7, active_thickness: 0.5, gap: 1}]
        simulation: {events: 70, events_per_file: 40, energy: [20, 60]}
        preprocessing: {deflate: 1}
        """

    init() throws {
        directory = try TemporaryDirectory()
        try Self.settings.write(toFile: directory.path("run.yaml"), atomically: true, encoding: .utf8)
    }

    private func run(_ command: String, ranks: Int?, run: String, _ more: [String] = []) throws -> ProcessResult {
        try MPIRun.run(
            executable: "gan3d", arguments: [command, directory.path("run.yaml")] + more + ["--run", directory.path(run)], ranks: ranks, timeout: 100)
    }

    /// All numbers of a file, dataset by dataset.
    private func content(_ path: String) throws -> [String: [Double]] {
        try HDF5File.with(.open(path, communicator: nil)) { file in
            var result: [String: [Double]] = [:]
            for name in try file.root.memberNames { result[name] = try file.root.read(name, as: Double.self) }
            return result
        }
    }

    @Test("simulate, preprocess and validate give the same bits on 1, 2 and 3 ranks; a second start finds all files done")
    func sameBits() throws {
        var files: [[String: [Double]]] = []
        var training: [[String: [Double]]] = []
        var separations: [String] = []
        for ranks in 1...3 {
            let name = "run\(ranks)"
            let simulated = try run("simulate", ranks: ranks, run: name)
            #expect(simulated.status == 0, "\(simulated.stderr)")
            #expect(try run("preprocess", ranks: ranks, run: name).status == 0)
            let (a, b) = (directory.path("\(name)/showers-0000.h5"), directory.path("\(name)/showers-0001.h5"))
            let compared = try run("validate", ranks: ranks, run: name, [a, b])
            #expect(compared.status == 0, "\(compared.stderr)")
            files.append(try content(b))
            training.append(try content(directory.path("\(name)/training.h5")))
            separations.append(
                try HDF5File.with(.open(directory.path("\(name)/validation.h5"), communicator: nil)) { file in
                    let mean = try file.root.group("comparison/profiles/sample").read("depth_mean", as: Double.self)
                    return "\(mean) \(try file.root.group("comparison/histograms/hits").read("sample", as: Int64.self))"
                })
        }
        #expect(files[0]["ECAL"]?.count == 30 * 11 * 13 * 6)
        #expect(training[0]["ECAL"]?.count == 70 * 11 * 13 * 6)
        for other in 1..<3 {
            #expect(files[other] == files[0])
            #expect(training[other] == training[0])
            #expect(separations[other] == separations[0])
        }
        let again = try run("simulate", ranks: 2, run: "run1")
        #expect(again.status == 0)
        let summary = try String(contentsOfFile: directory.path("run1/summary-simulate.json"), encoding: .utf8)
        #expect(summary.contains("\"events_simulated_now\": 0"))
        let other = try run("simulate", ranks: 1, run: "run1", ["--set", "simulation.energy=[20, 50]"])
        #expect(other.status == 65)
        #expect(other.stderr.contains("showers-0000.h5") && other.stderr.contains("other settings"))
    }

    @Test("out of time: exit code 75 with whole files only; the same command goes on, on other ranks, to the same showers")
    func stopped() throws {
        // The margin before the limit is longer than the limit: the first look at the clock stops.
        let stopped = try run("simulate", ranks: 2, run: "a", ["--time-limit", "5"])
        #expect(stopped.status == 75, "\(stopped.stderr)")
        #expect(FileManager.default.fileExists(atPath: directory.path("a/showers-0000.h5")))
        #expect(!FileManager.default.fileExists(atPath: directory.path("a/showers-0001.h5")))
        #expect(try run("simulate", ranks: 3, run: "a").status == 0)
        #expect(try run("simulate", ranks: 1, run: "b").status == 0)
        #expect(try content(directory.path("a/showers-0001.h5")) == content(directory.path("b/showers-0001.h5")))
        let encoding = try run("preprocess", ranks: 2, run: "a", ["--time-limit", "5"])
        #expect(encoding.status == 75, "\(encoding.stderr)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path("a")).allSatisfy { !$0.contains("training") })
        #expect(try run("preprocess", ranks: 1, run: "a").status == 0)
    }

    @Test("training cells are (scale x energy)^exponent, cut, with conditions and units; faulty showers are dropped only when asked")
    func training() throws {
        let grid = ShowerSamples.grid
        let path = directory.path("in.h5")
        try ShowerSamples.write(path) { stored, _ in
            stored[5 * grid.cells] = .nan
            stored[20 * grid.cells + 1] = -1
        }
        let refused = try run("preprocess", ranks: 2, run: "a", [path])
        #expect(refused.status == 65)
        #expect(refused.stderr.contains("in.h5") && refused.stderr.contains("shower 5") && refused.stderr.contains("/ECAL"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path("a")).allSatisfy { !$0.contains("training") })
        // 1.0 and more of the stored units survive: 0.02 GeV.
        let dropped = try run(
            "preprocess", ranks: 2, run: "a",
            [path, "--set", "preprocessing.cleaning.faulty=drop", "--set", "preprocessing.cleaning.cell_threshold=0.02", "--set", "preprocessing.cleaning.energy_range=[10, 40]"])
        #expect(dropped.status == 0, "\(dropped.stderr)")
        // Energies 10 to 46 GeV: 6 are above 40, 2 are faulty.
        let kept = (0..<31).filter { $0 != 5 && $0 != 20 }
        let file = try content(directory.path("a/training.h5"))
        #expect(file["energy"] == kept.map { Double(10 + $0) })
        let wanted = kept.flatMap { i in
            (0..<grid.cells).map { k -> Double in
                let stored = Double(ShowerSamples.cell(i, k))
                return stored < 1 ? 0 : pow(stored, 0.85)
            }
        }
        for (found, wanted) in zip(file["ECAL"] ?? [], wanted) { #expect(abs(found - wanted) <= 1e-6 * wanted) }
        #expect(file["ECAL"]?.count == wanted.count)
        #expect(file["conditions"]?[0] == Double(Float(0.1)))
        let (units, columns) = try HDF5File.with(.open(directory.path("a/training.h5"), communicator: nil)) { file in
            (
                try ["ECAL", "energy", "theta"].map { try file.root.dataset($0).units() },
                try file.root.dataset("conditions").stringAttributes("columns")
            )
        }
        #expect(units == ["(energy in GeV * 50.0)^0.85", "GeV", "rad"])
        #expect(columns == ["energy", "theta", "particle", "geometry", "position_x", "position_y"])
    }

    @Test("the example runs as it is; a misspelt key, an energy beyond the formulas and no input are refused with the documented code")
    func refusals() throws {
        let example = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("examples/showers.yaml").path
        let small = try MPIRun.run(
            executable: "gan3d", arguments: ["simulate", example, "--run", directory.path("example"), "--set", "simulation.events=8"], ranks: 2, timeout: 100)
        #expect(small.status == 0, "\(small.stderr)")
        let misspelt = try run("simulate", ranks: 2, run: "b", ["--set", "simulation.event=5"])
        #expect(misspelt.status == 65)
        #expect(misspelt.stderr.contains("'event'") && misspelt.stderr.contains("events"))
        let beyond = try run("simulate", ranks: 2, run: "b", ["--set", "simulation.energy=[0.1, 5]"])
        #expect(beyond.status == 65)
        #expect(beyond.stderr.contains("simulation.energy") && beyond.stderr.contains("0.1"))
        let nothing = try run("preprocess", ranks: 2, run: "b")
        #expect(nothing.status == 65)
        #expect(nothing.stderr.contains("gan3d simulate"))
    }
}
