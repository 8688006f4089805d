import Batch

/// A file of records, one JSON object a line, to which lines are only ever added.
public struct RecordFile: Sendable {
    public let path: String
    public private(set) var records: [RunRecord] = []
    /// A last line without its end: a run of `scaling` that was killed while writing. It is not counted.
    public private(set) var tornLine: String?
    /// Whether the last record lacks its line's end.
    private var endsOpen = false

    /// Reads the file; one that does not exist holds nothing. Throws a `ScalingError` that names the line.
    public init(path: String) throws {
        self.path = path
        guard Files.exists(path) else { return }
        guard let text = String(validating: try Files.read(path), as: UTF8.self) else { throw ScalingError("\(path): not UTF-8 text, so not records") }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        endsOpen = lines.last?.isEmpty == false
        for (index, line) in lines.enumerated() where !line.isEmpty {
            do {
                records.append(try RunRecord(json: JSON(parsing: String(line), name: "record")))
            } catch {
                if index == lines.count - 1 {
                    tornLine = String(line)
                    endsOpen = false
                    return
                }
                throw ScalingError("\(path):\(index + 1): \(error); remove the line or restore the file")
            }
        }
    }

    /// Adds a record and returns when it is on the disk. Throws if the last line is incomplete. *Not collective.*
    public mutating func append(_ record: RunRecord) throws {
        if let tornLine { throw ScalingError("\(path): the last line is incomplete: \(tornLine.prefix(80))") }
        let file = try OutputFile(path, mode: .append)
        try file.write((endsOpen ? "\n" : "") + record.json.text + "\n")
        try file.synchronize()
        try file.close()
        endsOpen = false
        records.append(record)
    }

    /// Cuts off an incomplete last line, so that records can be added; whole lines keep their bytes. Returns what was cut.
    public mutating func dropTornLine() throws -> String? {
        guard let torn = tornLine else { return nil }
        try Files.writeAtomically(path, Array(Files.read(path).dropLast(torn.utf8.count)))
        tornLine = nil
        return torn
    }

    /// The newest record of each run, in the order in which the runs were first made.
    public var latest: [RunRecord] {
        var order: [String] = [], newest: [String: RunRecord] = [:]
        for record in records {
            if newest[record.key] == nil { order.append(record.key) }
            newest[record.key] = record
        }
        return order.compactMap { newest[$0] }
    }
}
