/// A span of time from `start` to before `end`; never backwards.
public struct Segment: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let start, end: GPSTime

    /// nil if `end` is before `start`.
    public init?(_ start: GPSTime, _ end: GPSTime) {
        guard start <= end else { return nil }
        (self.start, self.end) = (start, end)
    }

    /// Nanoseconds.
    public var duration: Int64 { end.nanoseconds - start.nanoseconds }
    public var isEmpty: Bool { start == end }

    public static func < (a: Segment, b: Segment) -> Bool { (a.start, a.end) < (b.start, b.end) }

    public var description: String { "[\(start), \(end))" }
}

/// A set of times as disjoint segments in order: neither empty nor touching ones.
public struct SegmentList: Equatable, Sendable {
    public let segments: [Segment]

    public init() { segments = [] }

    /// The union of `segments`; those that overlap or touch become one.
    public init(_ segments: some Sequence<Segment>) {
        var joined: [Segment] = []
        for next in segments.filter({ !$0.isEmpty }).sorted() {
            if let last = joined.last, next.start <= last.end {
                if next.end > last.end, let longer = Segment(last.start, next.end) { joined[joined.count - 1] = longer }
            } else {
                joined.append(next)
            }
        }
        self.segments = joined
    }

    /// Nanoseconds in all.
    public var duration: Int64 { segments.reduce(0) { $0 + $1.duration } }
    public var isEmpty: Bool { segments.isEmpty }

    /// From the first start to the last end; nil if empty.
    public var extent: Segment? { segments.first.flatMap { first in segments.last.flatMap { Segment(first.start, $0.end) } } }

    public func union(_ other: SegmentList) -> SegmentList { SegmentList(segments + other.segments) }

    /// Times in both.
    public func intersection(_ other: SegmentList) -> SegmentList {
        var common: [Segment] = []
        var (i, j) = (0, 0)
        while i < segments.count, j < other.segments.count {
            let (a, b) = (segments[i], other.segments[j])
            if let overlap = Segment(max(a.start, b.start), min(a.end, b.end)) { common.append(overlap) }
            if a.end < b.end { i += 1 } else { j += 1 }
        }
        return SegmentList(common)
    }

    /// Times here and not in `other`.
    public func subtracting(_ other: SegmentList) -> SegmentList {
        var rest: [Segment] = []
        var j = 0
        for segment in segments {
            var start = segment.start
            while j < other.segments.count, other.segments[j].end <= start { j += 1 }
            var k = j
            while k < other.segments.count, other.segments[k].start < segment.end {
                if let gap = Segment(start, other.segments[k].start) { rest.append(gap) }
                start = max(start, other.segments[k].end)
                k += 1
            }
            if let last = Segment(start, segment.end) { rest.append(last) }
        }
        return SegmentList(rest)
    }

    /// Every segment longer by `nanoseconds` at both ends, or shorter where they are negative.
    public func protracted(byNanoseconds nanoseconds: Int64) -> SegmentList {
        SegmentList(
            segments.compactMap { segment in
                let opposite = nanoseconds == .min ? Int64.max : -nanoseconds
                return Segment(segment.start.advanced(byNanoseconds: opposite), segment.end.advanced(byNanoseconds: nanoseconds))
            })
    }

    public func contains(_ time: GPSTime) -> Bool {
        // The last segment that starts no later.
        var (low, high) = (0, segments.count)
        while low < high {
            let middle = (low + high) / 2
            if segments[middle].start <= time { low = middle + 1 } else { high = middle }
        }
        return low > 0 && time < segments[low - 1].end
    }
}
