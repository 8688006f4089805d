import NetworkKernels

/// Turns one chain of element-by-element nodes into slots, instructions and sinks.
struct ChainCompiler {
    private let schedule: Schedule
    private let storage: Storage
    private let members: [Int]
    private(set) var channels: Int
    private(set) var sites: Int
    let batched: Bool
    private(set) var slots: [ElementwiseSlot] = []
    private(set) var instructions: [ElementwiseInstruction] = []
    private(set) var sinks: [ElementwiseSink] = []
    /// Scratch tiles that the program needs.
    private(set) var tiles = 0

    private var freeTiles: [Int] = []
    private var slotOfValue: [Int: Int] = [:]
    private var slotOfOperand: [Operand: Int] = [:]
    private var lastReader: [Int: Int] = [:]

    private struct Operand: Hashable {
        let location: MemoryLocation
        let isBatched: Bool
        let channelStride: Int
        let siteStride: Int
    }

    private var graph: Graph { schedule.graph }
    /// Nodes of the graph that the chain computes.
    var memberCount: Int { members.count }

    init(_ block: Block, space: Block.Space, schedule: Schedule, storage: Storage) {
        self.schedule = schedule
        self.storage = storage
        members = block.nodes
        channels = space.channels
        sites = space.sites
        batched = space.batched
        findLastReaders()
        for (position, node) in members.enumerated() where schedule.absorbed[node] == nil { compile(node, at: position) }
        flatten()
    }

    /// When a value of the chain is read for the last time; reductions read at the end of a tile.
    private mutating func findLastReaders() {
        for (position, node) in members.enumerated() {
            let reader = schedule.absorbed[node].flatMap { members.firstIndex(of: $0) } ?? position
            let time = graph.nodes[node].operation.isReduction ? members.count : reader
            for input in graph.nodes[node].inputs {
                let root = schedule.values.view(input).root
                lastReader[root] = max(lastReader[root] ?? 0, time)
            }
        }
    }

    private mutating func compile(_ node: Int, at position: Int) {
        let record = graph.nodes[node]
        switch record.operation {
        case .sum(let axes):
            addSink(node, axes: axes, takesMaximum: false)
        case .maximumOverChannels:
            addSink(node, axes: .channels, takesMaximum: true)
        case .elementwise(let e):
            if let inner = record.inputs.map({ schedule.values.view($0).root }).first(where: { schedule.absorbed[$0] == node }) {
                let innerInputs = graph.nodes[inner].inputs
                if e == .tanh {
                    emit(.addTanh, innerInputs, node, position)
                } else {
                    let other = record.inputs.first { schedule.values.view($0).root != inner }
                    emit(.multiplyAdd, innerInputs + [other ?? record.inputs[0]], node, position)
                }
            } else {
                let (opcode, p, q) = e.instruction
                emit(opcode, record.inputs, node, position, p, q)
            }
        default:
            emit(.affine, record.inputs, node, position, 1, 0)
        }
    }

    private mutating func emit(_ opcode: ElementwiseOpcode, _ inputs: [Int], _ node: Int, _ position: Int, _ p: Float = 0, _ q: Float = 0) {
        let operands = inputs.map { UInt8(readSlot($0)) }
        // Only now: the result may take the tile of an operand that dies here.
        for input in Set(inputs.map { schedule.values.view($0).root }) where lastReader[input] == position { releaseTile(input) }
        let result = UInt8(writtenSlot(node))
        func operand(_ k: Int) -> UInt8 { operands.indices.contains(k) ? operands[k] : operands[0] }
        instructions.append(ElementwiseInstruction(opcode: opcode, a: operand(0), b: operand(1), c: operand(2), result: result, p: p, q: q))
    }

    private mutating func addSink(_ node: Int, axes: ReductionAxes, takesMaximum: Bool) {
        guard let location = storage.locations[node] else { return }
        let slot = readSlot(graph.nodes[node].inputs[0])
        sinks.append(
            ElementwiseSink(
                slot: slot, overChannels: axes.contains(.channels), overSites: axes.contains(.sites), overLanes: axes.contains(.lanes),
                takesMaximum: takesMaximum, location: location))
    }

