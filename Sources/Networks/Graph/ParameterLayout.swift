/// Where each parameter tensor lies in one flat vector of `Float`.
///
/// Gradients and optimizer states use the same layout, so a model's parameters cross ranks and files as one array.
public struct ParameterLayout: Sendable, Equatable {
    public struct Entry: Sendable, Equatable {
        public let name: String
        public let shape: [Int]
        public let range: Range<Int>
    }
    public private(set) var tensors: [Entry] = []
    /// Number of parameters.
    public private(set) var count = 0

    public init() {}

    /// Appends a tensor and returns its place in the flat vector.
    @discardableResult
    public mutating func add(_ name: String, shape: [Int]) -> Range<Int> {
        let range = count..<(count + shape.reduce(1, *))
        tensors.append(Entry(name: name, shape: shape, range: range))
        count = range.upperBound
        return range
    }
}
