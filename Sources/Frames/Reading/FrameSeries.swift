import Segments

/// A channel over time, joined from the frames of a file.
public struct FrameSeries: Sendable {
    public let name: String
    public let kind: FrameChannel.Kind
    /// Time of the first sample.
    public let start: GPSTime
    /// Samples a second.
    public let rate: Double
    public let samples: Samples
    public let unit: String
}

extension FrameFile {
    /// The samples of `name` from `start` on and before `end`; nil: from the first, to the last.
    ///
    /// Throws if the channel's type or rate changes, or if frames between have a gap: the message says where.
    public func series(_ name: String, from start: GPSTime? = nil, to end: GPSTime? = nil) throws -> FrameSeries {
        let entries = channels(named: name)
        guard let entry = entries.first, entries.count == 1 else {
            throw missing("\(entries.count) channels \"\(name)\"", "one; `glitchgen frames list --channels` shows the names")
        }
        let order = frames.indices.filter { entry.isPresent(in: $0) }.sorted { frames[$0].start < frames[$1].start }
        var joined: FrameSeries?
        var samples = Samples.int8([])
        var next = GPSTime.epoch
        for index in order {
            if let start, frames[index].end <= start { continue }
            if let end, frames[index].start >= end { continue }
            let channel = try read(entry, frame: index)
            guard channel.isTimeSeries else { throw missing("\"\(name)\" without a time axis", "a time series") }
            let piece = channel.cropped(start: frames[index].start, from: start, to: end)
            guard piece.samples.count > 0 else { continue }
            let rate = SampleRate.of(spacing: channel.vector.dimensions[0].spacing)
            if let joined {
                guard joined.rate == rate, joined.unit == channel.vector.unit else {
                    throw missing("\"\(name)\" at \(rate) Hz in \(channel.vector.unit) from \(piece.start) on", "\(joined.rate) Hz in \(joined.unit) as before")
                }
                let gap = piece.start.nanoseconds - next.nanoseconds
                guard Double(gap.magnitude) <= max(1, 0.5e9 / rate) else {
                    throw missing("\(gap > 0 ? "a gap" : "an overlap") of \"\(name)\" from \(min(next, piece.start)) to \(max(next, piece.start))", "frames that follow each other")
                }
                guard samples.append(piece.samples) else {
                    throw missing("\"\(name)\" as \(piece.samples.type) from \(piece.start) on", "\(samples.type) as before")
                }
            } else {
                samples = piece.samples
                joined = FrameSeries(name: name, kind: entry.kind, start: piece.start, rate: rate, samples: .int8([]), unit: channel.vector.unit)
            }
            next = piece.start.advanced(byNanoseconds: Nanoseconds.of(Double(piece.samples.count) / rate))
        }
        guard let joined else { throw missing("no samples of \"\(name)\" in the time asked for", "some") }
        return FrameSeries(name: name, kind: joined.kind, start: joined.start, rate: joined.rate, samples: samples, unit: joined.unit)
    }
}

extension FrameChannel {
    /// The samples at `from` or later and before `to`, and the time of the first of them. `start`: the frame's.
    func cropped(start: GPSTime, from: GPSTime?, to: GPSTime?) -> (start: GPSTime, samples: Samples) {
        let spacing = vector.dimensions[0].spacing
        let first = start.advanced(byNanoseconds: Nanoseconds.of(timeOffset + vector.dimensions[0].start))
        let count = vector.samples.count
        // Half a nanosecond of rounding must not move a sample over the border.
        func index(_ time: GPSTime) -> Int {
            let samples = (Double(time.nanoseconds - first.nanoseconds) * 1e-9 - 0.6e-9) / spacing
            return Int(max(0, min(samples.rounded(.up), Double(count))))
        }
        let lower = from.map(index) ?? 0
        let upper = max(lower, to.map(index) ?? count)
        let time = first.advanced(byNanoseconds: Nanoseconds.of(Double(lower) * spacing))
        return (time, lower == 0 && upper == count ? vector.samples : vector.samples.slice(lower..<upper))
    }
}
