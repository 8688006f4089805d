import Batch
import Glibc
import MessagePassing
import ParallelHDF5
import PulsarFrames
import RadioStreams

/// `kept.h5`: the kept frames as the network's axes have them, from the stretches that were written or from the file of frames.
struct KeptFrames {
    let frames: [Int64]
    let starts: [Int64]
    let classes: [Int64]
    let limit: Int

    /// How many frames were written. *Collective.*
    func write(_ context: JobContext, model: ClassifierModel, file: FrameFile?, stretches: KeptStretches?, time: (Int) -> Double) throws -> Int {
        let count = min(frames.count, limit)
        guard count > 0 else {
            try context.communicator.agree { if context.communicator.isRoot { try Files.remove(context.directory.path("kept.h5")) } }
            return 0
        }
        let (channels, samples) = (model.axes.channels, model.axes.samples)
        let communicator = context.communicator
        let share = CartesianGrid.share(of: count, parts: communicator.size, part: communicator.rank)
        let rounds = (CartesianGrid.share(of: count, parts: communicator.size, part: 0).count + 15) / 16
        let source = KeptFrameSource(model: model, file: file, stretches: stretches)
        try context.writeData("kept.h5") { output in
            let root = output.root
            try root.setAttribute("first_frequency_MHz", model.axes.firstFrequency)
            try root.setAttribute("channel_bandwidth_MHz", model.axes.channelBandwidth)
            try root.setAttribute("sampling_time_s", model.axes.samplingTime)
            let data = try root.createDataset("frames", shape: [count, channels, samples], type: .float32)
            for round in 0..<rounds {
                let first = min(share.upperBound, share.lowerBound + 16 * round)
                let mine = first..<min(share.upperBound, first + 16)
                var values = [Float](repeating: 0, count: mine.count * channels * samples)
                try communicator.agree {
                    try values.withUnsafeMutableBufferPointer { values in
                        guard let base = values.baseAddress else { return }
                        for (i, k) in mine.enumerated() {
                            try source.read(frame: Int(frames[k]), start: Int(starts[k]), into: base + i * channels * samples)
                        }
                    }
                }
                try data.write(values, offset: [mine.isEmpty ? 0 : mine.lowerBound, 0, 0], count: mine.isEmpty ? [0, 0, 0] : [mine.count, channels, samples])
            }
            try root.write("frame", Array(frames[..<count]))
            try root.write("sample", Array(starts[..<count]))
            try root.write("time", starts[..<count].map { time(Int($0)) }, units: "s")
            try root.write("label", classes[..<count].map { UInt8(truncatingIfNeeded: $0) })
        }
        return count
    }
}

/// Kept frames one by one.
private final class KeptFrameSource {
    private let model: ClassifierModel
    private let file: FrameFile?
    private let stretches: KeptStretches?
    private var open: (index: Int, input: RecordingInput)?

    init(model: ClassifierModel, file: FrameFile?, stretches: KeptStretches?) {
        (self.model, self.file, self.stretches) = (model, file, stretches)
    }

    func read(frame: Int, start: Int, into values: UnsafeMutablePointer<Float>) throws {
        if let file { return try file.read(frame..<frame + 1, into: values) }
        guard let stretches, let index = stretches.all.lastIndex(where: { $0.begin <= start }) else { return }
        let input: RecordingInput
        if let open, open.index == index {
            input = open.input
        } else {
            input = try RecordingInput(RecordedStream.open(stretches.path(index)), axes: model.axes, overlap: 0)
            open = (index, input)
        }
        try input.fetch(start: start - stretches.all[index].begin, into: values)
    }
}

/// The first bytes of a file.
enum FileStart {
    static func bytes(_ path: String, count: Int) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw BatchError(.inputOutput, "cannot read \(path): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: count)
        let got = pread(descriptor, &bytes, count, 0)
        return Array(bytes.prefix(max(0, got)))
    }
}

/// Judgements of all frames of an input with truth, as they stand in a checkpoint.
struct JudgedFrames {
    /// Target, and the likeliest classes with and without a pulse, of each.
    private(set) var words: [Int64] = []
    /// Probability of a pulse, S/N and entropy of each.
    private(set) var numbers: [Double] = []

    init(words: [Int64] = [], numbers: [Double] = []) { (self.words, self.numbers) = (words, numbers) }

    mutating func append(_ judgement: ClassifierScore.Judgement) {
        words += [Int64(judgement.target), Int64(judgement.withPulse), Int64(judgement.withoutPulse)]
        numbers += [judgement.pulseProbability, judgement.signalToNoise, judgement.entropy]
    }

    var all: [ClassifierScore.Judgement] {
        (0..<min(words.count, numbers.count) / 3).map { i in
            ClassifierScore.Judgement(
                target: Int(words[3 * i]), withPulse: Int(words[3 * i + 1]), withoutPulse: Int(words[3 * i + 2]), pulseProbability: numbers[3 * i],
                signalToNoise: numbers[3 * i + 1], entropy: numbers[3 * i + 2])
        }
    }
}
