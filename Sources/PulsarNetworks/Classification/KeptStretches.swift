import Batch
import RadioStreams

/// What of a recording is kept: unions of kept frames, each as a SIGPROC file with the recording's own numbers. All ranks know the stretches, the
/// first writes them.
final class KeptStretches {
    struct Stretch: Equatable {
        /// Samples of the recording.
        var begin: Int
        var end: Int
    }

    private(set) var all: [Stretch] = []
    /// Whether the last stretch may still grow.
    private(set) var isOpen = false
    private let directory: String
    private let recording: String
    private let header: StreamHeader
    private let isRoot: Bool
    private let patience: Double
    /// For recordings that can be read again.
    private var rereader: (any StreamReader)?
    private var writer: (any StreamWriter)?

    var samples: Int { all.reduce(0) { $0 + $1.end - $1.begin } }

    /// - Parameter bits: those that hold the recording's numbers exactly.
    init(directory: String, recording: String, header: StreamHeader, bits: Int, isRoot: Bool, patience: Double) {
        self.directory = directory
        self.recording = recording
        self.isRoot = isRoot
        self.patience = patience
        var header = header
        header.bits = bits
        if bits == 32 { header.isSigned = false }
        header.sampleCount = nil
        self.header = header
    }

    static func name(_ index: Int) -> String {
        let digits = "\(index + 1)"
        return "stretch-" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits + ".fil"
    }

    func path(_ index: Int) -> String { "\(directory)/\(Self.name(index))" }

    /// Makes the directory and removes what an earlier run left in it. On the first rank.
    func clear() throws {
        try Files.makeDirectories(directory)
        for name in try Files.list(directory) where name.hasPrefix("stretch-") { try Files.remove("\(directory)/\(name)") }
    }

    /// Goes on after a restart.
    func restore(_ stretches: [Stretch], isOpen: Bool) { (all, self.isOpen) = (stretches, isOpen) }

    /// Takes a kept frame; frames come in the order of time. *Not collective;* the same on every rank.
    func keep(_ frame: Range<Int>, input: RecordingInput, time: (Int) -> Double) throws {
        if isOpen, let last = all.last, frame.lowerBound <= last.end {
            all[all.count - 1].end = max(last.end, frame.upperBound)
        } else {
            try close(time: time, input: input)
            all.append(Stretch(begin: frame.lowerBound, end: frame.upperBound))
            isOpen = true
        }
        try write(input, time)
    }

    /// Says that frames from `sample` on are yet to come: a stretch that ends before is complete.
    func advance(to sample: Int, input: RecordingInput, time: (Int) -> Double) throws {
        if let last = all.last, isOpen, last.end < sample { try close(time: time, input: input) }
    }

    func close(time: (Int) -> Double, input: RecordingInput) throws {
        guard isOpen else { return }
        try write(input, time)
        try writer?.finish()
        (writer, isOpen) = (nil, false)
    }

    /// Appends what the last stretch's file lacks.
    private func write(_ input: RecordingInput, _ time: (Int) -> Double) throws {
        guard isRoot, let stretch = all.last else { return }
        if writer == nil {
            var header = header
            if let start = self.header.start.adding(time(stretch.begin)) { header.start = start }
            writer = try RecordedStream.create(path(all.count - 1), format: .sigproc, header: header, resume: true)
        }
        guard let writer else { return }
        var from = stretch.begin + writer.samplesWritten
        while from < stretch.end {
            let range = from..<min(stretch.end, from + max(1, (1 << 20) / header.rowCount))
            if let rows = input.held(range) {
                try writer.append(rows, count: range.count)
            } else {
                try writer.append(try read(range), rowCount: header.rowCount)
            }
            from = range.upperBound
        }
    }

    private func read(_ range: Range<Int>) throws -> [Float] {
        let reader = try rereader ?? RecordedStream.open(recording, patience: patience)
        rereader = reader
        guard reader.isSeekable else { throw ClassifierError("\(recording): samples \(range) have gone by and cannot be read again") }
        try reader.seek(toSample: range.lowerBound)
        let values = try reader.read(range.count)
        guard values.count == range.count * header.rowCount else {
            throw ClassifierError("\(recording): found \(values.count / header.rowCount) samples from \(range.lowerBound) on, wanted \(range.count)")
        }
        return values
    }
}
