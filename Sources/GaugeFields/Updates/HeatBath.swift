import Batch
import GaugeKernels
import LatticeFields
import MessagePassing
import Numerics

/// Heat bath with over-relaxation of a gauge field with Wilson's action on a cut lattice.
///
/// Links of one direction and one parity are updated together; their halo travels while the next ones that need none are. The configurations are the
/// same bits on any process grid: random numbers are functions of (seed, update, site, direction, subgroup, attempt).
/// After every update the links are brought back into the group.
public final class HeatBath {
    public let field: GaugeField
    public let action: GaugeAction
    /// Sweeps of over-relaxation after each of heat bath.
    public let overrelaxation: Int
    private let order: SiteOrder
    private let stream: RandomStream
    /// `[direction · 2 + parity]`.
    private let channels: [LinkChannel]
    /// Seconds spent waiting for halos since the start.
    public private(set) var waitingSeconds = 0.0

    /// *Collective.* - Throws: `LatticeError` for an improved action and for odd extents, where links of one parity are neighbours.
    public init(_ field: GaugeField, action: GaugeAction, overrelaxation: Int, seed: UInt64) throws {
        try Self.requirePossible(action, extents: field.order.geometry.extents)
        self.field = field
        self.action = action
        self.overrelaxation = overrelaxation
        order = field.order
        stream = RandomStream(seed: seed, purpose: .heatBath)
        channels = try (0..<2 * field.dimension).map { try field.makeChannel($0 / 2..<$0 / 2 + 1, parity: $0 % 2) }
    }

    /// *Not collective.* - Throws: as `init`.
    static func requirePossible(_ action: GaugeAction, extents: [Int]) throws {
        guard action.isWilson else {
            throw LatticeError(
                "heat bath: rectangle coefficient \(action.rectangleCoefficient); links of one parity share rectangles, so it wants 0: use hmc")
        }
        guard extents.allSatisfy({ $0 % 2 == 0 }) else {
            throw LatticeError("heat bath: extents \(extents); wanted even ones, or sites of one parity are neighbours around the lattice")
        }
    }

    /// One sweep of heat bath and the sweeps of over-relaxation. *Collective.*
    public func update(_ index: Int) throws {
        try waiting { try field.exchangeHalo() }
        try sweep { vectors, mu in
            HeatBathKernel.heatBath(
                field.view, vectors: vectors, direction: mu, beta: action.beta, stream: stream, epoch: UInt64(index), sites: UnsafePointer(order.siteWords))
        }
        for _ in 0..<overrelaxation { try overrelax() }
        field.normalize()
    }

    /// One sweep of over-relaxation; the halo must be filled. *Collective.*
    public func overrelax() throws {
        try sweep { vectors, mu in HeatBathKernel.overrelax(field.view, vectors: vectors, direction: mu) }
    }

    private func sweep(_ body: (SiteVectors, Int) -> Void) throws {
        var previous: LinkChannel?
        for mu in 0..<field.dimension {
            for parity in 0..<2 {
                body(order.interior(parity: parity), mu)
                try waiting { try previous?.finish() }
                body(order.boundary(parity: parity), mu)
                if mu == 0 { field.endTime() }
                let channel = channels[2 * mu + parity]
                try waiting { try channel.start() }
                previous = channel
            }
        }
        try waiting { try previous?.finish() }
    }

    private func waiting(_ body: () throws -> Void) rethrows {
        let start = Phases.now()
        try body()
        waitingSeconds += Phases.now() - start
    }
}
