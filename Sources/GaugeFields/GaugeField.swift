import GaugeKernels
import LatticeFields
import MessagePassing
import Numerics

extension RandomPurpose {
    static let gaugeMomentum = RandomPurpose(rawValue: 192)
    static let gaugeMetropolis = RandomPurpose(rawValue: 193)
    static let gaugeStart = RandomPurpose(rawValue: 194)
    static let heatBath = RandomPurpose(rawValue: 195)
    static let gaugeTransformation = RandomPurpose(rawValue: 196)
}

/// The links of a gauge field on a cut lattice: one matrix for each site and axis.
public final class GaugeField: MatrixField {
    /// Terms of a sum over sites: room for two numbers a site.
    let terms: UnsafeMutablePointer<SiteLane>

    /// All links one. *Collective.*
    public init(_ order: SiteOrder, group: GaugeGroup) throws {
        terms = SiteMemory.allocate(2 * order.vectors)
        try super.init(order, group: group, directions: order.geometry.dimension)
    }

    deinit { terms.deallocate() }

    var view: LinkView { LinkView(group: group, table: order.table, links: storage, weights: order.weights.map { UnsafePointer($0.action) }) }
    /// With the weights of the gradient flow.
    var flowView: LinkView { LinkView(group: group, table: order.table, links: storage, weights: order.weights.map { UnsafePointer($0.flow) }) }
    var dimension: Int { order.geometry.dimension }
    var linkLanes: Int { order.framedVectors * dimension * group.components }

    /// Copies the links of a field of the same order. *Not collective.*
    func copy(_ other: GaugeField) { storage.update(from: other.storage, count: linkLanes) }

    /// Disordered links, functions of the seed and the site. *Not collective.*
    public func startHot(seed: UInt64) {
        let stream = RandomStream(seed: seed, purpose: .gaugeStart)
        let count = order.vectors * dimension * group.generators
        let momenta = SiteMemory.allocate(count)
        defer { momenta.deallocate() }
        setUnit()
        for epoch in 0..<3 {
            DynamicsKernel.fillMomenta(
                view, vectors: order.all, momenta: momenta, stream: stream, epoch: UInt64(epoch), sites: UnsafePointer(order.siteWords))
            DynamicsKernel.drift(view, vectors: order.all, momenta: momenta, step: 1)
        }
        normalize()
    }

    /// Links back into the group. *Not collective.*
    public func normalize() {
        DynamicsKernel.normalize(view, vectors: order.all)
        endTime()
    }

    public override func setUnit() {
        super.setUnit()
        endTime()
    }

    /// The links beyond open ends of time are none: zero, or for a moment one. *Not collective.*
    func endTime(with diagonal: Double = 0) {
        guard let weights = order.weights else { return }
        for (vector, lanes) in weights.last {
            let link = storage + vector * dimension * group.components
            for c in 0..<group.components {
                let value = (group == .su2 ? c == 0 : c % 8 == 0) ? diagonal : 0
                for lane in lanes { link[c][lane] = value }
            }
        }
    }

    /// The largest |(U U† - 1)_ij| or |det U - 1|. *Collective.*
    public func unitarityDefect() throws -> Double {
        endTime(with: 1)
        DynamicsKernel.defects(view, vectors: order.all, terms: terms)
        endTime()
        var largest = 0.0
        for v in 0..<order.vectors {
            for lane in 0..<siteLaneWidth where order.sites[v * siteLaneWidth + lane] >= 0 {
                let value = terms[v][lane]
                if !(value <= largest) { largest = value }
            }
        }
        return try order.geometry.grid.communicator.allReduce(largest.isNaN ? .infinity : largest, .max)
    }

    /// Random gauge transformation: U_mu(x) becomes g(x) U_mu(x) g(x + mu)†. *Collective.*
    public func transform(seed: UInt64) throws {
        let rotated = try GaugeField(order, group: group)
        // Sites have a matrix each, also where a link ends.
        rotated.endTime(with: 1)
        let stream = RandomStream(seed: seed, purpose: .gaugeTransformation)
        let count = order.vectors * dimension * group.generators
        let momenta = SiteMemory.allocate(count)
        defer { momenta.deallocate() }
        DynamicsKernel.fillMomenta(view, vectors: order.all, momenta: momenta, stream: stream, epoch: 0, sites: UnsafePointer(order.siteWords))
        DynamicsKernel.drift(rotated.view, vectors: order.all, momenta: momenta, step: 1)
        let matrices = try MatrixField(order, group: group, directions: 1)
        for v in 0..<order.vectors {
            for c in 0..<group.components { matrices.storage[v * group.components + c] = rotated.storage[v * dimension * group.components + c] }
        }
        try matrices.exchangeHalo()
        LineKernel.transform(view, vectors: order.all, by: matrices.storage)
        try exchangeHalo()
    }
}
