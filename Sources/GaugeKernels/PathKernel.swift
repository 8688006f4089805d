/// Products of links along paths, and what is measured of them.
public enum PathKernel {
    /// The product along a path, in `out`; it is built in turns in `out` and `other`.
    static func product<G: LinkGroup>(
        _: G.Type, _ view: LinkView, _ v: Int, _ path: LinkPath, _ out: G.Matrix, _ other: G.Matrix, _ scratch: G.Matrix
    ) {
        let table = view.table, d = table.dimension
        let links = UnsafePointer(view.links)
        var (present, next) = path.steps.count % 2 == 1 ? (out, other) : (other, out)
        for (index, step) in path.steps.enumerated() {
            let mu = Int(step.direction)
            let link = step.offset < 0
                ? links + (v * d + mu) * G.components
                : table.link(links, G.components, directions: d, Int(step.offset), v, mu, scratch)
            if index == 0 {
                if step.adjoint { G.adjoint(present, link) } else { for c in 0..<G.components { present[c] = link[c] } }
                continue
            }
            if step.adjoint { G.multiplyAdjoint(next, present, link) } else { G.multiply(next, present, link) }
            swap(&present, &next)
        }
    }

    /// Re tr of each closed path from each site, summed: `terms[vector of the block]`.
    public static func realTraces(_ view: LinkView, vectors: SiteVectors, paths: [LinkPath], terms: UnsafeMutablePointer<SiteLane>) {
        switch view.group {
        case .su2: realTraces(SU2Lanes.self, view, vectors, paths, terms)
        case .su3: realTraces(SU3Lanes.self, view, vectors, paths, terms)
        }
    }

    private static func realTraces<G: LinkGroup>(
        _: G.Type, _ view: LinkView, _ vectors: SiteVectors, _ paths: [LinkPath], _ terms: UnsafeMutablePointer<SiteLane>
    ) {
        SiteMemory.withScratch(3 * 18) { base in
            for vector in vectors {
                var sum = wide(0)
                for path in paths {
                    product(G.self, view, Int(vector), path, base, base + 18, base + 36)
                    sum = sum + G.realTrace(base)
                }
                terms[Int(vector)] = sum
            }
        }
    }

    /// Re tr of each plaquette from each site, summed over the planes without and with axis 0: `terms[vector][2]`.
    public static func plaquettes(_ view: LinkView, vectors: SiteVectors, terms: UnsafeMutablePointer<SiteLane>) {
        switch view.group {
        case .su2: plaquettes(SU2Lanes.self, view, vectors, terms)
        case .su3: plaquettes(SU3Lanes.self, view, vectors, terms)
        }
    }

    private static func plaquettes<G: LinkGroup>(_: G.Type, _ view: LinkView, _ vectors: SiteVectors, _ terms: UnsafeMutablePointer<SiteLane>) {
        let table = view.table, d = table.dimension
        let links = UnsafePointer(view.links)
        SiteMemory.withScratch(3 * 18) { base in
            for vector in vectors {
                let v = Int(vector)
                var sums = (wide(0), wide(0))
                for mu in 0..<d {
                    for nu in mu + 1..<d {
                        let right = table.link(links, G.components, directions: d, table.ahead(mu), v, nu, base + 36)
                        G.multiply(base, links + (v * d + mu) * G.components, right)
                        let top = table.link(links, G.components, directions: d, table.ahead(nu), v, mu, base + 36)
                        G.multiply(base + 18, links + (v * d + nu) * G.components, top)
                        let trace = G.realTraceAdjoint(base, base + 18)
                        if mu == 0 { sums.1 = sums.1 + trace } else { sums.0 = sums.0 + trace }
                    }
                }
                terms[2 * v] = sums.0
                terms[2 * v + 1] = sums.1
            }
        }
    }

    /// The field strength by clovers (Sheikholeslami and Wohlert): with F = i F_a T_a the traceless anti-Hermitian part of the mean of four
    /// leaves, `terms[vector][0]` = ½ Σ_{mu<nu,a} F_a², the energy density, and `[1]` = Σ_a (F01 F23 - F02 F13 + F03 F12) / 8π², the
    /// topological charge density, in four dimensions.
    /// - Parameter leaves: of each plane (0,1), (0,2), ..., (1,2), ...
    public static func clovers(_ view: LinkView, vectors: SiteVectors, leaves: [[LinkPath]], terms: UnsafeMutablePointer<SiteLane>) {
        switch view.group {
        case .su2: clovers(SU2Lanes.self, view, vectors, leaves, terms)
        case .su3: clovers(SU3Lanes.self, view, vectors, leaves, terms)
        }
    }

    private static func clovers<G: LinkGroup>(
        _: G.Type, _ view: LinkView, _ vectors: SiteVectors, _ leaves: [[LinkPath]], _ terms: UnsafeMutablePointer<SiteLane>
    ) {
        let normalization = 1 / (8 * Double.pi * Double.pi)
        SiteMemory.withScratch(4 * 18 + 6 * 8) { base in
            let sum = base + 54, strengths = base + 72
            for vector in vectors {
                var energy = wide(0)
                for (plane, paths) in leaves.enumerated() {
                    for c in 0..<G.components { sum[c] = wide(0) }
                    for path in paths {
                        product(G.self, view, Int(vector), path, base, base + 18, base + 36)
                        for c in 0..<G.components { sum[c] = sum[c] + base[c] }
                    }
                    let strength = strengths + plane * G.generators
                    G.project(strength, sum)
                    for a in 0..<G.generators {
                        strength[a] = wide(1 / Double(paths.count)) * strength[a]
                        energy = fma(strength[a], strength[a], energy)
                    }
                }
                var charge = wide(0)
                if leaves.count == 6 {
                    for a in 0..<G.generators {
                        func f(_ plane: Int) -> SiteLane { strengths[plane * G.generators + a] }
                        charge = fma(f(0), f(5), charge)
                        charge = fnma(f(1), f(4), charge)
                        charge = fma(f(2), f(3), charge)
                    }
                }
                terms[2 * Int(vector)] = wide(0.5) * energy
                terms[2 * Int(vector) + 1] = wide(normalization) * charge
            }
        }
    }
}
