import Batch
import Frames
import Glitches
import Segments

/// Takes the frames of a directory in the order of their times as they appear: files of one second, named by LIGO-T050017. One that is missing, torn, damaged or
/// late is reported, and the next one follows. *Not collective;* used by one thread at a time.
public final class FrameFollower {
    public struct Frame: Sendable {
        /// GPS seconds.
        public let second: Int64
        public let path: String
        /// By channel.
        public let series: [[Double]]
    }

    public enum Problem: String, Sendable {
        /// Did not come while later ones did.
        case missing
        /// Could not be read, or lacks what is needed.
        case damaged
        /// Came after it had been passed over.
        case late
    }

    public enum Event: Sendable {
        case frame(Frame)
        case problem(Problem, second: Int64, message: String)
    }

    private let directory, content: String
    private let channels: [(name: String, rate: Double)]
    private let patience: Double
    /// The second that is waited for; nil before the first file.
    public private(set) var next: Int64?
    private var first: Int64?
    /// Seconds that have been taken or reported late, as far back as late ones are told from old ones.
    private var settled: Set<Int64> = []
    private var trouble: (since: Double, message: String)?
    private var absentSince: Double?
    private static let memory: Int64 = 600

    /// - Parameters:
    ///   - content: description in the files' names; empty takes all.
    ///   - patience: seconds that are waited for a file that is missing while later ones are there, or that cannot be read.
    ///   - start: first second; nil takes the earliest file there is.
    public init(directory: String, content: String = "", channels: [(name: String, rate: Double)], patience: Double, start: Int64? = nil) {
        (self.directory, self.content, self.channels, self.patience) = (directory, content, channels, patience)
        (next, first) = (start, start)
    }

    /// What has happened since the last look. `now` is in seconds of a clock that never goes back.
    /// - Throws: `BatchError` where the directory cannot be listed.
    public func poll(now: Double) throws -> [Event] {
        var files: [Int64: String] = [:]
        for name in try Files.list(directory) {
            guard let parts = FrameFileName(path: name), parts.duration == 1, parts.suffix == "gwf", content.isEmpty || parts.content == content else { continue }
            files[parts.start] = "\(directory)/\(name)"
        }
        if next == nil { (next, first) = (files.keys.min(), files.keys.min()) }
        guard var second = next else { return [] }
        var events: [Event] = []
        let old = files.keys.filter { $0 < second && $0 >= max(first ?? .min, second - Self.memory) && !settled.contains($0) }
        for late in old.sorted() {
            settled.insert(late)
            events.append(.problem(.late, second: late, message: "\(files[late] ?? ""): came after its time, is left out"))
        }
        while true {
            if let path = files[second] {
                do {
                    events.append(.frame(try read(path, second)))
                } catch let error as GlitchError {
                    guard let since = trouble?.since else {
                        trouble = (now, error.description)
                        break
                    }
                    guard now - since >= patience else { break }
                    events.append(.problem(.damaged, second: second, message: error.description))
                }
                settled.insert(second)
                second += 1
            } else {
                guard let later = files.keys.filter({ $0 > second }).min() else { break }
                guard let since = absentSince else {
                    absentSince = now
                    break
                }
                guard now - since >= patience else { break }
                let span = later == second + 1 ? "GPS \(second)" : "GPS \(second) to \(later - 1)"
                events.append(.problem(.missing, second: second, message: "found no frame of \(span) in \(directory), though later ones are there; left out"))
                second = later
            }
            (trouble, absentSince, next) = (nil, nil, second)
        }
        if settled.count > 4 * Int(Self.memory) { settled = settled.filter { $0 >= second - Self.memory } }
        return events
    }

    private func read(_ path: String, _ second: Int64) throws -> Frame {
        let series = try namingFrames { () throws -> [[Double]] in
            let file = try FrameFile(path: path)
            guard let start = file.frames.first?.start, file.frames.count == 1, start.seconds == second, start.remainder == 0 else {
                throw GlitchError("\(path): found \(file.frames.count) frames from \(file.frames.first.map { "\($0.start)" } ?? "nowhere") on, wanted one of GPS \(second)")
            }
            return try channels.map { channel in
                guard let values = try file.read(channel.name).physicalValues, values.count == Int(channel.rate.rounded()) else {
                    throw GlitchError("\(path): found \(channel.name) with another number of values, wanted \(Int(channel.rate.rounded())) real ones")
                }
                guard values.allSatisfy(\.isFinite) else { throw GlitchError("\(path): found \(channel.name) with values that are no numbers, wanted finite ones") }
                return values
            }
        }
        return Frame(second: second, path: path, series: series)
    }
}
