/// What went wrong in a flow, in one sentence that names the field, the value found and the value wanted.
public struct FlowError: Error, CustomStringConvertible, Equatable {
    public let description: String

    public init(_ description: String) { self.description = description }
}
