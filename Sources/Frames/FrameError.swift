/// What a frame file does not hold as it should, where, and what was wanted instead.
public struct FrameError: Error, CustomStringConvertible, Sendable {
    public enum Kind: Sendable {
        /// Bytes of a file are not what the format says.
        case content
        /// The system refused an operation on a file.
        case system
        /// The caller asked for what does not exist or cannot be written.
        case request
    }

    public let kind: Kind
    /// Path of the file, or the name that its bytes were given.
    public let file: String
    /// Offset of the structure in the file, in bytes.
    public let offset: Int?
    /// `FrVect`, `FrTOC`, …; empty where none is meant.
    public let structure: String
    /// Element of the structure; empty where none is meant.
    public let field: String
    public let message: String

    init(
        _ kind: Kind = .content, file: String, offset: Int? = nil, structure: String = "", field: String = "", _ message: String
    ) {
        (self.kind, self.file, self.offset, self.structure, self.field, self.message) = (kind, file, offset, structure, field, message)
    }

    public var description: String {
        var text = file
        if let offset { text += ", byte \(offset)" }
        if !structure.isEmpty { text += ", \(structure)" + (field.isEmpty ? "" : ".\(field)") }
        return "\(text): \(message)"
    }
}

/// Where bytes lie: what every error about them begins with.
struct Place {
    var file: String
    var offset: Int
    var structure = ""

    func error(_ field: String = "", _ message: String) -> FrameError {
        FrameError(file: file, offset: offset, structure: structure, field: field, message)
    }

    func error(_ field: String = "", found: some Any, wanted: String) -> FrameError { error(field, "found \(found), wanted \(wanted)") }
}
