import CLanes

/// The derivative of the action: sums of staples, closed and projected on the algebra.
public enum StapleKernel {
    /// p = keep p - step Σ_b a_b of (c0 U V + c1 U R), V the sum of a link's 2 (d - 1) staples, R of its rectangles' where paths are given: with
    /// step = ε β / 2N a kick of the molecular dynamics, with step = ε the generator of the gradient flow.
    ///
    /// Operations a link of SU(3) in four dimensions, counted as usual (198 for a product): 12 products in staples, 1 with the link, 90
    /// additions, 17 of the projection and 16 of the momenta, together 2697. Bytes that must move a site: 576 of links read, 256 of momenta
    /// read and written.
    /// - Parameter rectangles: for each direction the paths from the link's end to its start; empty for none.
    public static func kick(
        _ view: LinkView, vectors: SiteVectors, momenta: UnsafeMutablePointer<SiteLane>, keep: Double, step: Double, plaquettes: Double = 1,
        rectangles: [[LinkPath]] = [], rectangleWeight: Double = 0
    ) {
        switch view.group {
        case .su2: kick(SU2Lanes.self, view, vectors, momenta, keep, step, plaquettes, rectangles, rectangleWeight)
        case .su3: kick(SU3Lanes.self, view, vectors, momenta, keep, step, plaquettes, rectangles, rectangleWeight)
        }
    }

    private static func kick<G: LinkGroup>(
        _: G.Type, _ view: LinkView, _ vectors: SiteVectors, _ momenta: UnsafeMutablePointer<SiteLane>, _ keep: Double, _ step: Double,
        _ plaquettes: Double, _ rectangles: [[LinkPath]], _ rectangleWeight: Double
    ) {
        let d = view.table.dimension
        SiteMemory.withScratch((4 + 6) * 18) { base in
            let staples = base, closed = base + 4 * 18, coefficients = base + 5 * 18, more = base + 6 * 18
            for vector in vectors {
                let v = Int(vector)
                if view.weights == nil {
                    sums(G.self, view, v, staples, more)
                } else {
                    for mu in 0..<d { sum(G.self, view, v, mu, staples + mu * 18, more) }
                }
                for mu in 0..<d {
                    let staple = staples + mu * 18
                    let link = UnsafePointer(view.links + (v * d + mu) * G.components)
                    if !rectangles.isEmpty { addRectangles(G.self, view, v, rectangles[mu], staple, plaquettes, rectangleWeight, more) }
                    G.multiply(closed, link, staple)
                    G.project(coefficients, closed)
                    let momentum = momenta + (v * d + mu) * G.generators
                    // The first generator of a flow step must not read what is not there yet.
                    if keep == 0 {
                        for a in 0..<G.generators { momentum[a] = wide(-step) * coefficients[a] }
                    } else {
                        for a in 0..<G.generators { momentum[a] = fnma(wide(step), coefficients[a], wide(keep) * momentum[a]) }
                    }
                }
            }
        }
    }

    /// The staples of all links of vector `v`, `[mu][18]`, plane by plane: both links of a plane share U_nu(x+mu) U_mu(x+nu)†, and what they read is
    /// still in the first cache. Seven products a plane instead of eight.
    @inline(__always)
    private static func sums<G: LinkGroup>(_: G.Type, _ view: LinkView, _ v: Int, _ staples: G.Matrix, _ scratch: G.Matrix) {
        let table = view.table, d = table.dimension
        let product = scratch, first = scratch + 18, second = scratch + 36
        let links = UnsafePointer(view.links)
        for mu in 0..<d {
            for c in 0..<G.components { staples[mu * 18 + c] = wide(0) }
        }
        for mu in 0..<d {
            for nu in mu + 1..<d {
                let right = table.link(links, G.components, directions: d, table.ahead(mu), v, nu, first)
                let top = table.link(links, G.components, directions: d, table.ahead(nu), v, mu, second)
                G.multiplyAdjoint(product, right, top)
                G.addProductAdjoint(staples + mu * 18, product, links + (v * d + nu) * G.components)
                G.addAdjointOfProduct(staples + nu * 18, links + (v * d + mu) * G.components, product)
                addLower(G.self, view, v, mu, nu, staples + mu * 18, scratch)
                addLower(G.self, view, v, nu, mu, staples + nu * 18, scratch)
            }
        }
    }

