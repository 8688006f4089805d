import Batch
import Foundation
import ScalingStudies
import TestSupport

/// A study of a shell script that writes the summary an application would, in a directory of its own.
///
/// The script's first word says what it does: `good`; `fail`, `hang`, `wrong`, `silent` or `short` go wrong on two ranks only.
struct FakeStudy {
    let directory: TemporaryDirectory

    static let script = """
        #!/bin/bash
        what=$1; run=$4; rank=${OMPI_COMM_WORLD_RANK:-0}; size=${OMPI_COMM_WORLD_SIZE:-1}
        [ -e "$(dirname "$0")/mended" ] && what=good
        if [ $size = 2 ]; then
            [ $what = fail ] && exit 70
            [ $what = hang ] && exec sleep 60
        fi
        [ $rank = 0 ] || exit 0
        mkdir -p "$run"
        hash=cafe; value=0.5; ranks=$size
        if [ $size = 2 ]; then
            [ $what = wrong ] && value=0.25
            [ $what = silent ] && exit 0
            [ $what = short ] && ranks=1
        fi
        t=0.4; [ $size = 2 ] && t=0.22; [ $size = 4 ] && t=0.14
        cat > "$run/summary.json" <<END
        {"version": "0", "revision": "r", "exit": {"code": 0, "reason": "finished"}, "wall_seconds": 9.5, "ranks": $ranks,
         "message_passing": "fake", "configuration": {"hash": "$hash"}, "results": {"value": $value, "nested": {"value": 3}},
         "phases": [{"name": "compute", "min_seconds": $t, "mean_seconds": $t, "max_seconds": $t}],
         "parallel": {"load_balance": 0.9, "communication_efficiency": 0.8},
         "memory": {"peak_bytes_per_rank_max": 1000, "peak_bytes_per_rank_mean": 900},
         "steps": {"count": 4, "steps_per_sample": 1, "sample_seconds": [7, $t, $t, $t]}}
        END
        """

    init() throws {
        directory = try TemporaryDirectory()
        try Self.script.write(toFile: directory.path("fake.sh"), atomically: true, encoding: .utf8)
        chmod(directory.path("fake.sh"), 0o755)
        try "x: 1\n".write(toFile: directory.path("case.yaml"), atomically: true, encoding: .utf8)
    }

    func write(_ command: String, scaling: String = "strong", layouts: String = "{ranks: [1, 2, 4]}", repeats: Int = 2, more: String = "") throws {
        let environment = MPIRun.environment.filter { !$0.value.contains(",") }.map { "\"\($0.key)=\($0.value)\"" }.sorted().joined(separator: ", ")
        let text = """
            name: fake
            application: \(directory.path("fake.sh"))
            command: \(command)
            configuration: case.yaml
            scaling: \(scaling)
            layouts: \(layouts)
            repeats: \(repeats)
            warm_up: 1
            size: {value: 100, unit: sites, operations: 1.0e9}
            check: {results: [value, nested.value]}
            launch: {time_limit: 5, environment: [\(environment)]}
            production: {runs: 10, steps: 3600, ranks: 2}
            \(more)
            """
        try text.write(toFile: directory.path("study.yaml"), atomically: true, encoding: .utf8)
    }

    func run(_ more: String...) throws -> ProcessResult {
        try MPIRun.run(
            executable: "scaling", arguments: ["run", directory.path("study.yaml"), "--output", directory.path("out")] + more, ranks: nil, timeout: 120)
    }

    func report(_ more: String...) throws -> ProcessResult {
        try MPIRun.run(
            executable: "scaling", arguments: ["report", records, "--output", directory.path("report")] + more, ranks: nil, timeout: 60)
    }

    var records: String { directory.path("out/records.jsonl") }
    func file() throws -> RecordFile { try RecordFile(path: records) }
    func text(_ name: String) throws -> String { try String(contentsOfFile: directory.path("report/\(name)"), encoding: .utf8) }
}
