/// Links of a two-dimensional torus from its plaquettes, and loops of them, eight samples in a lane; matrices are `[site][component]`, sites x₀ L₁ + x₁.
public enum TorusLoops {
    /// Links in the gauge of `TorusKernel`.
    ///
    /// - Parameters:
    ///   - first, second: written: U₀ and U₁ of every site.
    ///   - plaquettes: in the order of their product.
    public static func links(
        _ group: GaugeGroup, first: UnsafeMutablePointer<SiteLane>, second: UnsafeMutablePointer<SiteLane>, plaquettes: UnsafePointer<SiteLane>,
        holonomies: UnsafePointer<SiteLane>, extents: (Int, Int)
    ) {
        switch group {
        case .su2: links(SU2Lanes.self, first, second, plaquettes, holonomies, extents)
        case .su3: links(SU3Lanes.self, first, second, plaquettes, holonomies, extents)
        }
    }

    private static func links<G: LinkGroup>(
        _: G.Type, _ first: G.Matrix, _ second: G.Matrix, _ plaquettes: G.Source, _ holonomies: G.Source, _ extents: (Int, Int)
    ) {
        let (rows, columns) = extents
        let n = G.components
        SiteMemory.withScratch(3 * 18) { base in
            let work = base
            var (row, next) = (base + 18, base + 36)
            for x in 0..<rows {
                let start = (rows - 1 - x) * columns
                for y in 0..<columns where y + 1 < columns { G.setUnit(second + (x * columns + y) * n) }
                let edge = first + x * columns * n
                if x + 1 < rows { G.setUnit(edge) } else { edge.update(from: holonomies, count: n) }
                // U₀(x, y + 1) = P(x, y)† U₀(x, y).
                for y in 0..<columns - 1 {
                    let link = first + (x * columns + y) * n
                    G.adjoint(work, plaquettes + (start + y) * n)
                    G.multiply(link + n, work, link)
                }
                // U₁(x + 1, L₁ - 1) = P(x, 0) … P(x, L₁ - 1) U₁(x, L₁ - 1) where U₀(x, 0) is 1.
                let last = second + (x * columns + columns - 1) * n
                if x == 0 { last.update(from: holonomies + n, count: n) }
                guard x + 1 < rows else { break }
                row.update(from: plaquettes + start * n, count: n)
                for y in 1..<columns {
                    G.multiply(next, row, plaquettes + (start + y) * n)
                    (row, next) = (next, row)
                }
                G.multiply(last + columns * n, row, last)
            }
        }
    }

    /// Sums over the sites of Re tr of square Wilson loops of 1 ... `count` a side, to `sums`. Operations: four products of matrices a site and side.
    ///
    /// - Parameter lines: scratch of two fields' size.
    public static func squares(
        _ group: GaugeGroup, first: UnsafePointer<SiteLane>, second: UnsafePointer<SiteLane>, extents: (Int, Int), count: Int,
        lines: UnsafeMutablePointer<SiteLane>, sums: UnsafeMutablePointer<SiteLane>
    ) {
        switch group {
        case .su2: squares(SU2Lanes.self, first, second, extents, count, lines, sums)
        case .su3: squares(SU3Lanes.self, first, second, extents, count, lines, sums)
        }
    }

    private static func squares<G: LinkGroup>(
        _: G.Type, _ first: G.Source, _ second: G.Source, _ extents: (Int, Int), _ count: Int, _ lines: G.Matrix, _ sums: G.Matrix
    ) {
        let (rows, columns) = extents
        let n = G.components, sites = rows * columns
        let down = lines, right = lines + sites * n
        SiteMemory.withScratch(3 * 18) { base in
            let work = base, there = base + 18, back = base + 36
            for side in 0..<count {
                var sum = SiteLane.zero
                for x in 0..<rows {
                    for y in 0..<columns {
                        let site = (x * columns + y) * n
                        if side == 0 {
                            (down + site).update(from: first + site, count: n)
                            (right + site).update(from: second + site, count: n)
                        } else {
                            // A longer line is the shorter one and the link at its end.
                            G.multiply(work, down + site, first + ((x + side) % rows * columns + y) * n)
                            (down + site).update(from: work, count: n)
                            G.multiply(work, right + site, second + (x * columns + (y + side) % columns) * n)
                            (right + site).update(from: work, count: n)
                        }
                    }
                }
                for x in 0..<rows {
                    for y in 0..<columns {
                        let site = (x * columns + y) * n
                        G.multiply(there, down + site, right + ((x + side + 1) % rows * columns + y) * n)
                        G.multiply(back, right + site, down + (x * columns + (y + side + 1) % columns) * n)
                        sum += G.realTraceAdjoint(there, back)
                    }
                }
                sums[side] = sum
            }
        }
    }

    /// Sums of traces of the loops around the torus along one axis: re, im. Operations: a product of matrices a site.
    public static func polyakov(_ group: GaugeGroup, links: UnsafePointer<SiteLane>, extents: (Int, Int), axis: Int) -> (re: SiteLane, im: SiteLane) {
        switch group {
        case .su2: polyakov(SU2Lanes.self, links, extents, axis)
        case .su3: polyakov(SU3Lanes.self, links, extents, axis)
        }
    }

    private static func polyakov<G: LinkGroup>(_: G.Type, _ links: G.Source, _ extents: (Int, Int), _ axis: Int) -> (re: SiteLane, im: SiteLane) {
        let (rows, columns) = extents
        let (length, step, lines, apart) = axis == 0 ? (rows, columns, columns, 1) : (columns, 1, rows, columns)
        var (re, im) = (SiteLane.zero, SiteLane.zero)
        SiteMemory.withScratch(2 * 18) { base in
            for line in 0..<lines {
                var (product, next) = (base, base + 18)
                product.update(from: links + line * apart * G.components, count: G.components)
                for k in 1..<length {
                    G.multiply(next, product, links + (line * apart + k * step) * G.components)
                    (product, next) = (next, product)
                }
                re += G.realTrace(product)
                im += G.imaginaryTrace(product)
            }
        }
        return (re, im)
    }
}
