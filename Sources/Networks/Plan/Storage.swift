import NetworkKernels

/// Where every value of a plan lives.
struct Storage {
    /// By root node.
    private(set) var locations: [Int: MemoryLocation] = [:]
    /// In `Float`s.
    private(set) var arenaFloats = 0
    /// Sum of all values that live in the arena.
    private(set) var unsharedFloats = 0
    /// Parameter gradients that are computed elsewhere and must be copied to the flat vector, by tensor.
    private(set) var gradientCopies: [(tensor: Int, node: Int)] = []
    /// Tensors whose gradient is complete once a block has run, by block.
    private(set) var gradientsOfBlock: [Int: [Int]] = [:]

    /// Decides which gradients are written in place and packs the rest into the arena.
    init(_ schedule: Schedule) {
        let (graph, values, blocks) = (schedule.graph, schedule.values, schedule.blocks)
        placeGradients(schedule)

        var firstUse: [Int: Int] = [:]
        var lastUse: [Int: Int] = [:]
        for (index, block) in blocks.enumerated() {
            for node in block.nodes {
                firstUse[node] = index
                lastUse[node] = max(lastUse[node] ?? index, index)
                for input in graph.nodes[node].inputs { lastUse[values.view(input).root] = index }
            }
        }
        let end = blocks.count
        for output in graph.outputs { lastUse[values.view(output.node).root] = end }
        for copy in gradientCopies { lastUse[values.view(copy.node).root] = end }
        for node in graph.nodes.indices {
            switch graph.nodes[node].operation {
            case .parameter(let tensor):
                locations[node] = MemoryLocation(.parameters, graph.layout.tensors[tensor].range.lowerBound)
            case .input, .constant:
                // Inputs are written before a run, constants once: neither may share.
                firstUse[node] = 0
                lastUse[node] = end
            default: break
            }
        }

        var owner: [Int: Int] = [:]
        var requests: [Arena.Request] = []
        for (node, first) in firstUse.sorted(by: { ($0.value, $0.key) < ($1.value, $1.key) }) {
            guard locations[node] == nil, schedule.blockOf[node] == nil || schedule.escaping.contains(node) else { continue }
            unsharedFloats += Arena.aligned(graph.nodes[node].type.floats)
            let last = max(first, lastUse[node] ?? first)
            if let source = schedule.overwritableInput(of: node, lastUse: lastUse), let request = owner[source],
                requests[request].lifetime.upperBound == first
            {
                requests[request].lifetime = requests[request].lifetime.lowerBound...last
                owner[node] = request
            } else {
                requests.append(Arena.Request(size: Arena.aligned(graph.nodes[node].type.floats), lifetime: first...last))
                owner[node] = requests.count - 1
            }
        }
        let arena = Arena(requests)
        for (node, request) in owner { locations[node] = MemoryLocation(.arena, arena.offsets[request]) }
        arenaFloats = arena.size
    }

    private mutating func placeGradients(_ schedule: Schedule) {
        let (graph, values) = (schedule.graph, schedule.values)
        for (tensor, node) in graph.parameterGradients.enumerated() {
            guard let node else { continue }
            let view = values.view(node)
            let whole = view.offset == 0 && graph.nodes[view.root].type.count == view.type.count
            if whole, locations[view.root] == nil, !values.isForward[view.root], let block = schedule.blockOf[view.root] {
                locations[view.root] = MemoryLocation(.gradient, graph.layout.tensors[tensor].range.lowerBound)
                gradientsOfBlock[block, default: []].append(tensor)
            } else {
                gradientCopies.append((tensor, node))
            }
        }
    }
}

extension Schedule {
    /// An input whose memory the result of a chain may take over: read nowhere later, neither in this chain nor after it.
    func overwritableInput(of node: Int, lastUse: [Int: Int]) -> Int? {
        guard let index = blockOf[node], blocks[index].space != nil, !graph.nodes[node].operation.isReduction else { return nil }
        let members = blocks[index].nodes
        guard let position = members.firstIndex(of: node) else { return nil }
        var unsafe: Set<Int> = []
        for (offset, member) in members.enumerated() {
            let isLater = readingPosition(member, at: offset, in: members) > position
            for input in graph.nodes[member].inputs where isLater || !readsInPlace(input) { unsafe.insert(values.view(input).root) }
        }
        for member in members[...position] {
            for input in graph.nodes[member].inputs {
                let root = values.view(input).root
                guard let source = blockOf[root], source != index, lastUse[root] == index, !unsafe.contains(root),
                    graph.nodes[root].type.floats == graph.nodes[node].type.floats
                else { continue }
                return root
            }
        }
        return nil
    }

    /// When a member of a chain reads its inputs: its own turn, that of the instruction it is part of, or the end.
    private func readingPosition(_ node: Int, at position: Int, in members: [Int]) -> Int {
        if graph.nodes[node].operation.isReduction { return members.count }
        return absorbed[node].flatMap { members.firstIndex(of: $0) } ?? position
    }
}
