import Segments

/// A Virgo list of frame files (FFL): a line for each, `path start duration 0 0`, seconds; `#` begins a comment.
public struct FrameFileList: Sendable {
    public struct Entry: Equatable, Sendable {
        public let path: String
        public let start: GPSTime
        /// Seconds.
        public let duration: Double

        public init(path: String, start: GPSTime, duration: Double) { (self.path, self.start, self.duration) = (path, start, duration) }

        var end: GPSTime { start.advanced(byNanoseconds: Nanoseconds.of(duration)) }
    }

    /// By time.
    public let entries: [Entry]

    public init(_ entries: [Entry]) { self.entries = entries.sorted { ($0.start, $0.path) < ($1.start, $1.path) } }

    /// Reads `text`; `name` stands for it in errors. Paths that do not begin with `/` are beside the list, in `directory`.
    public init(text: String, name: String, directory: String = ".") throws {
        var entries: [Entry] = []
        for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
            if words.isEmpty { continue }
            guard words.count >= 3, let start = GPSTime(words[1]), let duration = Double(words[2]), duration >= 0, duration <= 1e9 else {
                throw FrameError(file: name, "line \(number + 1): found \"\(line.prefix(80))\", wanted `path start duration`, seconds")
            }
            let path = words[0].hasPrefix("file://localhost") ? String(words[0].dropFirst(16)) : String(words[0])
            entries.append(Entry(path: path.hasPrefix("/") || directory == "." ? path : "\(directory)/\(path)", start: start, duration: duration))
        }
        self.init(entries)
    }

    /// Reads the file `path`.
    public init(path: String) throws {
        let bytes = try FrameBytes(path: path)
        let slash = path.lastIndex(of: "/").map { String(path[..<$0]) }
        try self.init(text: String(decoding: bytes.read(at: 0, bytes.count), as: UTF8.self), name: path, directory: slash ?? ".")
    }

    /// Files with data at `start` or later and before `end`.
    public func files(from start: GPSTime? = nil, to end: GPSTime? = nil) -> [Entry] {
        entries.filter { entry in (start.map { entry.end > $0 } ?? true) && (end.map { entry.start < $0 } ?? true) }
    }

    /// The list as a file's text.
    public var text: String {
        entries.map { entry in
            let whole = entry.duration == entry.duration.rounded() ? "\(Int64(entry.duration))" : "\(entry.duration)"
            return "\(entry.path) \(entry.start) \(whole) 0 0\n"
        }.joined()
    }
}
