/// What a file of segments does not hold as it should.
public struct SegmentError: Error, CustomStringConvertible, Sendable {
    public let description: String

    init(_ description: String) { self.description = description }
}

/// Segment lists as `segwizard` writes them: lines of index, start, stop and duration, or start, stop and duration, or start and stop.
public enum Segwizard {
    /// Reads `text`; `name` stands for it in errors. The list is coalesced.
    public static func read(_ text: String, name: String) throws -> SegmentList {
        var segments: [Segment] = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let words = line.prefix { $0 != "#" && $0 != ";" }.split(whereSeparator: { $0.isWhitespace || $0 == "," })
            if words.isEmpty { continue }
            func wrong(_ wanted: String) -> SegmentError { SegmentError("\(name), line \(index + 1): found \"\(line.prefix(80))\", wanted \(wanted)") }
            guard (2...4).contains(words.count) else { throw wrong("2 to 4 columns: [index] start stop [duration]") }
            let first = words.count == 4 ? 1 : 0
            guard let start = GPSTime(words[first]), let end = GPSTime(words[first + 1]) else { throw wrong("GPS seconds with at most 9 decimals") }
            guard let segment = Segment(start, end) else { throw wrong("a stop that is not before its start") }
            if words.count > 2, GPSTime(words[first + 2])?.nanoseconds != segment.duration { throw wrong("a duration of stop - start") }
            segments.append(segment)
        }
        return SegmentList(segments)
    }

    /// Four columns; whole seconds without decimals.
    public static func text(of list: SegmentList) -> String {
        "# seg\tstart\tstop\tduration\n"
            + list.segments.enumerated().map { index, segment in
                let duration = GPSTime(nanoseconds: segment.duration).map { "\($0)" } ?? "\(segment.duration)e-9"
                return "\(index)\t\(segment.start)\t\(segment.end)\t\(duration)\n"
            }.joined()
    }
}
