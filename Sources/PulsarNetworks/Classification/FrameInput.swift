import Numerics
import PulsarFrames
import PulsarKernels
import RadioStreams

/// Where frames to classify come from: a rank loads its share of each block.
protocol FrameInput: AnyObject {
    /// Frames to come as far as known before the end.
    var expectedFrames: Int? { get }
    /// Truth of the frames, where the input has it.
    var truths: [FrameTruth]? { get }
    /// Loads frames of these numbers, as far as there are any; the first samples of those that there are, and whether the input ends before the last
    /// of the range. *Not collective.*
    func load(_ frames: Range<Int>) throws -> (starts: [Int], hasEnded: Bool)
    /// Frame i of those loaded: sample t of channel c at `c * stride + t`.
    func loaded(_ i: Int) -> (values: UnsafePointer<Float>, stride: Int)
}

/// Frames of an HDF5 file.
final class FileInput: FrameInput {
    let file: FrameFile
    private var memory: UnsafeMutablePointer<Float>
    private var capacity = 0

    /// Throws `ClassifierError` if the frames are not the model's.
    init(_ path: String, axes: FrameAxes) throws {
        file = try FrameFile(path)
        memory = .allocate(capacity: 1)
        memory.initialize(to: 0)
        guard file.channels == axes.channels, file.samples == axes.samples else {
            throw ClassifierError(
                "\(path): frames: found \(file.channels) channels of \(file.samples) samples, the model is for \(axes.channels) of \(axes.samples); train one for these frames")
        }
        if let own = file.axes, let reason = axes.difference(from: own) {
            throw ClassifierError("\(path): frames: \(reason); train a model for these frames")
        }
    }

    deinit { memory.deallocate() }

    var expectedFrames: Int? { file.count }
    var truths: [FrameTruth]? { file.truths }

    func load(_ frames: Range<Int>) throws -> (starts: [Int], hasEnded: Bool) {
        let found = min(frames.lowerBound, file.count)..<min(frames.upperBound, file.count)
        let size = file.channels * file.samples
        if capacity < found.count {
            memory.deallocate()
            memory = .allocate(capacity: found.count * size)
            memory.initialize(repeating: 0, count: found.count * size)
            capacity = found.count
        }
        try file.read(found, into: memory)
        return (found.map { $0 * file.samples }, frames.upperBound >= file.count)
    }

    func loaded(_ i: Int) -> (values: UnsafePointer<Float>, stride: Int) { (UnsafePointer(memory + i * file.channels * file.samples), file.samples) }
}

extension FrameAxes {
    /// Why frames of other axes do not suit a model of these; nil if they do.
    func difference(from other: FrameAxes) -> String? {
        if other.channels != channels || other.samples != samples {
            return "found \(other.channels) channels of \(other.samples) samples, the model is for \(channels) of \(samples)"
        }
        if !(abs(other.samplingTime - samplingTime) <= 1e-3 * samplingTime) {
            return "found a sampling time of \(other.samplingTime) s, the model is for \(samplingTime) s"
        }
        if !(abs(other.firstFrequency - firstFrequency) <= 0.5 * abs(channelBandwidth))
            || !(abs(other.channelBandwidth - channelBandwidth) <= 0.01 * abs(channelBandwidth))
        {
            return "found channel 0 at \(other.firstFrequency) MHz and \(other.channelBandwidth) MHz to the next, the model is for \(firstFrequency) MHz and \(channelBandwidth) MHz"
        }
        return nil
    }
}
