import Numerics

/// What molecular dynamics needs besides the force: momenta, energies, drifts, and the way back into the group.
public enum DynamicsKernel {
    /// U = exp(i step Σ p_a T_a) U.
    public static func drift(_ view: LinkView, vectors: SiteVectors, momenta: UnsafePointer<SiteLane>, step: Double) {
        switch view.group {
        case .su2: drift(SU2Lanes.self, view, vectors, momenta, step)
        case .su3: drift(SU3Lanes.self, view, vectors, momenta, step)
        }
    }

    private static func drift<G: LinkGroup>(
        _: G.Type, _ view: LinkView, _ vectors: SiteVectors, _ momenta: UnsafePointer<SiteLane>, _ step: Double
    ) {
        let d = view.table.dimension
        SiteMemory.withScratch(2 * 18) { base in
            for vector in vectors {
                for mu in 0..<d {
                    let place = Int(vector) * d + mu
                    let link = view.links + place * G.components
                    G.exponential(base, momenta + place * G.generators, step)
                    G.multiply(base + 18, base, link)
                    for c in 0..<G.components { link[c] = base[18 + c] }
                }
            }
        }
    }

    /// ½ Σ p_a² of each site: `terms[vector]`.
    public static func kinetic(_ view: LinkView, vectors: SiteVectors, momenta: UnsafePointer<SiteLane>, terms: UnsafeMutablePointer<SiteLane>) {
        let count = view.table.dimension * view.group.generators
        for vector in vectors {
            let p = momenta + Int(vector) * count
            var sum = wide(0)
            for k in 0..<count { sum = fma(p[k], p[k], sum) }
            terms[Int(vector)] = wide(0.5) * sum
        }
    }

    /// Normal momenta of (stream, epoch, site): direction mu of a site has the draws from 8 mu on, whatever the group.
    /// - Parameter sites: number of each lane's site on the whole lattice, low and high words, `[vector]`.
    public static func fillMomenta(
        _ view: LinkView, vectors: SiteVectors, momenta: UnsafeMutablePointer<SiteLane>, stream: RandomStream, epoch: UInt64,
        sites: UnsafePointer<SIMD16<UInt32>>
    ) {
        let generators = view.group.generators, d = view.table.dimension
        for vector in vectors {
            let (low, high) = siteWords(sites[Int(vector)])
            for mu in 0..<d {
                let p = momenta + (Int(vector) * d + mu) * generators
                for pair in 0..<(generators + 3) / 4 {
                    // Blocks 4 mu + 2 pair and the next: four draws each lane.
                    let block = UInt32(4 * mu + 2 * pair)
                    let (c, s) = stream.normalPairs(epoch: epoch, low: low, high: high, blocks: draws(block))
                    let (c0, c1) = halves(c), (s0, s1) = halves(s)
                    let values = (c0, s0, c1, s1)
                    p[4 * pair] = values.0
                    p[4 * pair + 1] = values.1
                    p[4 * pair + 2] = values.2
                    if 4 * pair + 3 < generators { p[4 * pair + 3] = values.3 }
                }
            }
        }
    }

    /// A site's words twice, for two blocks of random numbers at once.
    @inline(__always)
    static func siteWords(_ sites: SIMD16<UInt32>) -> (low: SIMD16<UInt32>, high: SIMD16<UInt32>) {
        (SIMD16(lowHalf: sites.lowHalf, highHalf: sites.lowHalf), SIMD16(lowHalf: sites.highHalf, highHalf: sites.highHalf))
    }

    /// `first` for the eight sites, then `first + 1`.
    @inline(__always)
    static func draws(_ first: UInt32) -> SIMD16<UInt32> {
        SIMD16(repeating: first) &+ SIMD16(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1)
    }

    /// Links back into the group: SU(2) by its norm, SU(3) by Gram and Schmidt on two rows and their cross product.
    public static func normalize(_ view: LinkView, vectors: SiteVectors) {
        switch view.group {
        case .su2: normalize(SU2Lanes.self, view, vectors)
        case .su3: normalize(SU3Lanes.self, view, vectors)
        }
    }

    private static func normalize<G: LinkGroup>(_: G.Type, _ view: LinkView, _ vectors: SiteVectors) {
        let d = view.table.dimension
        for vector in vectors {
            for mu in 0..<d { G.normalize(view.links + (Int(vector) * d + mu) * G.components) }
        }
    }

    /// The largest distance from the group of each site's links: `terms[vector]`.
    public static func defects(_ view: LinkView, vectors: SiteVectors, terms: UnsafeMutablePointer<SiteLane>) {
        let d = view.table.dimension, components = view.group.components
        for vector in vectors {
            var largest = wide(0)
            for mu in 0..<d {
                let link = view.links + (Int(vector) * d + mu) * components
                let defect = view.group == .su2 ? SU2Lanes.defect(link) : SU3Lanes.defect(link)
                largest = defect.replacing(with: largest, where: defect .<= largest)
            }
            terms[Int(vector)] = largest
        }
    }
}
