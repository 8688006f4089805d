import CLanes

/// Where the sites at fixed offsets from the sites of a block are found, vector by vector.
///
/// Where the eight neighbours of a vector of sites are the same lanes of another vector, its links are used where they lie. Elsewhere they
/// are assembled in scratch memory: from one vector with its lanes permuted, as between the sub-lattices that the lanes are, or from several,
/// as at the edge of a block whose sites do not fill the lanes.
public struct NeighbourTable: @unchecked Sendable {
    /// One vector that gives lanes to an assembled one.
    public struct Source {
        public let vector: Int
        /// Lane of `vector` for each lane of the result, and where it is taken (-1).
        public let places: SiteWords
        public let mask: SiteWords

        public init(vector: Int, places: SiteWords, mask: SiteWords) {
            self.vector = vector
            self.places = places
            self.mask = mask
        }
    }

    /// Axes of the lattice: directions of links.
    public let dimension: Int
    /// Vectors of the block, without halo.
    public let vectors: Int
    /// `[offset][vector]`: a vector, or -1 - the number of an assembly.
    let entries: UnsafePointer<Int32>
    /// First and last source of each assembly.
    let assemblies: UnsafePointer<SIMD2<Int32>>
    let sources: UnsafePointer<Source>

    public init(
        dimension: Int, vectors: Int, entries: UnsafePointer<Int32>, assemblies: UnsafePointer<SIMD2<Int32>>, sources: UnsafePointer<Source>
    ) {
        self.dimension = dimension
        self.vectors = vectors
        self.entries = entries
        self.assemblies = assemblies
        self.sources = sources
    }

    // Offsets are numbered alike for every dimension d: first +mu, then -mu, then +mu-nu, -mu-nu, +mu+nu, +2mu, -2mu, +2mu+nu, +2mu-nu,
    // -2mu+nu, -2mu-nu, nine times d or d² of them.
    @inline(__always) public func ahead(_ mu: Int) -> Int { mu }
    @inline(__always) public func behind(_ mu: Int) -> Int { dimension + mu }
    /// +mu-nu.
    @inline(__always) public func aheadBehind(_ mu: Int, _ nu: Int) -> Int { 2 * dimension + mu * dimension + nu }
    /// -mu-nu.
    @inline(__always) public func behindBehind(_ mu: Int, _ nu: Int) -> Int { 2 * dimension + dimension * dimension + mu * dimension + nu }

    /// The link in direction `mu` at an offset from vector `v`, where it lies or assembled in `scratch`.
    @inline(__always)
    func link(
        _ links: UnsafePointer<SiteLane>, _ components: Int, directions: Int, _ offset: Int, _ v: Int, _ mu: Int, _ scratch: UnsafeMutablePointer<SiteLane>
    ) -> UnsafePointer<SiteLane> {
        let entry = Int(entries[offset * vectors + v])
        if entry >= 0 { return links + (entry * directions + mu) * components }
        assemble(links, components, directions, -1 - entry, mu, scratch)
        return UnsafePointer(scratch)
    }

    /// Asks for the link that `link` would return, into the second-level cache.
    @inline(__always)
    func prefetch(_ links: UnsafePointer<SiteLane>, _ components: Int, directions: Int, _ offset: Int, _ v: Int, _ mu: Int) {
        let entry = Int(entries[offset * vectors + v])
        let vector = entry >= 0 ? entry : sources[Int(assemblies[-1 - entry].x)].vector
        didymos_sites_prefetch(links + (vector * directions + mu) * components, components)
    }

    @inline(never)
    private func assemble(
        _ links: UnsafePointer<SiteLane>, _ components: Int, _ directions: Int, _ assembly: Int, _ mu: Int, _ scratch: UnsafeMutablePointer<SiteLane>
    ) {
        let range = assemblies[assembly]
        let first = sources[Int(range.x)]
        let start = links + (first.vector * directions + mu) * components
        for c in 0..<components { scratch[c] = didymos_sites_permute(start[c], first.places) }
        for k in Int(range.x) + 1..<Int(range.y) {
            let next = sources[k]
            let from = links + (next.vector * directions + mu) * components
            for c in 0..<components { scratch[c] = didymos_sites_select(next.mask, didymos_sites_permute(from[c], next.places), scratch[c]) }
        }
    }
}

/// A closed or open path of links seen from a site: each link with the offset of the site where it starts, -1 for the site itself.
public struct LinkPath {
    public struct Step {
        public let offset: Int32
        public let direction: Int32
        public let adjoint: Bool

        public init(offset: Int, direction: Int, adjoint: Bool) {
            self.offset = Int32(offset)
            self.direction = Int32(direction)
            self.adjoint = adjoint
        }
    }

    public var steps: [Step]
    public init(_ steps: [Step]) { self.steps = steps }
}

/// A field of links and the table of its neighbours, as kernels see it.
public struct LinkView {
    public let group: GaugeGroup
    public let table: NeighbourTable
    /// `[vector][direction][component]`, the halo's vectors after the block's.
    public let links: UnsafeMutablePointer<SiteLane>
    /// Where plaquettes count differently: what those of a link of space count that go along time, axis 0, and those that do not, `[vector][2]`; nil where all count one.
    public let weights: UnsafePointer<SiteLane>?

    public init(group: GaugeGroup, table: NeighbourTable, links: UnsafeMutablePointer<SiteLane>, weights: UnsafePointer<SiteLane>? = nil) {
        self.group = group
        self.table = table
        self.links = links
        self.weights = weights
    }

    /// Whether the links are so many that a second-level cache does not hold them.
    @inline(__always)
    var exceedsCaches: Bool { table.vectors * table.dimension * group.components * MemoryLayout<SiteLane>.stride > 4 << 20 }
}

/// The vectors of sites that a kernel works on.
public typealias SiteVectors = UnsafeBufferPointer<Int32>
