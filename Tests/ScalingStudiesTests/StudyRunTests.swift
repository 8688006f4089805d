import Batch
import Foundation
import ScalingStudies
import TestSupport
import Testing

/// `scaling run` from outside, with a script for an application.
@Suite struct StudyRunTests {
    @Test("a study that goes well: one record a run, repetitions outermost, exit 0; the same command again runs nothing")
    func good() throws {
        let study = try FakeStudy()
        try study.write("good")
        let first = try study.run()
        #expect(first.status == 0, "\(first.stderr)")
        let file = try study.file()
        #expect(file.records.map(\.key) == ["n1-p1-i1-r1", "n1-p2-i1-r1", "n1-p4-i1-r1", "n1-p1-i1-r2", "n1-p2-i1-r2", "n1-p4-i1-r2"])
        #expect(file.records.allSatisfy { $0.status == .passed && $0.attempt == 1 })
        let two = file.records[1]
        #expect(two.layout == Layout(ranks: 2) && two.samples == [7, 0.22, 0.22, 0.22] && two.counted() == [0.22, 0.22, 0.22])
        #expect(two.check.map(\.value) == ["0.5", "3"] && two.loadBalance == 0.9 && two.caseHash == "cafe" && two.launchSeconds > 0)
        let before = try Files.read(study.records)
        let again = try study.run()
        #expect(again.status == 0 && again.stdout.contains("0 runs passed, 6 had passed before, 0 failed"))
        #expect(try Files.read(study.records) == before)
    }

    @Test("runs that fail, hang, check wrongly, say nothing or run elsewhere are told one by one; the others are kept; exit 70",
        arguments: [
            ("fail", RunRecord.Status.failed, "no summary.json"), ("hang", .timedOut, "launch.time_limit"), ("wrong", .wrongCheck, "value is 0.25, wanted 0.5"),
            ("silent", .failed, "no summary.json"), ("short", .failed, "ran on 1 ranks, wanted 2"),
        ])
    func failing(_ command: String, _ status: RunRecord.Status, _ words: String) throws {
        let study = try FakeStudy()
        try study.write(command, repeats: 1)
        let result = try study.run()
        #expect(result.status == 70)
        #expect(result.stderr.contains("FAILED n1-p2-i1-r1: \(status.rawValue): ") && result.stderr.contains(words), "\(result.stderr)")
        #expect(try study.file().records.map(\.status) == [.passed, status, .passed])
        // Mended, only the failed run is made again, and the report counts its newest attempt.
        try "".write(toFile: study.directory.path("mended"), atomically: true, encoding: .utf8)
        let again = try study.run()
        #expect(again.status == 0 && again.stdout.contains("1 runs passed, 2 had passed before, 0 failed"), "\(again.stderr)")
        let file = try study.file()
        #expect(file.records.count == 4 && file.records[3].attempt == 2 && file.latest.allSatisfy { $0.status == .passed })
    }

    @Test("a torn last record is dropped and its run made again; a damaged record in the middle is refused with its line")
    func torn() throws {
        let study = try FakeStudy()
        try study.write("good", layouts: "{ranks: [1, 2]}", repeats: 1)
        #expect(try study.run().status == 0)
        let whole = try String(contentsOfFile: study.records, encoding: .utf8)
        let lines = whole.split(separator: "\n").map(String.init)
        try (lines[0] + "\n" + lines[1].prefix(200)).write(toFile: study.records, atomically: true, encoding: .utf8)
        let result = try study.run()
        #expect(result.status == 0 && result.stdout.contains("1 runs passed, 1 had passed before"), "\(result.stderr)")
        #expect(try String(contentsOfFile: study.records, encoding: .utf8).hasPrefix(lines[0] + "\n"))
        try (lines[0].prefix(100) + "\n" + lines[1] + "\n").write(toFile: study.records, atomically: true, encoding: .utf8)
        let refused = try study.run()
        #expect(refused.status == 65 && refused.stderr.contains("records.jsonl:1: "), "\(refused.stderr)")
    }

