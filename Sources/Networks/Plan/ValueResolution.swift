import NetworkKernels

/// Which nodes of a graph need memory and which are another node's memory seen differently.
struct ValueResolution {
    /// A node's value as a contiguous part of its root's memory.
    struct View {
        let root: Int
        /// In elements of the root.
        let offset: Int
        /// Type as read; smaller than the node's where a broadcast is left to the reader.
        let type: TensorType
    }

    let graph: Graph
    /// Needed by an output or a parameter gradient.
    private(set) var isLive: [Bool]
    /// Needed by an output.
    private(set) var isForward: [Bool]
    /// Nodes that are computed, in the order of their computation: what outputs need comes first.
    private(set) var order: [Int] = []
    private var virtualBroadcasts: Set<Int> = []

    init(_ graph: Graph) {
        self.graph = graph
        isForward = Self.ancestors(of: graph.outputs.map(\.node), in: graph)
        isLive = Self.ancestors(of: graph.outputs.map(\.node) + graph.parameterGradients.compactMap { $0 }, in: graph)
        virtualBroadcasts = findVirtualBroadcasts()
        let computed = graph.nodes.indices.filter { isLive[$0] && !isView($0) && !graph.nodes[$0].operation.isLeaf }
        order = computed.filter { isForward[$0] } + computed.filter { !isForward[$0] }
    }

    /// Whether the node has no memory of its own.
    func isView(_ node: Int) -> Bool {
        switch graph.nodes[node].operation {
        case .reshape, .stopGradient, .sliceChannels: true
        case .broadcast: virtualBroadcasts.contains(node)
        default: false
        }
    }

    func view(_ node: Int) -> View {
        let record = graph.nodes[node]
        guard isView(node) else { return View(root: node, offset: 0, type: record.type) }
        let source = view(record.inputs[0])
        switch record.operation {
        case .sliceChannels(let range):
            return View(root: source.root, offset: source.offset + range.lowerBound * record.type.sites, type: record.type)
        case .broadcast:
            return source
        default:
            return View(root: source.root, offset: source.offset, type: record.type)
        }
    }

    /// A broadcast that only element-by-element readers see needs no memory: they repeat the value themselves.
    private func findVirtualBroadcasts() -> Set<Int> {
        var result = Set(graph.nodes.indices.filter { if case .broadcast = graph.nodes[$0].operation { isLive[$0] } else { false } })
        for node in graph.nodes.indices where isLive[node] && !graph.nodes[node].operation.readsStrided {
            result.subtract(graph.nodes[node].inputs)
        }
        result.subtract(graph.outputs.map(\.node))
        result.subtract(graph.parameterGradients.compactMap { $0 })
        return result
    }

    private static func ancestors(of nodes: [Int], in graph: Graph) -> [Bool] {
        var result = [Bool](repeating: false, count: graph.nodes.count)
        for node in nodes { result[node] = true }
        for node in graph.nodes.indices.reversed() where result[node] {
            for input in graph.nodes[node].inputs { result[input] = true }
        }
        return result
    }
}

extension Operation {
    var isLeaf: Bool {
        switch self {
        case .input, .parameter, .constant: true
        default: false
        }
    }

    /// Whether inputs may be repeated over channels, sites and lanes by strides.
    var readsStrided: Bool {
        switch self {
        case .elementwise, .sum, .maximumOverChannels, .broadcast: true
        default: false
        }
    }

    /// Whether the operation runs inside an element-by-element program.
    var isFusible: Bool { readsStrided }
    /// Whether the result is complete only when its program ends.
    var isReduction: Bool {
        switch self {
        case .sum, .maximumOverChannels: true
        default: false
        }
    }
}
