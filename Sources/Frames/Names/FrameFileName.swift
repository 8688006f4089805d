import Segments

/// The name of a frame file by LIGO-T050017: `V-V1_llhoft-1266624018-1.gwf`, observatories, description, start and duration in seconds.
public struct FrameFileName: Equatable, Sendable, CustomStringConvertible {
    public let observatories: String
    /// Letters, digits, `_`, `+` and `#`.
    public let content: String
    /// GPS seconds.
    public let start: Int64
    /// Seconds, rounded up to whole ones.
    public let duration: Int64
    public let suffix: String

    /// nil if a part has characters that the convention does not allow.
    public init?(observatories: String, content: String, start: Int64, duration: Int64, suffix: String = "gwf") {
        func letters(_ text: String, _ more: String) -> Bool {
            !text.isEmpty && text.utf8.allSatisfy { (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || more.utf8.contains($0) }
        }
        guard letters(observatories, ""), letters(content, "_+#"), letters(suffix, "."), start >= 0, duration >= 0 else { return nil }
        (self.observatories, self.content, self.start, self.duration, self.suffix) = (observatories, content, start, duration, suffix)
    }

    /// Reads the last component of `path`; nil if it is not named so.
    public init?(path: String) {
        let parts = path.split(separator: "/").last?.split(separator: "-", omittingEmptySubsequences: false) ?? []
        guard parts.count == 4, let dot = parts[3].firstIndex(of: "."), let start = Int64(parts[2]), let duration = Int64(parts[3][..<dot]) else {
            return nil
        }
        self.init(
            observatories: String(parts[0]), content: String(parts[1]), start: start, duration: duration,
            suffix: String(parts[3][parts[3].index(after: dot)...]))
    }

    /// The name for data from `start` to `end`: whole seconds, outward.
    public init?(observatories: String, content: String, from start: GPSTime, to end: GPSTime, suffix: String = "gwf") {
        let last = end.seconds + (end.remainder > 0 ? 1 : 0)
        self.init(observatories: observatories, content: content, start: start.seconds, duration: last - start.seconds, suffix: suffix)
    }

    public var description: String { "\(observatories)-\(content)-\(start)-\(duration).\(suffix)" }
}
