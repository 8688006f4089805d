import Batch
import Glibc
import ParallelHDF5
import RadioStreams

/// Where pulses to measure come from: a recording with a table of candidates, or frames of an HDF5 file. *Not collective.*
protocol MeasureInput: AnyObject {
    /// Pulses to measure.
    var count: Int { get }
    /// MHz, where arrivals are.
    var reference: Double { get }
    func measure(_ index: Int) throws -> PulseMeasurement
}

final class RecordedPulses: MeasureInput {
    let reader: any StreamReader
    let candidates: [CandidateRow]
    private let settings: MeasureSettings

    init(_ path: String, settings: MeasureSettings) throws {
        reader = try RecordedStream.open(path)
        self.settings = settings
        guard reader.isSeekable else { throw SearchError("\(path): found a stream that cannot be read again, wanted a file") }
        // The strongest where there are too many.
        let rows = settings.candidates.isEmpty ? [] : try CandidateFile.read(settings.candidates).filter { $0.signalToNoise >= settings.threshold }
        let strongest = rows.indices.sorted { (rows[$1].signalToNoise, $0) < (rows[$0].signalToNoise, $1) }.prefix(settings.limit)
        candidates = strongest.sorted().map { rows[$0] }
    }

    var count: Int { candidates.count }
    var reference: Double { reader.header.frequencies.max() ?? 1 }

    func measure(_ index: Int) throws -> PulseMeasurement {
        let window = try PulseWindow(candidates[index], reader: reader, constant: settings.constant, cleaning: settings.cleaning)
        return PulseMeasurement(
            window, candidate: candidates[index], reference: reference, constant: settings.constant, scatteringIndex: settings.scatteringIndex)
    }
}

/// `kept.h5` of `classify`, or labelled frames: arrivals are within the recording where the file says where its frames begin, else within the frame.
final class FramedPulses: MeasureInput {
    let count: Int
    let reference: Double
    private let path: String
    private let settings: MeasureSettings
    private let shape: [Int]
    private let frequencies: [Double]
    private let channelWidth: Double
    private let samplingTime: Double
    private let starts: [Int64]

    init(_ path: String, settings: MeasureSettings) throws {
        self.path = path
        self.settings = settings
        func wrong(_ what: String) -> SearchError { SearchError("\(path): \(what)") }
        (shape, frequencies, samplingTime, starts) = try HDF5File.with(HDF5File.open(path, communicator: nil)) { file in
            let root = file.root
            guard try root.hasObject("frames") else { throw wrong("found no dataset frames, wanted frames [N, channels, samples]") }
            let shape = try root.dataset("frames").shape
            guard shape.count == 3, shape.allSatisfy({ $0 > 0 && $0 <= 1 << 22 }), shape[1] * shape[2] <= 1 << 28 else {
                throw wrong("frames: found shape \(shape), wanted [N, channels, samples]")
            }
            let frequencies: [Double]
            let step: Double
            if try root.hasAttribute("first_frequency_MHz") {
                let first = try root.attribute("first_frequency_MHz", as: Double.self)
                let width = try root.attribute("channel_bandwidth_MHz", as: Double.self)
                frequencies = (0..<shape[1]).map { first + Double($0) * width }
                step = try root.attribute("sampling_time_s", as: Double.self)
            } else if try root.hasObject("frequency"), try root.hasObject("time") {
                frequencies = try root.read("frequency", as: Double.self)
                let times = try root.read("time", as: Double.self)
                step = times.count > 1 ? times[1] - times[0] : .nan
            } else {
                throw wrong("found neither attributes first_frequency_MHz, channel_bandwidth_MHz and sampling_time_s nor datasets frequency and time")
            }
            guard frequencies.count == shape[1], frequencies.allSatisfy({ $0 > 0 && $0.isFinite }), step > 0, step.isFinite else {
                throw wrong("axes: found \(frequencies.count) frequencies and a step of \(step) s, wanted \(shape[1]) above 0 and one above 0")
            }
            let starts = try root.hasObject("sample") ? root.read("sample", as: Int64.self) : []
            return (shape, frequencies, step, starts.count == shape[0] ? starts : [])
        }
        count = min(shape[0], settings.limit)
        reference = frequencies.max() ?? 1
        channelWidth = frequencies.count > 1 ? abs(frequencies[1] - frequencies[0]) : 1
    }

    func measure(_ index: Int) throws -> PulseMeasurement {
        let (channels, samples) = (shape[1], shape[2])
        let values = try HDF5File.with(HDF5File.open(path, communicator: nil)) { file in
            try file.root.dataset("frames").read(as: Float.self, offset: [index, 0, 0], count: [1, channels, samples], collective: false)
        }
        let columns = (0..<channels).map { c in values[c * samples..<(c + 1) * samples].map { $0.isFinite ? $0 : 0 } }
        // Where the pulse is, is not known: noise is taken from the whole frame, then from what lies outside the pulse found.
        let nowhere = [Range<Int>](repeating: 0..<0, count: channels)
        let all = PulseWindow(
            columns: columns, pulse: nowhere, frequencies: frequencies, channelWidth: channelWidth, samplingTime: samplingTime, firstSample: 0,
            cleaning: settings.cleaning)
        guard let guess = FrameGuess.best(all, highest: settings.largestMeasure, constant: settings.constant) else { return PulseMeasurement() }
        let width = 1 << guess.filter
        let pulse = frequencies.map { frequency -> Range<Int> in
            let delay = settings.constant.delay(dispersionMeasure: guess.dispersionMeasure, frequency: frequency, reference: reference) / samplingTime
            let start = max(0, guess.sample + Int(min(delay, 1e9)) - 2 * width)
            return start..<start + 5 * width
        }
        let window = PulseWindow(
            columns: columns, pulse: pulse, frequencies: frequencies, channelWidth: channelWidth, samplingTime: samplingTime, firstSample: 0,
            cleaning: settings.cleaning)
        var found = PulseMeasurement(
            window, candidate: guess, reference: reference, constant: settings.constant, scatteringIndex: settings.scatteringIndex)
        if !starts.isEmpty { found.arrival += Double(starts[index]) * samplingTime }
        return found
    }
}

enum HDF5Signature {
    /// Whether a file begins as HDF5 does. Throws if it cannot be read.
    static func begins(_ path: String) throws -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SearchError("\(path): cannot read: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 8)
        return pread(descriptor, &bytes, 8, 0) == 8 && bytes == [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]
    }
}
