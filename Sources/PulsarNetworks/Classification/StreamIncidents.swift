import Batch
import MessagePassing
import ParallelHDF5
import PulsarFrames
import RadioStreams

/// What happened to a recording while ranks read it: said once in the log, and the time that is missing in it.
final class StreamIncidents {
    private let context: JobContext
    private let path: String
    private let recording: RecordingInput?
    private var told = 0
    private var texts: Set<String> = []
    /// Time missing before samples of the recording.
    private var gaps: [(sample: Int, seconds: Double)] = []
    var count: Int { texts.count }

    /// - Parameter recording: nil for frames of a file, to which nothing happens.
    init(_ context: JobContext, path: String, recording: RecordingInput?) {
        (self.context, self.path, self.recording) = (context, path, recording)
    }

    /// *Collective.*
    func note() throws {
        guard let recording else { return }
        let news = recording.reader.incidents.dropFirst(told)
        told = recording.reader.incidents.count
        // The rank that meets an end is often another than the one that writes the log; two that meet the same say it once.
        let all = try context.communicator.allGather(Array(news.map(\.description).joined(separator: "\n").utf8))
        for text in all.flatMap({ String(decoding: $0, as: UTF8.self).split(separator: "\n") }) where texts.insert(String(text)).inserted {
            context.log.warning("\(path): \(text)")
        }
        let missing = try context.communicator.allGather(news.filter { $0.missingSeconds > 0 }.flatMap { [Double($0.sample), $0.missingSeconds] }).flatMap { $0 }
        for i in stride(from: 0, to: missing.count, by: 2) where !gaps.contains(where: { $0.sample == Int(missing[i]) }) {
            gaps.append((Int(missing[i]), missing[i + 1]))
        }
        gaps.sort { $0.sample < $1.sample }
    }

    /// Seconds from the start of the recording to a sample, gaps included.
    /// - Parameter step: seconds between samples.
    func time(_ sample: Int, step: Double) -> Double { gaps.reduce(Double(sample) * step) { $1.sample <= sample ? $0 + $1.seconds : $0 } }

    /// *Collective.*
    func write(to group: HDF5Group) throws {
        guard !gaps.isEmpty else { return }
        try group.write("gap_samples", gaps.map { Int64($0.sample) })
        try group.write("gap_seconds", gaps.map(\.seconds))
    }

    func restore(from group: HDF5Group) throws {
        guard try group.hasObject("gap_samples") else { return }
        gaps = zip(try group.read("gap_samples", as: Int64.self), try group.read("gap_seconds", as: Double.self)).map { (Int($0), $1) }
    }
}

/// A recording or a file of frames, by its first bytes.
struct OpenedFrames {
    let input: any FrameInput
    /// nil for frames of an HDF5 file.
    let recording: RecordingInput?
    /// Whether the input's numbers are its codes.
    let isExact: Bool

    /// - Throws: `ClassifierError` if its axes are not these; what readers throw. *Not collective.*
    init(_ path: String, axes: FrameAxes, overlap: Double, patience: Double) throws {
        let start = path == "-" ? [] : try FileStart.bytes(path, count: 8)
        if start == [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a] {
            (input, recording, isExact) = (try FileInput(path, axes: axes), nil, true)
        } else {
            let recording = try RecordingInput(RecordedStream.open(path, patience: patience), axes: axes, overlap: overlap)
            (input, self.recording, isExact) = (recording, recording, !start.starts(with: Array("SIMPLE".utf8)))
        }
    }
}