    /// The staples of link `mu` of vector `v`; `scratch` has room for four matrices.
    @inline(__always)
    static func sum<G: LinkGroup>(_: G.Type, _ view: LinkView, _ v: Int, _ mu: Int, _ staple: G.Matrix, _ scratch: G.Matrix) {
        for c in 0..<G.components { staple[c] = wide(0) }
        if let weights = view.weights, mu != 0 { return addWeighted(G.self, view, v, mu, weights, staple, scratch) }
        for nu in 0..<view.table.dimension where nu != mu { add(G.self, view, v, mu, nu, staple, scratch) }
    }

    /// Adds the two staples of link `mu` in the plane of `nu`.
    @inline(__always)
    private static func add<G: LinkGroup>(_: G.Type, _ view: LinkView, _ v: Int, _ mu: Int, _ nu: Int, _ staple: G.Matrix, _ scratch: G.Matrix) {
        let table = view.table, d = table.dimension
        let product = scratch, first = scratch + 18, second = scratch + 36
        let links = UnsafePointer(view.links)
        // U_nu(x+mu) U_mu(x+nu)† U_nu(x)†.
        let right = table.link(links, G.components, directions: d, table.ahead(mu), v, nu, first)
        let top = table.link(links, G.components, directions: d, table.ahead(nu), v, mu, second)
        G.multiplyAdjoint(product, right, top)
        G.addProductAdjoint(staple, product, links + (v * d + nu) * G.components)
        addLower(G.self, view, v, mu, nu, staple, scratch)
    }

    /// Adds (U_mu(x-nu) U_nu(x+mu-nu))† U_nu(x-nu).
    @inline(__always)
    private static func addLower<G: LinkGroup>(_: G.Type, _ view: LinkView, _ v: Int, _ mu: Int, _ nu: Int, _ staple: G.Matrix, _ scratch: G.Matrix) {
        let table = view.table, d = table.dimension
        let product = scratch, first = scratch + 18, second = scratch + 36
        let links = UnsafePointer(view.links)
        let bottom = table.link(links, G.components, directions: d, table.behind(nu), v, mu, first)
        let corner = table.link(links, G.components, directions: d, table.aheadBehind(mu, nu), v, nu, second)
        G.multiply(product, bottom, corner)
        let left = table.link(links, G.components, directions: d, table.behind(nu), v, nu, first)
        G.addAdjointProduct(staple, product, left)
    }

    /// Asks for what the staples of link `mu` of vector `v` will read.
    @inline(__always)
    static func prefetch<G: LinkGroup>(_: G.Type, _ view: LinkView, _ v: Int, _ mu: Int) {
        let table = view.table, d = table.dimension
        let links = UnsafePointer(view.links)
        for nu in 0..<d where nu != mu {
            table.prefetch(links, G.components, directions: d, table.ahead(mu), v, nu)
            table.prefetch(links, G.components, directions: d, table.ahead(nu), v, mu)
            table.prefetch(links, G.components, directions: d, table.behind(nu), v, mu)
            table.prefetch(links, G.components, directions: d, table.behind(nu), v, nu)
            table.prefetch(links, G.components, directions: d, table.aheadBehind(mu, nu), v, nu)
        }
        didymos_sites_prefetch(links + v * d * G.components, d * G.components)
    }

    /// Adds the staples of a link of space, each plane's with its weight at the site.
    @inline(never)
    private static func addWeighted<G: LinkGroup>(
        _: G.Type, _ view: LinkView, _ v: Int, _ mu: Int, _ weights: UnsafePointer<SiteLane>, _ staple: G.Matrix, _ scratch: G.Matrix
    ) {
        let part = scratch + 54
        for nu in 0..<view.table.dimension where nu != mu {
            for c in 0..<G.components { part[c] = wide(0) }
            add(G.self, view, v, mu, nu, part, scratch)
            let weight = weights[2 * v + (nu == 0 ? 0 : 1)]
            for c in 0..<G.components { staple[c] = fma(weight, part[c], staple[c]) }
        }
    }

    /// staple = plaquettes staple + rectangles Σ paths.
    private static func addRectangles<G: LinkGroup>(
        _: G.Type, _ view: LinkView, _ v: Int, _ paths: [LinkPath], _ staple: G.Matrix, _ plaquettes: Double, _ weight: Double, _ scratch: G.Matrix
    ) {
        for c in 0..<G.components { staple[c] = wide(plaquettes) * staple[c] }
        for path in paths {
            PathKernel.product(G.self, view, v, path, scratch, scratch + 18, scratch + 36)
            for c in 0..<G.components { staple[c] = fma(wide(weight), scratch[c], staple[c]) }
        }
    }
}
