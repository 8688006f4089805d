import Numerics

/// One operation of an element-by-element program; the meaning of a, b, c, p and q is in the case's comment.
public enum ElementwiseOpcode: UInt8, Sendable {
    /// p a + q
    case affine
    case square, absolute, sign, reciprocal, squareRoot
    /// a^p for a > 0
    case power
    case exp, log, tanh, sigmoid, softplus, sin, cos, erf
    /// a > 0 ? a : p a
    case leakyRelu
    /// a > 0 ? 1 : p
    case leakyStep
    case add, subtract, multiply, divide, maximum, minimum
    /// a > b ? 1 : 0
    case greater
    /// a = b ? 1 : 0
    case equal
    /// b (1 - a a)
    case tanhGradient
    /// b a (1 - a)
    case sigmoidGradient
    /// a > 0 ? b : c
    case select
    /// a b + c
    case multiplyAdd
    /// tanh(a + b)
    case addTanh
}

/// An operation on slots.
public struct ElementwiseInstruction: Sendable {
    public var opcode: ElementwiseOpcode
    public var a: UInt8
    public var b: UInt8
    public var c: UInt8
    public var result: UInt8
    public var p: Float
    public var q: Float

    public init(opcode: ElementwiseOpcode, a: UInt8, b: UInt8, c: UInt8, result: UInt8, p: Float, q: Float) {
        self.opcode = opcode
        self.a = a
        self.b = b
        self.c = c
        self.result = result
        self.p = p
        self.q = q
    }
}

/// A place in one of the three memories of a plan, in units of `Float`.
public struct MemoryLocation: Sendable, Hashable {
    public enum Memory: UInt8, Sendable { case arena, parameters, gradient }
    public var memory: Memory
    public var offset: Int

    public init(_ memory: Memory, _ offset: Int) {
        self.memory = memory
        self.offset = offset
    }
}

/// The three memories of a plan during one run.
public struct PlanMemory {
    public var arena: UnsafeMutablePointer<Float>
    public var parameters: UnsafeMutablePointer<Float>
    public var gradient: UnsafeMutablePointer<Float>

    @inlinable
    public init(arena: UnsafeMutablePointer<Float>, parameters: UnsafeMutablePointer<Float>, gradient: UnsafeMutablePointer<Float>) {
        self.arena = arena
        self.parameters = parameters
        self.gradient = gradient
    }

    @inlinable @inline(__always)
    public func floats(_ location: MemoryLocation) -> UnsafeMutablePointer<Float> {
        switch location.memory {
        case .arena: arena + location.offset
        case .parameters: parameters + location.offset
        case .gradient: gradient + location.offset
        }
    }

    @inlinable @inline(__always)
    public func lanes(_ location: MemoryLocation) -> UnsafeMutablePointer<Lane> {
        UnsafeMutableRawPointer(floats(location)).assumingMemoryBound(to: Lane.self)
    }
}

/// Something an element-by-element program reads or writes, seen as `[channel][site]` with strides.
public struct ElementwiseSlot {
    public enum Kind: UInt8, Sendable {
        /// Lives in the program's scratch tile alone.
        case scratch
        /// One lane per element.
        case lanes
        /// One number per element, the same for all lanes.
        case floats
    }
    public var kind: Kind
    /// Whether an instruction writes it.
    public var written: Bool
    public var location: MemoryLocation
    /// In elements; 0 where the value repeats.
    public var channelStride: Int
    /// 0 or 1.
    public var siteStride: Int
    /// Tile of the scratch memory, for `scratch` and `floats`.
    public var tile: Int

    // Set while the program runs.
    var lanes: UnsafeMutablePointer<Lane>
    var floats: UnsafeMutablePointer<Float>
    var current: UnsafeMutablePointer<Lane>
    var step: Int

    public init(kind: Kind, written: Bool, location: MemoryLocation, channelStride: Int, siteStride: Int, tile: Int) {
        self.kind = kind
        self.written = written
        self.location = location
        self.channelStride = channelStride
        self.siteStride = siteStride
        self.tile = tile
        lanes = UnsafeMutablePointer(bitPattern: 64).unsafelyUnwrapped
        floats = UnsafeMutablePointer(bitPattern: 64).unsafelyUnwrapped
        current = lanes
        step = siteStride
    }
}

/// A sum or maximum of a slot, taken while its tile is in the first-level cache.
public struct ElementwiseSink {
    public var slot: Int
    public var overChannels: Bool
    public var overSites: Bool
    public var overLanes: Bool
    public var takesMaximum: Bool
    public var location: MemoryLocation
    var accumulator: Lane

    public init(slot: Int, overChannels: Bool, overSites: Bool, overLanes: Bool, takesMaximum: Bool, location: MemoryLocation) {
        self.slot = slot
        self.overChannels = overChannels
        self.overSites = overSites
        self.overLanes = overLanes
        self.takesMaximum = takesMaximum
        self.location = location
        accumulator = Lane(repeating: 0)
    }
}

