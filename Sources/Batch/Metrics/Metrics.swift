import CProcess
import Glibc

/// The figures of a run as it goes, in three forms, from one rank. *Not collective;* other ranks' calls do nothing.
///
/// - `metrics-NAME.jsonl`: one JSON object per record, `{"step":3,"loss":0.25,"wall":{…}}`. Everything but `wall` has the same
///   bytes on any number of ranks.
/// - `tensorboard/NAME/`: an event file for TensorBoard.
/// - `metrics-NAME.prom`: the last values, for the textfile collector of Prometheus.
///
/// A record is handed to the system at once, so that whatever a checkpoint has seen survives the death of the job.
public final class Metrics {
    private let directory: RunDirectory
    private let name: String
    private let isActive: Bool
    private let tensorBoard: Bool
    private let prometheus: Bool
    private var lines: OutputFile?
    private var events: OutputFile?
    private var last: [(name: String, value: Double)] = []
    private var lastExport = -Double.infinity

    public init(directory: RunDirectory, isRoot: Bool, tensorBoard: Bool, prometheus: Bool, name: String = "run") {
        self.directory = directory
        self.name = name
        isActive = isRoot
        self.tensorBoard = tensorBoard
        self.prometheus = prometheus
    }

    private var linesPath: String { directory.path("metrics-\(name).jsonl") }
    private var eventsDirectory: String { directory.path("tensorboard/\(name)") }

    /// Adds a record. `wall` holds what differs between equal runs, such as rates and times; the time of day is added to it.
    /// Throws if the files cannot be written.
    public func record(step: Int, _ values: [String: Double], wall: [String: Double] = [:]) throws {
        guard isActive else { return }
        let time = process_wall_seconds()
        let sorted = values.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
        let sortedWall = wall.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }

        var object = JSONObject()
        object["step"] = .integer(step)
        for (name, value) in sorted where name != "step" && name != "wall" { object[name] = .number(value) }
        var wallObject = JSONObject()
        wallObject["time"] = .number((time * 1000).rounded() / 1000)
        for (name, value) in sortedWall { wallObject[name] = .number(value) }
        object["wall"] = .object(wallObject)
        try openLines().write(JSON.object(object).text + "\n")

        let all = sorted + sortedWall
        if tensorBoard {
            try openEvents().write(EventRecord.scalars(all.map { (tag: $0.name, value: $0.value) }, step: step, wallTime: time))
        }
        last = [(name: "step", value: Double(step))] + all
        if prometheus, process_monotonic_seconds() - lastExport >= 5 { try export() }
    }

    /// Removes the records after `step`, so that a run that goes on from a checkpoint does not tell the same steps twice.
    /// Also removes what a killed job left half-written.
    public func truncate(afterStep step: Int) throws {
        guard isActive else { return }
        try close()
        if Files.exists(linesPath) {
            let kept = try Files.read(linesPath).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true).filter {
                guard let line = try? JSON(parsing: String(decoding: $0, as: UTF8.self)), let its = line["step"]?.integer else { return false }
                return its <= step
            }
            try Files.writeAtomically(linesPath, kept.flatMap { Array($0) + [UInt8(ascii: "\n")] })
        }
        guard Files.exists(eventsDirectory) else { return }
        for file in try Files.list(eventsDirectory) where file.contains("tfevents") {
            let path = "\(eventsDirectory)/\(file)"
            let kept = EventRecord.split(try Files.read(path)).filter { $0.step <= step }
            try Files.writeAtomically(path, kept.flatMap(\.record))
        }
    }

    /// Brings everything to the disk, and the Prometheus file up to date.
    public func flush() throws {
        guard isActive else { return }
        try lines?.synchronize()
        try events?.synchronize()
        if prometheus, !last.isEmpty { try export() }
    }

    /// Flushes and closes the files; the next record opens them again.
    public func close() throws {
        try flush()
        try lines?.close()
        try events?.close()
        lines = nil
        events = nil
    }

    private func openLines() throws -> OutputFile {
        if let lines { return lines }
        let file = try OutputFile(linesPath, mode: .append)
        lines = file
        return file
    }

    /// One event file for all restarts: TensorBoard follows the newest file only.
    private func openEvents() throws -> OutputFile {
        if let events { return events }
        try Files.makeDirectories(eventsDirectory)
        let existing = try Files.list(eventsDirectory).last { $0.contains("tfevents") }
        let time = process_wall_seconds()
        let fileName = existing ?? "events.out.tfevents.\(Int(time)).\(HostInformation.name)"
        let file = try OutputFile("\(eventsDirectory)/\(fileName)", mode: .append)
        if existing == nil { try file.write(EventRecord.fileVersion(wallTime: time)) }
        events = file
        return file
    }

    private func export() throws {
        lastExport = process_monotonic_seconds()
        let run = directory.path.split(separator: "/").last.map(String.init) ?? directory.path
        let text = PrometheusText.gauges(last, command: name, run: run)
        try directory.writeAtomically("metrics-\(name).prom", text: text)
    }
}