    @Test("records of a study that was changed are refused; more repeats of the same study are added")
    func changed() throws {
        let study = try FakeStudy()
        try study.write("good", layouts: "{ranks: [1]}", repeats: 1)
        #expect(try study.run().status == 0)
        try study.write("good", layouts: "{ranks: [1, 2]}", repeats: 1)
        #expect(try study.run().stdout.contains("1 runs passed, 1 had passed before"))
        try study.write("good", layouts: "{ranks: [1, 2]}", repeats: 1, more: "set: [\"x=2\"]")
        let refused = try study.run()
        #expect(refused.status == 65 && refused.stderr.contains("another study"))
    }

    @Test("a base with busy cores: one rank has a copy beside it, which counts as one rank and is checked, too")
    func filled() throws {
        let study = try FakeStudy()
        try study.write("good", layouts: "{ranks: [1, 2, 4], fill: 2}", more: "cool_down: 1\narguments: []")
        #expect(try study.run().status == 0)
        let result = try StudyResult(study.file().latest)
        #expect(result.rows.map(\.layout.name) == ["n1-p1-i2", "n1-p2-i1", "n1-p4-i1"])
        #expect(result.rows.allSatisfy { $0.runs.allSatisfy { $0.counted().count == 2 && $0.size == 100 } })
        // 0.4 s, 0.22 s and 0.14 s: the copy does not halve the base.
        #expect(zip(result.rows, [1, 0.4 / 0.44, 0.4 / 0.56]).allSatisfy { abs($0.efficiency.value - $1) < 1e-12 })
        #expect(try study.report().status == 0)
        #expect(try study.text("fake.md").contains("1 (2 copies) processes"))
        #expect(try study.file().records[0].commandLine.contains("none"))
    }

    @Test("throughput: instances run at the same time, each with a directory of its own, all checked")
    func throughput() throws {
        let study = try FakeStudy()
        try study.write("good", scaling: "throughput", layouts: "{ranks: 1, instances: [1, 3]}", repeats: 1, more: "keep_runs: true")
        let result = try study.run()
        #expect(result.status == 0, "\(result.stderr)")
        #expect(try study.file().records.map(\.layout.processes) == [1, 3])
        #expect(Files.exists(study.directory.path("out/runs/n1-p1-i3-r1-a1/3/summary.json")))
    }

    @Test("misspelt keys, open braces, unknown names and impossible layouts are refused before anything runs",
        arguments: [
            ("sclaing: strong", "scaling"), ("set: [\"a={ranks\"]", "without '}'"), ("set: [\"a={cores*2}\"]", "'cores'"),
            ("precision: float16", "float32"),
        ])
    func refusedStudies(_ line: String, _ words: String) throws {
        let study = try FakeStudy()
        try study.write("good", more: line)
        let result = try study.run()
        #expect(result.status == 65 && result.stderr.contains(words), "\(result.stderr)")
        #expect(!Files.exists(study.records))
    }

    @Test("a chain of jobs: each script asks for its layout's nodes and goes on with the same records")
    func jobScript() throws {
        let fake = try FakeStudy()
        try fake.write("good", layouts: "{nodes: [2], ranks_per_node: [64]}")
        let study = try Study(path: fake.directory.path("study.yaml"), overrides: ["launch.job_lines=['#SBATCH --account=x', 'module load didymos']"])
        let script = BatchSubmission(study, studyPath: "it's.yaml", output: "out").script(study.layouts[0])
        for line in ["#SBATCH --nodes=2", "#SBATCH --ntasks=128", "#SBATCH --account=x", "module load didymos"] { #expect(script.contains(line + "\n")) }
        #expect(script.contains("run 'it'\\''s.yaml' --output 'out' --with srun --layout n2-p128-i1"))
        let path = fake.directory.path("job.sh")
        try script.write(toFile: path, atomically: true, encoding: .utf8)
        #expect(try ChildProcess(["bash", "-n", path]).wait(timeout: 20).status == 0)
    }
}
