import CLanes
import Numerics

/// Heat bath and over-relaxation of the Wilson action, by subgroups SU(2) (Cabibbo and Marinari, Phys. Lett. B 119 (1982) 387).
public enum HeatBathKernel {
    /// Attempts at a subgroup's element; a lane that none satisfies (probability below 10⁻³⁰) stays as it is.
    static let attempts = 256

    /// A heat bath of the links `mu` of vectors of one parity, whose staples it does not change.
    ///
    /// The first component of g' = g ŵ has the density √(1 - a0²) exp(α a0), α = 2 β k / N with w = k ŵ the quaternion of U V. For α ≥ 1.5 it is drawn as by
    /// Kennedy and Pendleton (Phys. Lett. B 156 (1985) 393), below as by Creutz (Phys. Rev. D 21 (1980) 2308). Random numbers are
    /// functions of (stream, epoch, site, direction, subgroup, attempt).
    ///
    /// Operations a link of SU(3) in four dimensions: 2376 of staples and 90 additions, 198 of the product U V and 3 subgroups of 2 rotations (2 rows of
    /// 3 complex numbers, 84) and about 60 for the quaternions; random numbers and functions not counted: 3348.
    /// - Parameter sites: as in `DynamicsKernel.fillMomenta`.
    public static func heatBath(
        _ view: LinkView, vectors: SiteVectors, direction mu: Int, beta: Double, stream: RandomStream, epoch: UInt64, sites: UnsafePointer<SIMD16<UInt32>>
    ) {
        switch view.group {
        case .su2: heatBath(SU2Lanes.self, view, vectors, mu, beta, stream, epoch, sites)
        case .su3: heatBath(SU3Lanes.self, view, vectors, mu, beta, stream, epoch, sites)
        }
    }

    private static func heatBath<G: LinkGroup>(
        _: G.Type, _ view: LinkView, _ vectors: SiteVectors, _ mu: Int, _ beta: Double, _ stream: RandomStream, _ epoch: UInt64,
        _ sites: UnsafePointer<SIMD16<UInt32>>
    ) {
        let coupling = 2 * beta / Double(G.degree)
        forEachLink(G.self, view, vectors, mu) { v, closed, link in
            let words = DynamicsKernel.siteWords(sites[v])
            for index in 0..<G.subgroups {
                let w = G.quaternion(UnsafePointer(closed), index)
                let (size, unit) = unitary(w)
                let first = UInt32((mu * 3 + index) * attempts * 2)
                let g = element(wide(coupling) * size, unit, stream, epoch, words, first).multiplyAdjoint(unit)
                G.rotate(link, index, g)
                if index + 1 < G.subgroups { G.rotate(closed, index, g) }
            }
        }
    }

    /// Over-relaxation of the links `mu`: each subgroup's quaternion of U V becomes its conjugate, which leaves the action as it is.
    public static func overrelax(_ view: LinkView, vectors: SiteVectors, direction mu: Int) {
        switch view.group {
        case .su2: overrelax(SU2Lanes.self, view, vectors, mu)
        case .su3: overrelax(SU3Lanes.self, view, vectors, mu)
        }
    }

    private static func overrelax<G: LinkGroup>(_: G.Type, _ view: LinkView, _ vectors: SiteVectors, _ mu: Int) {
        forEachLink(G.self, view, vectors, mu) { _, closed, link in
            for index in 0..<G.subgroups {
                let (_, unit) = unitary(G.quaternion(UnsafePointer(closed), index))
                let conjugate = Quaternion(w0: unit.w0, w1: -unit.w1, w2: -unit.w2, w3: -unit.w3)
                let g = conjugate.multiply(conjugate)
                G.rotate(link, index, g)
                if index + 1 < G.subgroups { G.rotate(closed, index, g) }
            }
        }
    }

    @inline(__always)
    private static func forEachLink<G: LinkGroup>(
        _: G.Type, _ view: LinkView, _ vectors: SiteVectors, _ mu: Int, _ body: (Int, G.Matrix, G.Matrix) -> Void
    ) {
        let d = view.table.dimension
        let fetchesAhead = view.exceedsCaches
        SiteMemory.withScratch(6 * 18) { base in
            let staple = base, closed = base + 18, more = base + 36
            for k in vectors.indices {
                let v = Int(vectors[k])
                if fetchesAhead, k + 1 < vectors.count { StapleKernel.prefetch(G.self, view, Int(vectors[k + 1]), mu) }
                let link = view.links + (v * d + mu) * G.components
                StapleKernel.sum(G.self, view, v, mu, staple, more)
                G.multiply(closed, link, staple)
                body(v, closed, link)
            }
        }
    }

