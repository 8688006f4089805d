import GaugeKernels
import LatticeFields
import MessagePassing

/// Matrices of a gauge group on the sites of a cut lattice, `directions` of them a site, with their halo.
public class MatrixField {
    public let order: SiteOrder
    public let group: GaugeGroup
    let directions: Int
    let storage: UnsafeMutablePointer<SiteLane>
    private var channel: LinkChannel?

    /// All matrices one. *Collective.*
    init(_ order: SiteOrder, group: GaugeGroup, directions: Int) throws {
        self.order = order
        self.group = group
        self.directions = directions
        let count = order.framedVectors * directions * group.components
        storage = SiteMemory.allocate(count)
        setUnit()
        channel = try makeChannel(0..<directions, parity: nil)
    }

    deinit { storage.deallocate() }

    /// Storage as doubles: component c of a lane is 8 c further.
    var doubles: UnsafeMutablePointer<Double> {
        UnsafeMutableRawPointer(storage).assumingMemoryBound(to: Double.self)
    }

    func makeChannel(_ chosen: Range<Int>, parity: Int?) throws -> LinkChannel {
        try LinkChannel(order, field: doubles, directions: directions, components: group.components, chosen: chosen, parity: parity)
    }

    /// Sets every matrix, the halo's too, to one. *Not collective.*
    public func setUnit() {
        let components = group.components
        for place in 0..<order.framedVectors * directions {
            for c in 0..<components { storage[place * components + c] = SiteLane(repeating: group == .su2 ? (c == 0 ? 1 : 0) : (c % 8 == 0 ? 1 : 0)) }
        }
    }

    /// Sends links off; what needs no halo may be computed at once. *Collective.*
    func startHalo() throws { try channel?.start() }
    /// Waits for the halo. *Collective.*
    func finishHalo() throws { try channel?.finish() }
    /// Fills the halo. *Collective.*
    func exchangeHalo() throws {
        try startHalo()
        try finishHalo()
    }

    /// First double of a matrix: site of the block in lattice order.
    func place(_ site: Int, _ mu: Int) -> Int {
        let slot = order.slots[site]
        return ((slot / siteLaneWidth) * directions + mu) * group.components * siteLaneWidth + slot % siteLaneWidth
    }

    /// The block's matrices in lattice order: `[site][direction][component]`. *Not collective.*
    public func block() -> [Double] {
        let components = group.components
        var values = [Double](repeating: 0, count: order.geometry.localVolume * directions * components)
        var k = 0
        for site in 0..<order.geometry.localVolume {
            for mu in 0..<directions {
                let place = place(site, mu)
                for c in 0..<components {
                    values[k] = doubles[place + c * siteLaneWidth]
                    k += 1
                }
            }
        }
        return values
    }

    /// Sets the block from `block()` of a field of the same lattice. *Not collective.*
    public func setBlock(_ values: [Double]) {
        let components = group.components
        var k = 0
        for site in 0..<order.geometry.localVolume {
            for mu in 0..<directions {
                let place = place(site, mu)
                for c in 0..<components {
                    doubles[place + c * siteLaneWidth] = values[k]
                    k += 1
                }
            }
        }
    }
}
