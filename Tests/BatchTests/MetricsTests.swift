import Batch
import Foundation
import TestSupport
import Testing

@Suite struct MetricsTests {
    private let root: TemporaryDirectory
    private let directory: RunDirectory
    init() throws {
        root = try TemporaryDirectory()
        directory = try RunDirectory(path: root.path("run"))
    }

    private func metrics(active: Bool = true) -> Metrics {
        Metrics(directory: directory, isRoot: active, tensorBoard: true, prometheus: true, name: "train")
    }

    private func lines() throws -> [JSON] {
        try String(contentsOfFile: directory.path("metrics-train.jsonl"), encoding: .utf8).split(separator: "\n")
            .map { try JSON(parsing: String($0)) }
    }

    @Test("a record is one line, and everything but wall is the same bytes in every run")
    func lineFormat() throws {
        let metrics = metrics()
        try metrics.record(step: 3, ["loss": 0.1, "acceptance": 1 / 3], wall: ["seconds_per_step": 0.5])
        try metrics.record(step: 4, ["loss": .nan])
        let text = try String(contentsOfFile: directory.path("metrics-train.jsonl"), encoding: .utf8)
        #expect(text.hasPrefix(#"{"step":3,"acceptance":0.3333333333333333,"loss":0.1,"wall":{"time":"#))
        let records = try lines()
        #expect(records[0]["wall"]?["seconds_per_step"]?.double == 0.5)
        #expect(records[1]["loss"] == .null)
    }

    @Test("a rank that does not speak writes nothing")
    func silent() throws {
        let metrics = metrics(active: false)
        try metrics.record(step: 1, ["a": 1])
        try metrics.truncate(afterStep: 0)
        try metrics.close()
        #expect(try Files.list(directory.path) == ["lock"])
    }

    @Test("going on from a checkpoint removes later records and what was half-written, so the series is told once")
    func resume() throws {
        let first = metrics()
        for step in 1...10 { try first.record(step: step, ["loss": Double(step)]) }
        try first.close()
        let line = try OutputFile(directory.path("metrics-train.jsonl"), mode: .append)
        try line.write("{\"step\":11,\"lo")
        let eventFile = try #require(try Files.list(directory.path("tensorboard/train")).first)
        let event = try OutputFile(directory.path("tensorboard/train/\(eventFile)"), mode: .append)
        try event.write([24, 0, 0, 0, 0])

        let second = metrics()
        try second.truncate(afterStep: 6)
        for step in 7...12 { try second.record(step: step, ["loss": -Double(step)]) }
        try second.close()
        let steps = try lines().map { $0["step"]?.integer }
        #expect(steps == (1...12).map { $0 })
        #expect(try lines()[6]["loss"]?.double == -7)
        #expect(try Files.list(directory.path("tensorboard/train")).count == 1)
    }

    @Test("TensorBoard reads the event file, also after a restart",
          .enabled(if: PythonPeer.has("tensorboard"), "peer tensorboard not installed"))
    func tensorBoard() throws {
        let first = metrics()
        for step in 1...200 { try first.record(step: step, ["loss": 1 / Double(step), "flow/acceptance": 0.5]) }
        try first.close()
        let second = metrics()
        try second.truncate(afterStep: 150)
        for step in 151...160 { try second.record(step: step, ["loss": 2]) }
        try second.record(step: 1 << 33, ["loss": 3])
        try second.close()
        let output = try PythonPeer.run(
            """
            import sys
            from tensorboard.backend.event_processing import event_accumulator
            events = event_accumulator.EventAccumulator(sys.argv[1], size_guidance={'scalars': 0})
            events.Reload()
            print(sorted(events.Tags()['scalars']))
            loss = events.Scalars('loss')
            print(len(loss), [e.step for e in loss] == list(range(1, 161)) + [2**33])
            print(loss[3].value, loss[149].value == __import__('numpy').float32(1/150), loss[150].value, loss[-1].value)
            print(len(events.Scalars('flow/acceptance')))
            """, arguments: [directory.path("tensorboard/train")])
        #expect(output == "['flow/acceptance', 'loss']\n161 True\n0.25 True 2.0 3.0\n150\n")
    }

    @Test("TensorBoard's own record reader finds nothing torn",
          .enabled(if: PythonPeer.has("tensorboard"), "peer tensorboard not installed"))
    func recordFraming() throws {
        let metrics = metrics()
        for step in 0..<5 { try metrics.record(step: step, ["é": Double(step)]) }
        try metrics.close()
        let output = try PythonPeer.run(
            """
            import sys, glob
            from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
            events = list(EventFileLoader(glob.glob(sys.argv[1] + '/*')[0]).Load())
            print(events[0].file_version, [e.step for e in events[1:]], events[1].summary.value[0].tag)
            """, arguments: [directory.path("tensorboard/train")])
        #expect(output == "brain.Event:2 [0, 1, 2, 3, 4] é\n")
    }

    private static let hasPromtool = (try? ChildProcess(["promtool", "--version"]).wait(timeout: 20).status) == 0

    @Test("promtool accepts the text file, whatever the figures are called",
          .enabled(if: hasPromtool, "peer promtool not installed"))
    func promtool() throws {
        let metrics = metrics()
        try metrics.record(
            step: 1,
            ["loss": 0.5, "effectiveSampleSize": .nan, "time/step": .infinity, "steps_total": 1, "n_count": 2, "2nd \"x\"\\": 3, "λ": 4, "loss ": 7],
            wall: ["seconds": 1e-7])
        try metrics.flush()
        let path = directory.path("metrics-train.prom")
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.contains("# TYPE didymos_train_loss gauge\ndidymos_train_loss{run=\"run\"} 0.5\n"))
        #expect(text.contains("didymos_train_effective_sample_size{run=\"run\"} NaN\n"))
        let result = try ChildProcess(["sh", "-c", "promtool check metrics < \(path)"]).wait(timeout: 30)
        #expect(result.status == 0, "\(result.stdout)\(result.stderr)")
    }
}
