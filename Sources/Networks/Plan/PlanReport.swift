/// What one run of a plan costs, for one shard of sixteen samples.
public struct PlanReport: Sendable, CustomStringConvertible {
    public struct Step: Sendable {
        /// The node a step computes, or the last of a fused chain.
        public let name: String
        public let kind: String
        public let shape: [Int]
        /// Floating-point operations; a transcendental function counts as one.
        public let operations: Int
        /// Nodes fused into the step.
        public let nodes: Int
    }
    public let steps: [Step]
    public let parameters: Int
    public let arenaBytes: Int
    public let scratchBytes: Int
    /// What the arena would need without sharing.
    public let unsharedBytes: Int

    /// Floating-point operations of one run with gradient.
    public var operations: Int { steps.map(\.operations).reduce(0, +) }

    init(_ compiled: PlanCompiler) {
        let graph = compiled.schedule.graph
        steps = compiled.instructions.map { instruction in
            let node = graph.nodes[instruction.node]
            let isChain = instruction.opcode == .chain
            let chain = isChain ? compiled.chains[instruction.table] : nil
            return Step(
                name: node.name, kind: isChain ? "chain" : node.operation.label, shape: node.type.extents,
                operations: chain.map(\.operations) ?? node.operation.operations(node, graph), nodes: chain?.memberCount ?? 1)
        }
        parameters = graph.layout.count
        arenaBytes = 4 * compiled.storage.arenaFloats
        scratchBytes = 64 * compiled.scratchLanes
        unsharedBytes = 4 * compiled.storage.unsharedFloats
    }

    public var description: String {
        var lines = [
            "plan: \(steps.count) steps, \(parameters) parameters, \(operations) floating-point operations per shard",
            "memory: arena \(arenaBytes) B (\(unsharedBytes) B without sharing), scratch \(scratchBytes) B",
        ]
        for (index, step) in steps.enumerated() {
            lines.append("  \(index) \(step.kind) \(step.shape) \(step.operations) \(step.nodes > 1 ? "(\(step.nodes) nodes) " : "")\(step.name)")
        }
        return lines.joined(separator: "\n")
    }
}

extension Operation {
    /// Floating-point operations of a kernel call for sixteen samples.
    func operations(_ node: Graph.Node, _ graph: Graph) -> Int {
        let types = node.inputs.map { graph.nodes[$0].type }
        switch self {
        case .convolution, .convolutionDataGradient: return 32 * types[1].count * (isTransposed ? types[0].sites : node.type.sites)
        case .convolutionWeightGradient: return 32 * node.type.count * types[1].sites
        case .dense, .denseDataGradient: return 32 * types[1].count
        case .denseWeightGradient: return 32 * node.type.count
        case .sumPool, .maximumPool, .linearUpsampleGradient: return types[0].floats
        case .linearUpsample: return node.type.floats
        case .attention: return 32 * types[0].sites * types[0].sites * (types[0].channels + types[2].channels)
        case .attentionGradient: return 32 * types[0].sites * types[0].sites * (3 * types[0].channels + 2 * types[2].channels)
        default: return 0
        }
    }

    private var isTransposed: Bool { if case .convolutionDataGradient = self { true } else { false } }
}

extension ChainCompiler {
    /// Floating-point operations of one run.
    var operations: Int { (instructions.count + sinks.count) * channels * sites * (batched ? 16 : 1) }
}
