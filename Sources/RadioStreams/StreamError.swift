import MessagePassing

/// What is wrong with a recording: the file, the place in it, what was found and what was wanted.
public struct StreamError: Error, ExitCoded, Equatable, CustomStringConvertible {
    public let file: String
    /// Keyword, column or byte offset; empty for the file as a whole.
    public let place: String
    public let reason: String
    /// 65 for what a file holds, 74 for a file that the system does not give.
    public let exitCode: Int32

    public init(file: String, place: String = "", reason: String, exitCode: Int32 = 65) {
        self.file = file
        self.place = place
        self.reason = reason
        self.exitCode = exitCode
    }

    public var description: String { "\(file): \(place.isEmpty ? "" : "\(place): ")\(reason)" }
}
