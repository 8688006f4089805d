/// Straight lines of links, kept as a field of one matrix a site, and the loops they make.
public enum LineKernel {
    /// out(x) = U_mu(x) lines(x + mu): lines longer by a link.
    public static func extend(
        _ view: LinkView, vectors: SiteVectors, direction mu: Int, lines: UnsafePointer<SiteLane>, out: UnsafeMutablePointer<SiteLane>
    ) {
        switch view.group {
        case .su2: extend(SU2Lanes.self, view, vectors, mu, lines, out)
        case .su3: extend(SU3Lanes.self, view, vectors, mu, lines, out)
        }
    }

    private static func extend<G: LinkGroup>(
        _: G.Type, _ view: LinkView, _ vectors: SiteVectors, _ mu: Int, _ lines: UnsafePointer<SiteLane>, _ out: UnsafeMutablePointer<SiteLane>
    ) {
        let table = view.table, d = table.dimension
        SiteMemory.withScratch(18) { base in
            for vector in vectors {
                let v = Int(vector)
                let next = table.link(lines, G.components, directions: 1, table.ahead(mu), v, 0, base)
                G.multiply(out + v * G.components, view.links + (v * d + mu) * G.components, next)
            }
        }
    }

    /// out(x) = lines(x + mu).
    public static func shift(
        _ view: LinkView, vectors: SiteVectors, direction mu: Int, lines: UnsafePointer<SiteLane>, out: UnsafeMutablePointer<SiteLane>
    ) {
        let components = view.group.components
        SiteMemory.withScratch(18) { base in
            for vector in vectors {
                let v = Int(vector)
                let next = view.table.link(lines, components, directions: 1, view.table.ahead(mu), v, 0, base)
                for c in 0..<components { out[v * components + c] = next[c] }
            }
        }
    }

    /// Re tr(bottom right top† left†): `terms[vector]`.
    public static func loops(
        _ group: GaugeGroup, vectors: SiteVectors, bottom: UnsafePointer<SiteLane>, right: UnsafePointer<SiteLane>, top: UnsafePointer<SiteLane>,
        left: UnsafePointer<SiteLane>, terms: UnsafeMutablePointer<SiteLane>
    ) {
        switch group {
        case .su2: loops(SU2Lanes.self, vectors, bottom, right, top, left, terms)
        case .su3: loops(SU3Lanes.self, vectors, bottom, right, top, left, terms)
        }
    }

    private static func loops<G: LinkGroup>(
        _: G.Type, _ vectors: SiteVectors, _ bottom: UnsafePointer<SiteLane>, _ right: UnsafePointer<SiteLane>, _ top: UnsafePointer<SiteLane>,
        _ left: UnsafePointer<SiteLane>, _ terms: UnsafeMutablePointer<SiteLane>
    ) {
        SiteMemory.withScratch(2 * 18) { base in
            for vector in vectors {
                let at = Int(vector) * G.components
                G.multiply(base, bottom + at, right + at)
                G.multiply(base + 18, left + at, top + at)
                terms[Int(vector)] = G.realTraceAdjoint(base, base + 18)
            }
        }
    }

    /// Re tr and Im tr: `terms[vector][2]`.
    public static func traces(_ group: GaugeGroup, vectors: SiteVectors, lines: UnsafePointer<SiteLane>, terms: UnsafeMutablePointer<SiteLane>) {
        for vector in vectors {
            let line = lines + Int(vector) * group.components
            terms[2 * Int(vector)] = group == .su2 ? SU2Lanes.realTrace(line) : SU3Lanes.realTrace(line)
            terms[2 * Int(vector) + 1] = group == .su2 ? SU2Lanes.imaginaryTrace(line) : SU3Lanes.imaginaryTrace(line)
        }
    }

    /// left(x) U_mu(x) left(x + mu)†: a gauge transformation of every link.
    public static func transform(_ view: LinkView, vectors: SiteVectors, by matrices: UnsafePointer<SiteLane>) {
        switch view.group {
        case .su2: transform(SU2Lanes.self, view, vectors, matrices)
        case .su3: transform(SU3Lanes.self, view, vectors, matrices)
        }
    }

    private static func transform<G: LinkGroup>(_: G.Type, _ view: LinkView, _ vectors: SiteVectors, _ matrices: UnsafePointer<SiteLane>) {
        let table = view.table, d = table.dimension
        SiteMemory.withScratch(2 * 18) { base in
            for vector in vectors {
                let v = Int(vector)
                for mu in 0..<d {
                    let link = view.links + (v * d + mu) * G.components
                    let next = table.link(matrices, G.components, directions: 1, table.ahead(mu), v, 0, base + 18)
                    G.multiply(base, matrices + v * G.components, link)
                    G.multiplyAdjoint(link, base, next)
                }
            }
        }
    }
}
