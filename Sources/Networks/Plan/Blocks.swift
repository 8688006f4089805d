/// A step of a plan before it has memory: one kernel call, or a fused chain of element-by-element operations.
struct Block {
    /// What the chain runs over; nil for a kernel call.
    struct Space: Hashable {
        let channels: Int
        let sites: Int
        let batched: Bool
        let stage: Int
        let isForward: Bool
    }
    let space: Space?
    var nodes: [Int]
}

/// The blocks of a plan in order, and what of each chain is seen outside it.
struct Schedule {
    let values: ValueResolution
    private(set) var blocks: [Block] = []
    /// The block that computes a node.
    private(set) var blockOf: [Int: Int] = [:]
    /// Nodes of chains that are read by another block or are results: the only ones that need memory.
    private(set) var escaping: Set<Int> = []
    /// Nodes that are computed inside the one instruction of their only reader.
    private(set) var absorbed: [Int: Int] = [:]

    var graph: Graph { values.graph }

    /// Longest chain: its tiles must stay in the first-level cache, its slots within a byte.
    private static let longestChain = 48

    init(_ graph: Graph) {
        values = ValueResolution(graph)
        for node in values.order { place(node) }
        findEscaping()
        findAbsorbed()
    }

    /// Puts a node into the first chain that may hold it, or the last one, or a new block.
    private mutating func place(_ node: Int) {
        let record = graph.nodes[node]
        guard record.operation.isFusible else { return append(node, space: nil) }
        let space = self.space(of: node)
        var earliest = 0
        for input in record.inputs {
            guard let block = blockOf[values.view(input).root] else { continue }
            earliest = max(earliest, blocks[block].space == space && canJoin(input) ? block : block + 1)
        }
        let candidate = [earliest, blocks.count - 1].first {
            $0 >= earliest && blocks.indices.contains($0) && blocks[$0].space == space && blocks[$0].nodes.count < Self.longestChain
        }
        guard let candidate else { return append(node, space: space) }
        blocks[candidate].nodes.append(node)
        blockOf[node] = candidate
    }

    private mutating func append(_ node: Int, space: Block.Space?) {
        blocks.append(Block(space: space, nodes: [node]))
        blockOf[node] = blocks.count - 1
    }

    /// Whether a value can be read in the chain that makes it: element by element, at its own place.
    private func canJoin(_ input: Int) -> Bool {
        let root = values.view(input).root
        return !graph.nodes[root].operation.isReduction && readsInPlace(input)
    }

    /// Whether a reader finds the root's own elements, each at its own place.
    func readsInPlace(_ input: Int) -> Bool {
        let view = values.view(input)
        let type = graph.nodes[view.root].type
        return view.offset == 0 && view.type.channels == type.channels && view.type.sites == type.sites
    }

    private func space(of node: Int) -> Block.Space {
        let record = graph.nodes[node]
        let type = record.operation.isReduction ? graph.nodes[record.inputs[0]].type : record.type
        return Block.Space(
            channels: type.channels, sites: type.sites, batched: type.batched, stage: record.stage, isForward: values.isForward[node])
    }

    private mutating func findEscaping() {
        for (index, block) in blocks.enumerated() {
            for node in block.nodes {
                if block.space == nil || graph.nodes[node].operation.isReduction { escaping.insert(node) }
                for input in graph.nodes[node].inputs where blockOf[values.view(input).root] != index {
                    escaping.insert(values.view(input).root)
                }
            }
        }
        for node in graph.outputs.map(\.node) + graph.parameterGradients.compactMap({ $0 }) { escaping.insert(values.view(node).root) }
    }

    /// `a b + c` and `tanh(a + b)` are one instruction where the inner value is used nowhere else.
    private mutating func findAbsorbed() {
        for block in blocks where block.space != nil {
            var uses: [Int: Int] = [:]
            for node in block.nodes { for input in graph.nodes[node].inputs { uses[values.view(input).root, default: 0] += 1 } }
            for node in block.nodes {
                let inner: Elementwise
                switch graph.nodes[node].operation {
                case .elementwise(.add): inner = .multiply
                case .elementwise(.tanh): inner = .add
                default: continue
                }
                let candidate = graph.nodes[node].inputs.map { values.view($0).root }.first {
                    graph.nodes[$0].operation == .elementwise(inner) && uses[$0] == 1 && !escaping.contains($0) && absorbed[$0] == nil
                        && !absorbed.values.contains($0)
                }
                if let candidate { absorbed[candidate] = node }
            }
        }
    }
}