    /// The slot of an input: made by this chain, or seen in memory with strides.
    private mutating func readSlot(_ input: Int) -> Int {
        let view = schedule.values.view(input)
        if let slot = slotOfValue[view.root] { return slot }
        let isBatched = graph.nodes[view.root].type.batched
        let base = storage.locations[view.root] ?? MemoryLocation(.arena, 0)
        let operand = Operand(
            location: MemoryLocation(base.memory, base.offset + view.offset * (isBatched ? 16 : 1)), isBatched: isBatched,
            channelStride: view.type.channels == 1 ? 0 : view.type.sites, siteStride: view.type.sites == 1 ? 0 : 1)
        if let slot = slotOfOperand[operand] { return slot }
        slots.append(
            ElementwiseSlot(
                kind: isBatched ? .lanes : .floats, written: false, location: operand.location, channelStride: operand.channelStride,
                siteStride: operand.siteStride, tile: isBatched ? 0 : newTile()))
        slotOfOperand[operand] = slots.count - 1
        return slots.count - 1
    }

    private mutating func writtenSlot(_ node: Int) -> Int {
        if schedule.escaping.contains(node), let location = storage.locations[node] {
            slots.append(
                ElementwiseSlot(
                    kind: batched ? .lanes : .floats, written: true, location: location, channelStride: channels == 1 ? 0 : sites,
                    siteStride: sites == 1 ? 0 : 1, tile: batched ? 0 : newTile()))
        } else {
            slots.append(
                ElementwiseSlot(
                    kind: .scratch, written: true, location: MemoryLocation(.arena, 0), channelStride: 0, siteStride: 1, tile: takeTile()))
        }
        slotOfValue[node] = slots.count - 1
        return slots.count - 1
    }

    private mutating func takeTile() -> Int {
        freeTiles.popLast() ?? newTile()
    }

    /// A tile of its own: what is read from memory is there before the first instruction, so it shares with no other value.
    private mutating func newTile() -> Int {
        tiles += 1
        return tiles - 1
    }

    private mutating func releaseTile(_ value: Int) {
        guard let slot = slotOfValue[value], slots[slot].kind == .scratch else { return }
        freeTiles.append(slots[slot].tile)
    }

    /// Merges channels and sites into one long axis where every operand allows it.
    private mutating func flatten() {
        let scalarSites = sites == 1
        let mergeable = slots.allSatisfy { slot in
            slot.kind == .scratch || slot.channelStride == 0 && slot.siteStride == 0
                || slot.siteStride == 1 && slot.channelStride == sites
        }
        let sinksAgree = sinks.allSatisfy { $0.overChannels == $0.overSites }
        if scalarSites {
            for k in slots.indices where slots[k].kind != .scratch {
                slots[k].siteStride = slots[k].channelStride == 0 ? 0 : 1
                slots[k].channelStride = 0
            }
            for k in sinks.indices {
                // One site: a sum over it is no sum at all, a sum over channels is a sum over the long axis.
                sinks[k].overSites = sinks[k].overChannels
                sinks[k].overChannels = false
            }
            sites = channels
            channels = 1
        } else if channels > 1, mergeable, sinksAgree {
            for k in slots.indices where slots[k].kind != .scratch { slots[k].channelStride = 0 }
            sites *= channels
            channels = 1
        }
    }
}

extension Elementwise {
    /// The kernel instruction and its two constants.
    var instruction: (ElementwiseOpcode, Float, Float) {
        switch self {
        case .affine(let scale, let shift): (.affine, scale, shift)
        case .square: (.square, 0, 0)
        case .absolute: (.absolute, 0, 0)
        case .sign: (.sign, 0, 0)
        case .reciprocal: (.reciprocal, 0, 0)
        case .squareRoot: (.squareRoot, 0, 0)
        case .power(let exponent): (.power, exponent, 0)
        case .exp: (.exp, 0, 0)
        case .log: (.log, 0, 0)
        case .tanh: (.tanh, 0, 0)
        case .sigmoid: (.sigmoid, 0, 0)
        case .softplus: (.softplus, 0, 0)
        case .sin: (.sin, 0, 0)
        case .cos: (.cos, 0, 0)
        case .erf: (.erf, 0, 0)
        case .leakyRelu(let slope): (.leakyRelu, slope, 0)
        case .leakyStep(let slope): (.leakyStep, slope, 0)
        case .add: (.add, 0, 0)
        case .subtract: (.subtract, 0, 0)
        case .multiply: (.multiply, 0, 0)
        case .divide: (.divide, 0, 0)
        case .maximum: (.maximum, 0, 0)
        case .minimum: (.minimum, 0, 0)
        case .greater: (.greater, 0, 0)
        case .equal: (.equal, 0, 0)
        case .tanhGradient: (.tanhGradient, 0, 0)
        case .sigmoidGradient: (.sigmoidGradient, 0, 0)
        case .select: (.select, 0, 0)
        }
    }
}
