import Batch
import GaugeFiles
import LatticeFields
import MessagePassing

/// The data files that openQCD's ym1 keeps of a chain, written as it goes: NAME.dat of the trajectories, NAME.ms.dat of the gradient flow, both appended to only,
/// and their copies `NAME.dat~`, `NAME.ms.dat~` as they were at the newest checkpoint.
///
/// A chain that goes on from a checkpoint first cuts off the records after it, so that the files have the same bytes however often it was stopped.
/// All calls are *collective*; rank 0 writes.
final class OpenQCDChainLog {
    private struct LogFile {
        let path: String
        let head: [UInt8]
        let recordBytes: Int
    }

    private let communicator: Communicator
    private let runs: LogFile
    private let flows: LogFile?

    /// - Parameter name: NAME, in the run's directory.
    init(name: String, directory: RunDirectory, flow: GaugeSettings.FlowMeasurement, timeSlices: Int, communicator: Communicator) {
        self.communicator = communicator
        runs = LogFile(path: directory.path("\(name).dat"), head: [], recordBytes: OpenQCDRunLog.recordBytes)
        flows =
            flow.every == 0
            ? nil
            : LogFile(
                path: directory.path("\(name).ms.dat"),
                head: OpenQCDFlowLog.head(interval: flow.stepsPerPoint, points: flow.points, timeSlices: timeSlices, step: flow.step),
                recordBytes: OpenQCDFlowLog.recordBytes(points: flow.points, timeSlices: timeSlices))
    }

    private var files: [LogFile] { [runs] + (flows.map { [$0] } ?? []) }

    /// Starts the files of a new chain.
    /// - Throws: `LatticeError` where one is there already: openQCD's users expect that nothing is overwritten.
    func start() throws {
        try onRoot {
            for file in files {
                guard !Files.exists(file.path) else {
                    throw LatticeError("\(file.path): is there already, and no checkpoint to go on from; move it away, or use another run directory")
                }
                try Files.writeAtomically(file.path, file.head)
            }
        }
    }

    /// Cuts off what was written after update `position`.
    func resume(after position: Int) throws {
        try onRoot {
            for file in files {
                let bytes = Files.exists(file.path) ? try Files.read(file.path) : []
                guard bytes.starts(with: file.head) else {
                    throw LatticeError("\(file.path): does not begin as this chain's file did; put \(file.path)~ in its place, or use another run directory")
                }
                var end = file.head.count
                while end + file.recordBytes <= bytes.count, Self.trajectory(bytes, at: end) <= position { end += file.recordBytes }
                if end < bytes.count || !Files.exists(file.path) { try Files.writeAtomically(file.path, bytes[..<min(end, bytes.count)]) }
            }
        }
    }

    private static func trajectory(_ bytes: [UInt8], at offset: Int) -> Int {
        Int(Int32(bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }))
    }

    func append(_ record: OpenQCDRunLog.Record) throws { try append(record.bytes, to: runs) }

    func append(_ points: [FlowSlices], trajectory: Int) throws {
        guard let flows else { return }
        let record = OpenQCDFlowLog.Record(
            trajectory: trajectory, wilson: points.map(\.wilson), clover: points.map(\.clover), charge: points.map(\.charge))
        try append(record.bytes, to: flows)
    }

    /// Copies the files, for the checkpoint that is being written.
    func backUp() throws {
        try onRoot { for file in files { try Files.writeAtomically("\(file.path)~", try Files.read(file.path)) } }
    }

    private func append(_ bytes: [UInt8], to file: LogFile) throws {
        try onRoot {
            let output = try OutputFile(file.path, mode: .append)
            try output.write(bytes)
            try output.close()
        }
    }

    private func onRoot(_ body: () throws -> Void) throws {
        try communicator.agree { if communicator.isRoot { try body() } }
    }
}
