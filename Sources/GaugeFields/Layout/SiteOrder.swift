import GaugeKernels
import LatticeFields
import MessagePassing
import Numerics

/// How far a computation reaches from a site.
public enum Reach: Sendable {
    /// The sites of the plaquettes and clovers at a site: ±mu, ±mu±nu.
    case plaquettes
    /// Also of rectangles of two by one.
    case rectangles
}

/// The sites of a rank's block in vectors of eight, and the halo they need.
///
/// The even sites come first, then the odd ones, each padded to whole vectors. Where extents divide, the block is cut into up to eight equal
/// sub-lattices and a vector holds the same site of each (as Grid's virtual nodes): then neighbours are the same lanes of another vector, or,
/// across the sub-lattices' faces, its lanes permuted. Where they do not, the rest of the lanes holds the next sites.
/// Nothing that is computed depends on this order.
public final class SiteOrder: @unchecked Sendable {
    public let geometry: LatticeGeometry
    public let reach: Reach
    public let timeBoundary: TimeBoundary
    /// nil for a periodic lattice.
    let weights: BoundaryWeights?
    /// Vectors of even and odd sites.
    public let evenVectors: Int
    public let oddVectors: Int
    /// Vectors of the halo, after those.
    let haloVectors: Int
    /// Number on the whole lattice of the site in each lane; -1 for padding.
    let sites: [Int]
    /// Slot (vector · 8 + lane) of each site of the block in lattice order.
    let slots: [Int]
    public let table: NeighbourTable
    /// Each vector's sites for random numbers: eight low words, then eight high words.
    let siteWords: UnsafeMutablePointer<SIMD16<UInt32>>
    /// For each other rank: the slots it sends us and those we send it, in lattice order.
    let peers: [(rank: Int, received: [Int], sent: [Int])]
    /// Vectors by parity, those that need no halo first.
    private let vectorLists: [UnsafeMutableBufferPointer<Int32>]
    private let innerCounts: [Int]
    private let tables: NeighbourStorage
    private let haloParities: [Int]
    private var channels = 0

    var vectors: Int { evenVectors + oddVectors }
    /// Vectors with halo: what a field holds.
    var framedVectors: Int { vectors + haloVectors }

    /// - Throws: `LatticeError` for lattices of other than 2 to 4 dimensions, and for open ends of fewer than 3 slices or with rectangles. *Collective* in effect: same
    ///   arguments on all ranks.
    public init(_ geometry: LatticeGeometry, reach: Reach = .plaquettes, boundary: TimeBoundary = .periodic) throws {
        guard (2...4).contains(geometry.dimension) else {
            throw LatticeError("a lattice of \(geometry.dimension) axes; gauge fields want 2 to 4")
        }
        guard boundary == .periodic || geometry.extents[0] >= 3 else { throw LatticeError("open boundaries: a lattice of \(geometry.extents[0]) time slices; wanted at least 3") }
        guard boundary == .periodic || reach == .plaquettes else {
            throw LatticeError("open boundaries: an action with rectangles, whose weights at the ends are not known here; wanted rectangle coefficient 0")
        }
        self.geometry = geometry
        self.reach = reach
        timeBoundary = boundary
        let places = SitePlaces(geometry)
        let order = [0, 1].map { places.order(parity: $0) }
        let counts = order.map { ($0.count + siteLaneWidth - 1) / siteLaneWidth }
        evenVectors = counts[0]
        oddVectors = counts[1]
        let owned = counts[0] + counts[1]
        var sites = [Int](repeating: -1, count: owned * siteLaneWidth)
        var slots = [Int](repeating: 0, count: geometry.localVolume)
        for parity in 0..<2 {
            for (k, site) in order[parity].enumerated() {
                let slot = (parity == 0 ? 0 : counts[0] * siteLaneWidth) + k
                slots[site] = slot
                sites[slot] = places.globalIndex(site)
            }
        }
        let offsets = Self.offsets(geometry.dimension, reach)
        let halo = HaloSites(places: places, slots: slots, sites: sites, offsets: offsets, firstSlot: owned * siteLaneWidth)
        haloVectors = (halo.count + siteLaneWidth - 1) / siteLaneWidth
        peers = halo.peers
        haloParities = halo.parities
        tables = NeighbourStorage(vectors: owned, sites: sites, targets: halo.targets, offsets: offsets.count)
        table = NeighbourTable(
            dimension: geometry.dimension, vectors: owned, entries: UnsafePointer(tables.entries), assemblies: UnsafePointer(tables.assemblies),
            sources: UnsafePointer(tables.sources))
        siteWords = .allocate(capacity: max(1, owned))
        for v in 0..<owned {
            var words = SIMD16<UInt32>.zero
            for lane in 0..<siteLaneWidth {
                let site = UInt64(max(0, sites[v * siteLaneWidth + lane]))
                words[lane] = UInt32(truncatingIfNeeded: site)
                words[lane + siteLaneWidth] = UInt32(truncatingIfNeeded: site >> 32)
            }
            (siteWords + v).initialize(to: words)
        }
        self.sites = sites
        self.slots = slots
        let slice = geometry.extents.dropFirst().reduce(1, *)
        weights =
            boundary == .periodic
            ? nil
            : BoundaryWeights(vectors: owned, extent: geometry.extents[0]) { v, lane in
                let site = sites[v * siteLaneWidth + lane]
                return site >= 0 ? site / slice : nil
            }
        // Even, odd, all.
        var lists: [UnsafeMutableBufferPointer<Int32>] = []
        var inner: [Int] = []
        let tiles = order.flatMap { sites in stride(from: 0, to: sites.count, by: siteLaneWidth).map { places.tile(ofSite: sites[$0]) } }
        let byTile = (0..<owned).sorted { (tiles[$0], $0) < (tiles[$1], $1) }
        for range in [Array(0..<counts[0]), Array(counts[0]..<owned), byTile] {
            let innerVectors = range.filter { !halo.touched[$0] }, outer = range.filter { halo.touched[$0] }
            let list = UnsafeMutableBufferPointer<Int32>.allocate(capacity: range.count)
            _ = list.initialize(from: (innerVectors + outer).map(Int32.init))
            lists.append(list)
            inner.append(innerVectors.count)
        }
        vectorLists = lists
        innerCounts = inner
    }

