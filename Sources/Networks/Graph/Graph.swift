/// A model as data: nodes in topological order, each with a static type.
public struct Graph: Sendable {
    public struct Node: Hashable, Sendable {
        public let name: String
        public let operation: Operation
        public let inputs: [Int]
        public let type: TensorType
        /// 0 for the model itself, n for nodes made by the n-th differentiation.
        public let stage: Int
    }

    public struct Output: Hashable, Sendable {
        public let name: String
        public let node: Int
    }

    public private(set) var nodes: [Node] = []
    public private(set) var constants: [[Float]] = []
    public private(set) var layout = ParameterLayout()
    public private(set) var initializers: [Initializer] = []
    public private(set) var outputs: [Output] = []
    /// For each tensor of the layout, the node that holds its gradient; nil where the loss does not depend on it.
    /// Empty before differentiation.
    public internal(set) var parameterGradients: [Int?] = []

    public init() {}

    /// Appends a node after checking its inputs. Throws `NetworkError` if shapes do not fit.
    public mutating func append(_ operation: Operation, inputs: [Int], name: String, stage: Int = 0) throws -> Int {
        for input in inputs where !nodes.indices.contains(input) {
            throw NetworkError(node: name, found: "input node \(input)", wanted: "a node that comes before (0 to \(nodes.count - 1))")
        }
        let type = try operation.resultType(of: inputs.map { nodes[$0].type }, node: name)
        try Self.checkExtents(type.extents, node: name)
        return push(Node(name: name, operation: operation, inputs: inputs, type: type, stage: stage))
    }

    /// Appends a value given anew for every run.
    public mutating func appendInput(_ name: String, _ type: TensorType) throws -> Int {
        try Self.checkExtents(type.extents, node: name)
        if inputNodes.contains(where: { nodes[$0].name == name }) {
            throw NetworkError(node: name, found: "a second input of this name", wanted: "distinct names")
        }
        return push(Node(name: name, operation: .input, inputs: [], type: type, stage: 0))
    }

    /// Appends a tensor of the flat parameter vector.
    public mutating func appendParameter(_ name: String, shape: [Int], initializer: Initializer) throws -> Int {
        try Self.checkExtents(shape, node: name)
        if layout.tensors.contains(where: { $0.name == name }) {
            throw NetworkError(node: name, found: "a second parameter of this name", wanted: "distinct names")
        }
        layout.add(name, shape: shape)
        initializers.append(initializer)
        let operation = Operation.parameter(layout.tensors.count - 1)
        return push(Node(name: name, operation: operation, inputs: [], type: TensorType(shape, batched: false), stage: 0))
    }

    /// Appends a fixed table, row-major.
    public mutating func appendConstant(_ values: [Float], shape: [Int], name: String, stage: Int = 0) throws -> Int {
        try Self.checkExtents(shape, node: name)
        guard values.count == shape.reduce(1, *) else {
            throw NetworkError(node: name, found: "\(values.count) values", wanted: "\(shape.reduce(1, *)) for shape \(shape)")
        }
        constants.append(values)
        let type = TensorType(shape, batched: false)
        return push(Node(name: name, operation: .constant(constants.count - 1), inputs: [], type: type, stage: stage))
    }

    /// Names a node as a result of the model.
    public mutating func appendOutput(_ name: String, node: Int) throws {
        guard nodes.indices.contains(node) else {
            throw NetworkError(node: name, found: "output node \(node)", wanted: "a node of the graph")
        }
        if outputs.contains(where: { $0.name == name }) {
            throw NetworkError(node: name, found: "a second output of this name", wanted: "distinct names")
        }
        outputs.append(Output(name: name, node: node))
    }

    public var inputNodes: [Int] { nodes.indices.filter { nodes[$0].operation == .input } }

    private mutating func push(_ node: Node) -> Int {
        nodes.append(node)
        return nodes.count - 1
    }

    private static func checkExtents(_ extents: [Int], node: String) throws {
        guard TensorType.count(of: extents) != nil else {
            throw NetworkError(
                node: node, found: "shape \(extents)",
                wanted: "[channels, space…], all positive, of at most \(TensorType.largestCount) elements")
        }
    }
}
