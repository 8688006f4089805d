import PulsarFrames
import RadioStreams

/// A part of a recording in memory, as frames will see it: total intensity `[channel][sample]`, the highest frequency first.
final class RecordingPart {
    let axes: FrameAxes
    let count: Int
    /// Whether all numbers are whole, and the range that their digitiser has; nil for floating point and scaled numbers.
    let rounds: Bool
    let codes: ClosedRange<Float>?
    /// Whether the recording's numbers have a largest.
    let isBounded: Bool
    private let numbers: UnsafeMutablePointer<Float>
    /// Numbers of the recording that are held at most.
    static let largest = 1 << 26

    /// - Parameter channels: of frames; nil for all that there are.
    /// - Throws: `TwinError` where the recording is too short or has other channels, and what reading throws. *Not collective.*
    init(_ reader: any StreamReader, settings: LearnSettings, channels wanted: Int?, frameSamples: Int) throws {
        let header = reader.header
        func wrong(_ reason: String) -> TwinError { TwinError("\(reader.file): \(reason)") }
        let available = (header.channels - settings.firstChannel) / settings.channelFactor
        let channels = wanted ?? available
        guard channels >= 1, channels <= available else {
            throw wrong(
                "found \(header.channels) channels, wanted \(max(1, channels)) x learn.channel_factor \(settings.channelFactor) from learn.first_channel \(settings.firstChannel) on; set frames.channels")
        }
        guard let first = header.frequencies.first, let last = header.frequencies.last else { throw wrong("found no channel") }
        let isAscending = last > first
        let step = header.channels > 1 ? abs(last - first) / Double(header.channels - 1) : max(1e-6, abs(header.channelWidth))
        for (c, frequency) in header.frequencies.enumerated() where !(abs(frequency - (first + (isAscending ? step : -step) * Double(c))) <= 0.5 * step) {
            throw wrong("found channel \(c) at \(frequency) MHz, wanted channels at equal distances")
        }
        let (factor, times) = (settings.channelFactor, settings.timeFactor)
        axes = FrameAxes(
            channels: channels, samples: frameSamples,
            firstFrequency: max(first, last) - step * (Double(settings.firstChannel) + Double(factor - 1) / 2), channelBandwidth: -step * Double(factor),
            samplingTime: header.samplingTime * Double(times))
        let most = min(settings.samples, Self.largest / channels)
        guard most >= 4 * frameSamples else { throw wrong("four frames of \(channels) channels and \(frameSamples) samples are more than \(Self.largest) numbers; take fewer channels") }
        if settings.start > 0 {
            guard reader.isSeekable, settings.start < header.sampleCount ?? .max else {
                throw wrong("learn.start: found \(settings.start), wanted a sample of a file of \(header.sampleCount.map(String.init) ?? "unknown") samples")
            }
            try reader.seek(toSample: settings.start)
        }
        let numbers = UnsafeMutablePointer<Float>.allocate(capacity: channels * most)
        numbers.initialize(repeating: 0, count: channels * most)
        self.numbers = numbers
        let places = (0..<channels * factor).map { k in isAscending ? header.channels - 1 - settings.firstChannel - k : settings.firstChannel + k }
        var row = [Float](repeating: 0, count: times * header.channels)
        var held = [Float](repeating: 0, count: places.count)
        var scratch: [Float] = []
        var done = 0
        do {
            while done < most {
                let got = try row.withUnsafeMutableBufferPointer { row in
                    try row.baseAddress.map { try reader.readIntensity(times, into: $0, scratch: &scratch) } ?? 0
                }
                guard got == times else { break }
                for t in 0..<times {
                    for (k, place) in places.enumerated() {
                        let value = row[t * header.channels + place]
                        // What is no number counts as the one before.
                        if value.isFinite { held[k] = value }
                        numbers[k / factor * most + done] += held[k]
                    }
                }
                done += 1
            }
        } catch {
            numbers.deallocate()
            throw error
        }
        guard done >= 4 * frameSamples else {
            numbers.deallocate()
            throw wrong("found \(done) samples to learn from, wanted at least 4 frames of \(frameSamples)")
        }
        // Close up, as the stream may have ended before.
        if done < most { for c in 1..<max(1, channels) { (numbers + c * done).update(from: numbers + c * most, count: done) } }
        count = done
        var areWhole = true
        for i in 0..<channels * done where areWhole { areWhole = numbers[i] == numbers[i].rounded() && abs(numbers[i]) < 0x1p22 }
        rounds = areWhole
        isBounded = header.bits < 32
        if areWhole, header.bits < 32 {
            let sums = Float(factor * times * (header.polarisation.count == 2 ? 2 : 1))
            let codes = Float(1 << header.bits)
            let range = header.isSigned ? -codes / 2 * sums...(codes / 2 - 1) * sums : 0...(codes - 1) * sums
            var fits = true
            for i in 0..<channels * done where fits { fits = range.contains(numbers[i]) }
            self.codes = fits ? range : nil
        } else {
            codes = nil
        }
    }

    deinit { numbers.deallocate() }

    func channel(_ c: Int) -> UnsafePointer<Float> { UnsafePointer(numbers + c * count) }
}