/// A fused chain of element-by-element operations on `[channels][sites]`.
public struct ElementwiseProgram {
    public var channels: Int
    public var sites: Int
    /// Whether elements are lanes; otherwise sixteen numbers are treated as one lane.
    public var batched: Bool
    public var slots: UnsafeMutableBufferPointer<ElementwiseSlot>
    public var instructions: UnsafeMutableBufferPointer<ElementwiseInstruction>
    public var sinks: UnsafeMutableBufferPointer<ElementwiseSink>

    /// Lanes per scratch tile: small enough that a program's tiles stay in the first-level cache.
    public static let tileLanes = 32

    public init(
        channels: Int, sites: Int, batched: Bool, slots: UnsafeMutableBufferPointer<ElementwiseSlot>,
        instructions: UnsafeMutableBufferPointer<ElementwiseInstruction>, sinks: UnsafeMutableBufferPointer<ElementwiseSink>
    ) {
        self.channels = channels
        self.sites = sites
        self.batched = batched
        self.slots = slots
        self.instructions = instructions
        self.sinks = sinks
    }

    /// Runs the program. `scratch` holds `tileLanes` lanes for every tile that a slot names.
    public func run(_ memory: PlanMemory, scratch: UnsafeMutablePointer<Lane>) {
        for index in 0..<slots.count {
            let slot = slots.baseAddress.unsafelyUnwrapped + index
            slot.pointee.floats = memory.floats(slot.pointee.location)
            slot.pointee.lanes = memory.lanes(slot.pointee.location)
            slot.pointee.step = slot.pointee.kind == .scratch ? 1 : slot.pointee.siteStride
            slot.pointee.current = scratch + slot.pointee.tile * Self.tileLanes
        }
        for index in 0..<sinks.count { sinks[index].start() }
        if batched { runLanes(memory, scratch) } else { runFloats(memory, scratch) }
        for index in 0..<sinks.count where sinks[index].overSites && sinks[index].overChannels {
            sinks[index].finish(memory, channel: 0, batched: batched)
        }
    }

    private func runLanes(_ memory: PlanMemory, _ scratch: UnsafeMutablePointer<Lane>) {
        let slot = slots.baseAddress.unsafelyUnwrapped
        for channel in 0..<channels {
            for k in 0..<slots.count where slot[k].kind == .floats && slot[k].siteStride == 0 {
                slot[k].current.pointee = Lane(repeating: slot[k].floats[channel * slot[k].channelStride])
            }
            var site = 0
            while site < sites {
                let count = min(Self.tileLanes, sites - site)
                for k in 0..<slots.count {
                    switch slot[k].kind {
                    case .scratch: break
                    case .lanes:
                        slot[k].current = slot[k].lanes + (channel * slot[k].channelStride + site * slot[k].siteStride)
                    case .floats:
                        if slot[k].siteStride == 0 { continue }
                        let source = slot[k].floats + (channel * slot[k].channelStride + site)
                        let tile = slot[k].current
                        for i in 0..<count { tile[i] = Lane(repeating: source[i]) }
                    }
                }
                for k in 0..<instructions.count { instructions[k].execute(slot, count) }
                for k in 0..<sinks.count { sinks[k].absorb(slot[sinks[k].slot], memory, channel, site, count, sites) }
                site += count
            }
            for k in 0..<sinks.count where sinks[k].overSites && !sinks[k].overChannels {
                sinks[k].finish(memory, channel: channel, batched: true)
                sinks[k].start()
            }
        }
    }

    private func runFloats(_ memory: PlanMemory, _ scratch: UnsafeMutablePointer<Lane>) {
        let slot = slots.baseAddress.unsafelyUnwrapped
        for channel in 0..<channels {
            for k in 0..<slots.count where slot[k].kind == .floats && slot[k].siteStride == 0 {
                slot[k].current.pointee = Lane(repeating: slot[k].floats[channel * slot[k].channelStride])
            }
            var site = 0
            while site < sites {
                let count = min(Self.tileLanes * laneWidth, sites - site)
                for k in 0..<slots.count where slot[k].kind == .floats && slot[k].siteStride == 1 && !slot[k].written {
                    slot[k].tileFloats.update(from: slot[k].floats + (channel * slot[k].channelStride + site), count: count)
                }
                for k in 0..<instructions.count { instructions[k].execute(slot, (count + laneWidth - 1) / laneWidth) }
                for k in 0..<slots.count where slot[k].kind == .floats && slot[k].written {
                    (slot[k].floats + (channel * slot[k].channelStride + site)).update(from: slot[k].tileFloats, count: count)
                }
                for k in 0..<sinks.count { sinks[k].absorbFloats(slot[sinks[k].slot], memory, channel, site, count) }
                site += count
            }
            for k in 0..<sinks.count where sinks[k].overSites && !sinks[k].overChannels {
                sinks[k].finish(memory, channel: channel, batched: false)
                sinks[k].start()
            }
        }
    }
}

extension ElementwiseSlot {
    /// The scratch tile as numbers.
    var tileFloats: UnsafeMutablePointer<Float> { UnsafeMutableRawPointer(current).assumingMemoryBound(to: Float.self) }
}
