/// Evaluates a graph node by node in Double with the plainest loops: what a `Plan` is compared with.
///
/// A batched value is stored `[element][lane]`, an unbatched one `[element]`.
public struct ReferenceInterpreter {
    public let graph: Graph

    public init(_ graph: Graph) { self.graph = graph }

    /// The values of all nodes. `inputs` by name; `noise` keys the uniform numbers.
    /// Throws `NetworkError` for a missing input or a wrong size.
    public func evaluate(
        inputs: [String: [Double]] = [:], parameters: [Double] = [], noise: NoiseKey = NoiseKey()
    ) throws -> ReferenceValues {
        guard parameters.count == graph.layout.count else {
            throw NetworkError(node: "parameters", found: "\(parameters.count) numbers", wanted: "\(graph.layout.count)")
        }
        var values: [[Double]] = []
        for node in graph.nodes {
            switch node.operation {
            case .input:
                guard let value = inputs[node.name], value.count == node.type.floats else {
                    let found = inputs[node.name].map { "\($0.count) numbers" } ?? "nothing"
                    throw NetworkError(node: node.name, found: found, wanted: "\(node.type.floats) numbers for \(node.type)")
                }
                values.append(value)
            case .parameter(let position):
                values.append(Array(parameters[graph.layout.tensors[position].range]))
            case .constant(let position):
                values.append(graph.constants[position].map(Double.init))
            case .uniform(_, let draw):
                values.append((0..<node.type.floats).map { Double(noise.uniform(element: $0 / 16, lane: $0 % 16, draw: draw)) })
            default:
                let operands = node.inputs.map { ReferenceOperand(type: graph.nodes[$0].type, values: values[$0]) }
                values.append(node.operation.reference(operands, type: node.type))
            }
        }
        return ReferenceValues(graph: graph, nodes: values)
    }
}

/// The result of a reference evaluation.
public struct ReferenceValues {
    let graph: Graph
    /// Value of each node.
    public let nodes: [[Double]]

    /// A named output, nil if there is none of that name.
    public func output(_ name: String) -> [Double]? {
        graph.outputs.first { $0.name == name }.map { nodes[$0.node] }
    }

    /// The gradient with respect to the flat parameter vector, after `GraphBuilder.differentiate`.
    public var gradient: [Double] {
        var result = [Double](repeating: 0, count: graph.layout.count)
        for (tensor, node) in zip(graph.layout.tensors, graph.parameterGradients) {
            if let node { result.replaceSubrange(tensor.range, with: nodes[node]) }
        }
        return result
    }
}

struct ReferenceOperand {
    let type: TensorType
    let values: [Double]

    /// The value at a channel, site and lane, repeated over extents of one.
    func at(_ channel: Int, _ site: Int, _ lane: Int) -> Double {
        let element = (type.channels == 1 ? 0 : channel) * type.sites + (type.sites == 1 ? 0 : site)
        return values[type.batched ? element * 16 + lane : element]
    }
}