    deinit {
        siteWords.deallocate()
        for list in vectorLists { list.deallocate() }
    }

    /// Every vector of the block.
    var all: SiteVectors { SiteVectors(vectorLists[2]) }
    /// Vectors whose neighbours are all in the block, and the others.
    var interior: SiteVectors { part(2, inner: true) }
    var boundary: SiteVectors { part(2, inner: false) }
    /// The same of one parity, 0 or 1.
    func interior(parity: Int) -> SiteVectors { part(parity, inner: true) }
    func boundary(parity: Int) -> SiteVectors { part(parity, inner: false) }

    private func part(_ list: Int, inner: Bool) -> SiteVectors {
        let all = SiteVectors(vectorLists[list]), count = innerCounts[list]
        return SiteVectors(rebasing: inner ? all[..<count] : all[count...])
    }

    func parity(ofHaloSlot slot: Int) -> Int { haloParities[slot - vectors * siteLaneWidth] }

    /// A tag for the messages of one more field, the same on all ranks that make their fields in the same order.
    func nextTag() -> Int {
        channels += 1
        return 1000 + channels % 30000
    }

    /// Adds `perSite` numbers a site, padding left out, without rounding errors: `terms[vector][perSite]`. *Collective.*
    /// - Returns: the sums over the whole lattice.
    func sums(_ terms: UnsafePointer<SiteLane>, perSite: Int) throws -> [ExactSum] {
        let sums = localSums(terms, perSite: perSite)
        var all = sums
        try geometry.grid.communicator.allReduce(&all)
        return all
    }

    /// The same for each slice of axis 0: `[slice][number]`. *Collective.*
    func sliceSums(_ terms: UnsafePointer<SiteLane>, perSite: Int) throws -> [[Double]] {
        let slices = geometry.extents[0], volume = geometry.volume / slices
        var sums = [ExactSum](repeating: ExactSum(), count: slices * perSite)
        for v in 0..<vectors {
            for k in 0..<perSite {
                let values = terms[v * perSite + k]
                for lane in 0..<siteLaneWidth {
                    let site = sites[v * siteLaneWidth + lane]
                    if site >= 0 { sums[site / volume * perSite + k].add(values[lane]) }
                }
            }
        }
        try geometry.grid.communicator.allReduce(&sums)
        return (0..<slices).map { slice in (0..<perSite).map { sums[slice * perSite + $0].value } }
    }

    func localSums(_ terms: UnsafePointer<SiteLane>, perSite: Int) -> [ExactSum] {
        var sums = [ExactSum](repeating: ExactSum(), count: perSite)
        for v in 0..<vectors {
            for k in 0..<perSite {
                let values = terms[v * perSite + k]
                for lane in 0..<siteLaneWidth where sites[v * siteLaneWidth + lane] >= 0 { sums[k].add(values[lane]) }
            }
        }
        return sums
    }

    /// The offsets of `NeighbourTable`, in its order; nil where mu = nu.
    private static func offsets(_ d: Int, _ reach: Reach) -> [[Int]?] {
        func offset(_ mu: Int, _ a: Int, _ nu: Int, _ b: Int) -> [Int]? {
            guard mu != nu else { return nil }
            var result = [Int](repeating: 0, count: d)
            result[mu] = a
            result[nu] = b
            return result
        }
        func single(_ a: Int) -> [[Int]?] { (0..<d).map { mu in (0..<d).map { $0 == mu ? a : 0 } } }
        func pairs(_ a: Int, _ b: Int) -> [[Int]?] { (0..<d).flatMap { mu in (0..<d).map { offset(mu, a, $0, b) } } }
        var all = single(1) + single(-1) + pairs(1, -1) + pairs(-1, -1) + pairs(1, 1)
        if reach == .rectangles { all += single(2) + single(-2) + pairs(2, 1) + pairs(2, -1) + pairs(-2, 1) + pairs(-2, -1) }
        return all
    }

    /// The number of an offset; nil for none, which is the site itself.
    func number(of offset: [Int]) -> Int? {
        Self.offsets(geometry.dimension, reach).firstIndex { $0 == offset }
    }
}
