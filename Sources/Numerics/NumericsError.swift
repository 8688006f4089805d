/// What a numerical library refused, in one sentence: the routine, the shape, what was wanted.
public struct NumericsError: Error, CustomStringConvertible, Equatable {
    public let description: String
    init(_ description: String) { self.description = description }
}
