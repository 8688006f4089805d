import Glibc
import Numerics
import ParallelHDF5
import PulsarFrames

/// Frames in an HDF5 file as `pulsardt simulate` writes them: `frames` [N, channels, samples] in 32-bit floating point, and where truth is known
/// `class` [N] of 8 bits without sign, `snr`, `dm`, `width`, `arrival` [N] in 64-bit floating point. One object serves one thread.
///
/// The axes are the attributes `first_frequency_MHz`, `channel_bandwidth_MHz` and `sampling_time_s` of the file, or the datasets `frequency`
/// (MHz) and `time` (s).
public final class FrameFile {
    public let path: String
    public let count: Int
    public let channels: Int
    public let samples: Int
    /// nil where the file does not say.
    public let axes: FrameAxes?
    /// nil where the file has no classes.
    public let truths: [FrameTruth]?
    /// Where the frames start in the file, and it open for reading, if they lie there one after the other; read through HDF5 otherwise.
    private let location: (descriptor: Int32, offset: Int)?

    /// - Throws: `ClassifierError` that names the dataset. *Not collective.*
    public init(_ path: String) throws {
        self.path = path
        func wrong(_ what: String, _ found: String, _ wanted: String) -> ClassifierError {
            ClassifierError("\(path): \(what): found \(found), wanted \(wanted)")
        }
        let contents = try HDF5File.with(HDF5File.open(path, communicator: nil)) { file in
            let root = file.root
            guard try root.hasObject("frames") else { throw wrong("frames", "no dataset of this name", "frames [N, channels, samples]") }
            let frames = try root.dataset("frames")
            guard frames.shape.count == 3, frames.shape.allSatisfy({ $0 > 0 }) else {
                throw wrong("frames", "shape \(frames.shape)", "[N, channels, samples], none of them 0")
            }
            guard frames.type == .float32 else { throw wrong("frames", "\(frames.type)", "float32") }
            guard frames.shape[1] <= 1 << 14, frames.shape[2] <= 1 << 14 else { throw wrong("frames", "shape \(frames.shape)", "at most \(1 << 14) channels and samples") }
            return (
                frames.shape, try frames.fileOffset(of: Float.self), try Self.truths(root, count: frames.shape[0], wrong),
                try Self.axes(root, channels: frames.shape[1], samples: frames.shape[2], wrong)
            )
        }
        (count, channels, samples) = (contents.0[0], contents.0[1], contents.0[2])
        (truths, axes) = (contents.2, contents.3)
        location = try contents.1.map { offset in
            let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw wrong("file", String(cString: strerror(errno)), "one that can be read") }
            return (descriptor, offset)
        }
    }

    deinit { if let location { close(location.descriptor) } }

    /// Reads frames `range`, `[frame][channel][sample]`. *Not collective.*
    /// - Throws: `ClassifierError`, also for a number that is none, with its place.
    public func read(_ range: Range<Int>, into values: UnsafeMutablePointer<Float>) throws {
        let size = channels * samples
        let buffer = UnsafeMutableBufferPointer(start: values, count: range.count * size)
        if let location {
            try read(buffer, from: location.descriptor, at: location.offset + range.lowerBound * size * MemoryLayout<Float>.stride, range)
        } else if !range.isEmpty {
            try HDF5File.with(HDF5File.open(path, communicator: nil)) { file in
                try file.root.dataset("frames").read(
                    into: buffer, offset: [range.lowerBound, 0, 0], count: [range.count, channels, samples], collective: false)
            }
        }
        for i in buffer.indices where !buffer[i].isFinite {
            throw ClassifierError(
                "\(path): frames: found \(buffer[i]) in frame \(range.lowerBound + i / size), channel \(i % size / samples), sample \(i % samples), wanted numbers")
        }
    }

    private func read(_ buffer: UnsafeMutableBufferPointer<Float>, from descriptor: Int32, at offset: Int, _ range: Range<Int>) throws {
        let bytes = UnsafeMutableRawBufferPointer(buffer)
        var done = 0
        while done < bytes.count {
            let got = pread(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset + done))
            if got < 0, errno == EINTR { continue }
            guard got > 0 else {
                let reason = got == 0 ? "the file ends" : String(cString: strerror(errno))
                throw ClassifierError("\(path): frames: cannot read frames \(range.lowerBound) to \(range.upperBound - 1): \(reason)")
            }
            done += got
        }
    }

    private static func truths(_ root: HDF5Group, count: Int, _ wrong: (String, String, String) -> ClassifierError) throws -> [FrameTruth]? {
        guard try root.hasObject("class") else { return nil }
        func column<T: HDF5Scalar>(_ name: String, _ type: T.Type) throws -> [T] {
            let dataset = try root.dataset(name)
            guard dataset.shape == [count] else { throw wrong(name, "shape \(dataset.shape)", "[\(count)], one for each frame") }
            return try dataset.read(as: type)
        }
        let classes = try column("class", UInt8.self)
        func optional(_ name: String) throws -> [Double] {
            try root.hasObject(name) ? column(name, Double.self) : [Double](repeating: 0, count: count)
        }
        let (ratios, measures, widths, arrivals) = (try optional("snr"), try optional("dm"), try optional("width"), try optional("arrival"))
        return try classes.indices.map { i in
            guard classes[i] <= 8 else { throw wrong("class of frame \(i)", "\(classes[i])", "0 to 8") }
            return FrameTruth(
                contents: FrameContents(rawValue: classes[i]), signalToNoise: ratios[i], dispersionMeasure: measures[i], width: widths[i], arrival: arrivals[i])
        }
    }

    private static func axes(
        _ root: HDF5Group, channels: Int, samples: Int, _ wrong: (String, String, String) -> ClassifierError
    ) throws -> FrameAxes? {
        let names = ["first_frequency_MHz", "channel_bandwidth_MHz", "sampling_time_s"]
        if try names.allSatisfy({ try root.hasAttribute($0) }) {
            let values = try names.map { try root.attribute($0, as: Double.self) }
            return FrameAxes(channels: channels, samples: samples, firstFrequency: values[0], channelBandwidth: values[1], samplingTime: values[2])
        }
        guard try root.hasObject("frequency"), try root.hasObject("time") else { return nil }
        let (frequencies, times) = (try root.read("frequency", as: Double.self), try root.read("time", as: Double.self))
        guard frequencies.count == channels, times.count == samples, channels > 1, samples > 1 else {
            throw wrong("frequency and time", "\(frequencies.count) and \(times.count) numbers", "\(channels) and \(samples)")
        }
        return FrameAxes(
            channels: channels, samples: samples, firstFrequency: frequencies[0],
            channelBandwidth: (frequencies[channels - 1] - frequencies[0]) / Double(channels - 1),
            samplingTime: (times[samples - 1] - times[0]) / Double(samples - 1))
    }
}