    /// w = k ŵ; where k vanishes ŵ is one.
    @inline(__always)
    private static func unitary(_ w: Quaternion) -> (size: SiteLane, unit: Quaternion) {
        let size = squareRoot(fma(w.w0, w.w0, fma(w.w1, w.w1, fma(w.w2, w.w2, w.w3 * w.w3))))
        let good = less(wide(1e-12), size)
        let inverse = wide(1) / select(good, size, wide(1))
        return (
            size,
            Quaternion(
                w0: select(good, inverse * w.w0, wide(1)), w1: select(good, inverse * w.w1, wide(0)), w2: select(good, inverse * w.w2, wide(0)),
                w3: select(good, inverse * w.w3, wide(0)))
        )
    }

    /// g' of the heat bath with parameter α; `fallback` where all attempts fail.
    @inline(never)
    private static func element(
        _ parameter: SiteLane, _ fallback: Quaternion, _ stream: RandomStream, _ epoch: UInt64, _ words: (low: SIMD16<UInt32>, high: SIMD16<UInt32>),
        _ firstDraw: UInt32
    ) -> Quaternion {
        let tiny = wide(1e-8)
        let alpha = parameter.replacing(with: tiny, where: parameter .< tiny)
        let inverse = wide(1) / alpha
        let small = less(alpha, wide(1.5))
        let anySmall = small.wrappedSum() != 0
        var decay = wide(0)
        if anySmall { decay = halves(LaneMath.exp(joined(wide(-2) * alpha, wide(0)))).low }
        var pending = SiteWords(repeating: -1)
        var a0 = fallback.w0, cosine = wide(0), sinPhi = wide(0), cosPhi = wide(0)
        var attempt: UInt32 = 0
        repeat {
            let w = stream.words(epoch: epoch, low: words.low, high: words.high, draws: DynamicsKernel.draws(firstDraw + 2 * attempt))
            let radii = RandomStream.uniformDoubles(w.0, w.1)
            let third = halves(RandomStream.coarseUniformDoubles(w.2)), fourth = halves(RandomStream.coarseUniformDoubles(w.3))
            let (r1, r3) = halves(radii)
            // Creutz: a0 = 1 + log(r + (1 - r) exp(-2α)) / α.
            let creutz = fma(wide(1) - r1, decay, r1)
            let logs = halves(LaneMath.log(joined(select(small, creutz, r1), r3)))
            // Turns: r2 of Kennedy and Pendleton, and the azimuth.
            let (sines, cosines) = LaneMath.sincosOfTurns(joined(third.low, fourth.high))
            let turn = halves(cosines), sine = halves(sines)
            let delta = -(inverse * fma(turn.low * turn.low, logs.high, logs.low))
            let tried = select(small, fma(inverse, logs.low, wide(1)), wide(1) - delta)
            let square = fourth.low * fourth.low
            let limit = select(small, fnma(tried, tried, wide(1)), fnma(wide(0.5), delta, wide(1)))
            let taken = less(square, limit) & pending
            a0 = select(taken, tried, a0)
            cosine = select(taken, fma(wide(2), third.high, wide(-1)), cosine)
            sinPhi = select(taken, sine.high, sinPhi)
            cosPhi = select(taken, turn.high, cosPhi)
            pending = pending & ~taken
            attempt += 1
        } while pending.wrappedSum() != 0 && attempt < UInt32(attempts)
        let rest = fnma(a0, a0, wide(1))
        let radius = squareRoot(rest.replacing(with: wide(0), where: rest .< wide(0)))
        let across = fnma(cosine, cosine, wide(1))
        let side = radius * squareRoot(across.replacing(with: wide(0), where: across .< wide(0)))
        return Quaternion(
            w0: a0, w1: select(pending, fallback.w1, side * cosPhi), w2: select(pending, fallback.w2, side * sinPhi),
            w3: select(pending, fallback.w3, radius * cosine))
    }
}
