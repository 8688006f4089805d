/// Writes a graph: `let y = try tanh(convolution(x, weights: w, …) + bias)`.
///
/// Nodes that compute the same thing from the same inputs are made once.
public final class GraphBuilder {
    public private(set) var graph = Graph()
    private var scopes: [String] = []
    private var stage = 0
    private var known: [Key: Int] = [:]

    private struct Key: Hashable {
        let operation: Operation
        let inputs: [Int]
        let stage: Int
    }

    public init() {}

    /// A value given for every run: per sample if `batched`.
    public func input(_ name: String, shape: [Int], batched: Bool = true) throws -> Tensor {
        Tensor(self, try graph.appendInput(name, TensorType(shape, batched: batched)))
    }

    /// A tensor of the flat parameter vector. Its name carries the scopes it is made in: `coupling0/convolution1/weights`.
    public func parameter(_ name: String, shape: [Int], initializer: Initializer) throws -> Tensor {
        let path = self.path(name)
        if case .values(let values) = initializer, values.count != shape.reduce(1, *) {
            throw NetworkError(node: path, found: "\(values.count) initial values", wanted: "as many as shape \(shape) holds")
        }
        return Tensor(self, try graph.appendParameter(path, shape: shape, initializer: initializer))
    }

    /// A fixed table, row-major, `[channels, space…]`.
    public func constant(_ values: [Float], shape: [Int]) throws -> Tensor {
        Tensor(self, try graph.appendConstant(values, shape: shape, name: path("constant#\(graph.nodes.count)"), stage: stage))
    }

    /// One number, repeated where it is used.
    public func constant(_ value: Float) throws -> Tensor { try constant([value], shape: [1]) }

    /// Uniform numbers in (0, 1), new in every run and for every sample.
    public func uniform(shape: [Int], draw: UInt32) throws -> Tensor {
        try append(.uniform(shape, draw: draw), [])
    }

    /// Names a result of the model.
    public func output(_ name: String, _ value: Tensor) throws {
        // A parameter is not in the plan's memory: the output is a copy.
        let result = isParameterView(value.node) ? try append(.broadcast(value.type), [value]) : value
        try graph.appendOutput(name, node: result.node)
    }

    private func isParameterView(_ node: Int) -> Bool {
        switch graph.nodes[node].operation {
        case .parameter: true
        case .reshape, .stopGradient, .sliceChannels: isParameterView(graph.nodes[node].inputs[0])
        default: false
        }
    }

    /// Gives the nodes and parameters made in `body` a common prefix.
    public func scope<R>(_ name: String, _ body: () throws -> R) rethrows -> R {
        scopes.append(name)
        defer { scopes.removeLast() }
        return try body()
    }

    /// Appends any operation; the functions on `Tensor` are its readable form.
    public func append(_ operation: Operation, _ inputs: [Tensor]) throws -> Tensor {
        let key = Key(operation: operation, inputs: inputs.map(\.node), stage: stage)
        if let node = known[key] { return Tensor(self, node) }
        let name = path("\(operation.label)#\(graph.nodes.count)")
        if inputs.contains(where: { $0.builder !== self }) {
            throw NetworkError(node: name, found: "an input from another graph", wanted: "inputs from the same builder")
        }
        let node = try graph.append(operation, inputs: key.inputs, name: name, stage: stage)
        known[key] = node
        return Tensor(self, node)
    }

    /// Runs `body` so that its nodes belong to a new differentiation.
    func differentiation<R>(_ body: () throws -> R) rethrows -> R {
        stage += 1
        return try scope("gradient\(stage)", body)
    }

    func setParameterGradients(_ nodes: [Int?]) { graph.parameterGradients = nodes }

    /// A name with the scopes it is made in: `encoder1/convolution2`.
    public func path(_ name: String) -> String { (scopes + [name]).joined(separator: "/") }
}

/// A value in a graph under construction.
public struct Tensor {
    public let builder: GraphBuilder
    /// Position among the nodes of the graph.
    public let node: Int

    init(_ builder: GraphBuilder, _ node: Int) {
        self.builder = builder
        self.node = node
    }

    public var type: TensorType { builder.graph.nodes[node].type }
    /// `[channels, space…]`
    public var shape: [Int] { type.extents }
    public var channels: Int { type.channels }
    public var spatial: [Int] { type.spatial }
}

extension Operation {
    /// A short word for node names and reports.
    public var label: String {
        switch self {
        case .elementwise(let e): String("\(e)".prefix { $0 != "(" })
        default: String("\(self)".prefix { $0 != "(" })
        }
    }
}