/// Frames of a file as a source of training: in turn one of each class that the file holds, shuffled anew each time a class is used up; a share of
/// the file, the same for the same seed, is kept for validation.
///
/// The source serves one thread. A frame that cannot be read comes as numbers that are none, which end a training with `failure` as reason.
public final class FileFrameSource: LabelledFrameSource, @unchecked Sendable {
    public let axes: FrameAxes
    /// Frames of this part of the file.
    public let count: Int
    /// Why a frame could not be read.
    public private(set) var failure: String?
    private let file: FrameFile
    private let truths: [FrameTruth]
    private let training: Bool
    private let seed: UInt64
    /// Frames of the part in the order of the file, or of each class.
    private let groups: [[Int]]

    /// - Parameters:
    ///   - training: whether this is the part for training, balanced; the other part comes in the order of the file.
    /// - Throws: `ClassifierError`. *Not collective.*
    public init(_ path: String, training: Bool, validationShare: Double, seed: UInt64) throws {
        file = try FrameFile(path)
        guard let truths = file.truths else { throw ClassifierError("\(path): class: found no dataset of this name, wanted the class of each frame") }
        guard let axes = file.axes else {
            throw ClassifierError("\(path): axes: found no attribute first_frequency_MHz, channel_bandwidth_MHz and sampling_time_s; wanted them, or dataset frequency and time")
        }
        self.axes = axes
        self.truths = truths
        self.training = training
        self.seed = seed
        let stream = RandomStream(seed: seed, purpose: .frameSplit)
        let part = truths.indices.filter { (stream.uniform(epoch: 0, index: UInt64($0), draw: 0) < validationShare) != training }
        guard !part.isEmpty else {
            throw ClassifierError("\(path): found \(truths.count) frames, none of them for \(training ? "training" : "validation"); wanted more, or another data.validation_share")
        }
        count = part.count
        groups = training ? (0...8).map { k in part.filter { truths[$0].contents.classIndex == k } }.filter { !$0.isEmpty } : [part]
    }

    public func write(frame index: UInt64, into values: UnsafeMutableBufferPointer<Float>) -> FrameTruth {
        let group = groups[Int(index % UInt64(groups.count))]
        let place = index / UInt64(groups.count)
        let position = Int(place % UInt64(group.count))
        let frame: Int
        if training {
            frame = group[Permutation(count: group.count, seed: seed, epoch: place / UInt64(group.count))[position]]
        } else {
            frame = group[position]
        }
        do {
            if let base = values.baseAddress { try file.read(frame..<frame + 1, into: base) }
        } catch {
            failure = "\(error)"
            values.update(repeating: .nan)
        }
        return truths[frame]
    }
}
