import MessagePassing

/// What is wrong with a catalogue or a request to it: file, field, found, wanted.
public struct CatalogueError: Error, ExitCoded, CustomStringConvertible, Equatable {
    public let description: String
    public var exitCode: Int32 { 65 }

    public init(_ description: String) { self.description = description }
}
