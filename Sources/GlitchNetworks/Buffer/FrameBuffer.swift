import Batch
import Frames
import Glibc
import Glitches
import MessagePassing
import Segments

/// A directory with the most recent frame files, at most so many bytes: what a network is trained on again and again.
///
/// `state` says whether files come in (`operational`) or stay as they are (`frozen`), and the limit. `frames.ffl` lists the files, for every command
/// that reads frames. A file comes in under a temporary name and is renamed when it is whole and on the disk; a writer that dies leaves at most
/// that temporary file, which the next one removes, and its lock ends with it. *Not collective.*
public final class FrameBuffer {
    public enum State: String, Sendable { case operational, frozen }

    public struct Entry: Sendable, Equatable {
        public let name: String
        public let start: GPSTime
        public let duration: Double
        public let bytes: Int
    }

    public let path: String
    private static let prefix = ".incoming-"
    /// What a buffer holds at most unless told otherwise.
    public static let usualLimit = 1 << 30

    /// - Parameter creates: makes the directory if it is missing.
    /// - Throws: `GlitchError` where there is no buffer, `BatchError` for a directory that cannot be made.
    public init(_ path: String, creates: Bool) throws {
        self.path = path
        if creates {
            try Files.makeDirectories(path)
        } else if !Files.exists("\(path)/state") {
            throw GlitchError("\(path): found no buffer there, wanted a directory with a file `state`; `glitchgen buffer add` makes one")
        }
    }

    private struct Settings {
        var state = State.operational
        var limit = usualLimit
        var text: String { "state: \(state.rawValue)\nlimit: \(limit)\n" }
    }

    private func settings() throws -> Settings {
        var result = Settings()
        guard Files.exists("\(path)/state") else { return result }
        for line in String(decoding: try Files.read("\(path)/state", limit: 4096), as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1).map { $0.filter { $0 != " " } }
            if parts.count == 2, parts[0] == "state", let state = State(rawValue: parts[1]) {
                result.state = state
            } else if parts.count == 2, parts[0] == "limit", let limit = Int(parts[1]), limit > 0 {
                result.limit = limit
            } else {
                throw GlitchError("\(path)/state: found the line '\(line)', wanted `state: operational` or `state: frozen`, and `limit: BYTES`")
            }
        }
        return result
    }

    public func state() throws -> State { try settings().state }
    public func limit() throws -> Int { try settings().limit }

    /// The files, the oldest first.
    public func entries() throws -> [Entry] {
        try Files.list(path).compactMap { name -> Entry? in
            guard !name.hasPrefix("."), name.hasSuffix(".gwf"), let parsed = FrameFileName(path: name), let start = GPSTime(seconds: parsed.start) else { return nil }
            var status = stat()
            guard stat("\(path)/\(name)", &status) == 0 else { return nil }
            return Entry(name: name, start: start, duration: Double(parsed.duration), bytes: Int(status.st_size))
        }.sorted { ($0.start, $0.name) < ($1.start, $1.name) }
    }

    /// Runs `body` while no other writer is at work. The kernel gives the lock free when its holder ends, however it ends.
    private func locked<R>(_ body: () throws -> R) throws -> R {
        let descriptor = open("\(path)/writer", O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw GlitchError("\(path)/writer: cannot open: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_EX) == 0 else { throw GlitchError("\(path)/writer: cannot lock: \(String(cString: strerror(errno)))") }
        return try body()
    }

    /// Sets the state, and the limit if one is given.
    public func set(_ state: State, limit: Int? = nil) throws {
        try locked {
            var settings = try settings()
            settings.state = state
            if let limit { settings.limit = limit }
            try Files.writeAtomically("\(path)/state", Array(settings.text.utf8))
        }
    }

    /// What adding came to.
    public struct Addition: Sendable, Equatable {
        public var added: [String] = []
        /// Already there.
        public var known: [String] = []
        /// Given up, the oldest first, because the limit was reached.
        public var removed: [String] = []
        /// Files that are no whole frames, and why.
        public var refused: [String] = []
        public init() {}
    }

    /// Copies frame files in and gives up the oldest until the limit holds.
    /// - Throws: `BufferFrozen` where the buffer is frozen; `GlitchError` for a file larger than the limit or one that cannot be copied.
    public func add(_ files: [String], limit: Int? = nil) throws -> Addition {
        try locked {
            var settings = try settings()
            if let limit { settings.limit = limit }
            guard settings.state == .operational else { throw BufferFrozen(path: path) }
            try Files.writeAtomically("\(path)/state", Array(settings.text.utf8))
            for name in try Files.list(path) where name.hasPrefix(Self.prefix) { try Files.remove("\(path)/\(name)") }
            var result = Addition()
            for file in files { try add(file, limit: settings.limit, to: &result) }
            try writeList()
            return result
        }
    }

    private func add(_ file: String, limit: Int, to result: inout Addition) throws {
        let name = file.split(separator: "/").last.map(String.init) ?? file
        guard FrameFileName(path: name) != nil, name.hasSuffix(".gwf") else {
            result.refused.append("\(file): found a name that is none of LIGO-T050017, wanted V-CONTENT-START-SECONDS.gwf")
            return
        }
        if Files.exists("\(path)/\(name)") {
            result.known.append(name)
            return
        }
        do { _ = try FrameFile(path: file) } catch let error as FrameError {
            result.refused.append(error.description)
            return
        }
        let bytes = try Files.read(file)
        guard bytes.count <= limit else { throw GlitchError("\(file): found \(bytes.count) bytes, wanted at most the buffer's limit of \(limit); raise it by --limit") }
        let held = try entries()
        var total = held.reduce(0) { $0 + $1.bytes }
        for oldest in held where total + bytes.count > limit {
            try Files.remove("\(path)/\(oldest.name)")
            total -= oldest.bytes
            result.removed.append(oldest.name)
        }
        try Files.writeAtomically("\(path)/\(Self.prefix)\(name)", bytes)
        guard rename("\(path)/\(Self.prefix)\(name)", "\(path)/\(name)") == 0 else {
            throw GlitchError("\(path)/\(name): cannot rename: \(String(cString: strerror(errno)))")
        }
        result.added.append(name)
    }

    private func writeList() throws {
        let list = FrameFileList(try entries().map { FrameFileList.Entry(path: $0.name, start: $0.start, duration: $0.duration) })
        try Files.writeAtomically("\(path)/frames.ffl", Array(list.text.utf8))
    }

    /// Frames that are named as inputs: a buffer's directory stands for its list, and must be frozen, so that nothing changes under a reader.
    /// - Throws: `GlitchError` for a buffer that is operational.
    static func inputs(_ inputs: [String]) throws -> [String] {
        try inputs.map { input in
            guard Files.exists("\(input)/state") else { return input }
            let buffer = try FrameBuffer(input, creates: false)
            guard try buffer.state() == .frozen else {
                throw GlitchError("\(input): found the buffer operational, wanted it frozen while it is read: `glitchgen buffer freeze \(input)`")
            }
            return "\(input)/frames.ffl"
        }
    }
}

/// A buffer that takes nothing in now; try again later.
public struct BufferFrozen: Error, ExitCoded, CustomStringConvertible {
    public let path: String
    public var description: String { "\(path): found the buffer frozen, wanted it operational; wait for the training that reads it, or `glitchgen buffer thaw \(path)`" }
    /// As a job that is to be submitted again.
    public var exitCode: Int32 { 75 }
}
