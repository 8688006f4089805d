import CLanes
import Numerics

/// Heat bath and over-relaxation of the Wilson action, by subgroups SU(2) (Cabibbo and Marinari, Phys. Lett. B 119 (1982) 387).
public enum HeatBathKernel {
    /// Attempts at a subgroup's element; a lane that none satisfies (probability below 10⁻³⁰) stays as it is.
    static let attempts = 256

    /// A heat bath of the links `mu` of vectors of one parity, whose staples it does not change.
    ///
    /// The first component of g' = g ŵ has the density √(1 - a0²) exp(α a0), α = 2 β k / N with w = k ŵ the quaternion of U V. For α ≥ 1.5, δ = 1 - a0 is
    /// drawn as by Kennedy and Pendleton (Phys. Lett. B 156 (1985) 393) but with the rate α + ¼ instead of α: of √δ √(1 - δ/2) exp(-α δ) the rest
    /// √(1 - δ/2) exp(δ/4) is then 1 - δ²/16 and less, so that nearly all lanes take their first attempt; below as by Creutz (Phys. Rev. D 21 (1980) 2308).
    /// Random numbers are functions of (stream, epoch, site, direction, subgroup, attempt), and what they are used for first does not depend on the
    /// links: the first attempts of all subgroups are prepared together, so that their chains of operations overlap.
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
            func firstDraw(_ index: Int) -> UInt32 { UInt32((mu * 3 + index) * attempts * 2) }
            let prepared = InlineArray<3, Attempt> { index in
                index < G.subgroups ? attempt(stream, epoch, words, firstDraw(index)) : Attempt()
            }
            for index in 0..<G.subgroups {
                let w = G.quaternion(UnsafePointer(closed), index)
                let (size, unit) = unitary(w)
                let g = element(wide(coupling) * size, unit, prepared[index], stream, epoch, words, firstDraw(index)).multiplyAdjoint(unit)
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

    /// What an attempt draws, whatever the links are.
    private struct Attempt {
        /// -log r1 - cos²(2π r2) log r3, of the density √x exp(-x), and r1 itself.
        var gamma = SiteLane.zero
        var uniform = SiteLane.zero
        /// The square of the number that decides.
        var square = SiteLane.zero
        /// The direction of (a1, a2, a3): the cosine to the third axis, and the azimuth's cosine and sine.
        var cosine = SiteLane.zero
        var cosPhi = SiteLane.zero
        var sinPhi = SiteLane.zero
    }

    @inline(__always)
    private static func attempt(_ stream: RandomStream, _ epoch: UInt64, _ words: (low: SIMD16<UInt32>, high: SIMD16<UInt32>), _ draw: UInt32) -> Attempt {
        let w = stream.words(epoch: epoch, low: words.low, high: words.high, draws: DynamicsKernel.draws(draw))
        let radii = RandomStream.uniformDoubles(w.0, w.1)
        let third = halves(RandomStream.coarseUniformDoubles(w.2)), fourth = halves(RandomStream.coarseUniformDoubles(w.3))
        let logs = halves(LaneMath.log(radii))
        // Turns: r2, and the azimuth.
        let (sines, cosines) = LaneMath.sincosOfTurns(joined(third.low, fourth.high))
        let turn = halves(cosines), sine = halves(sines)
        return Attempt(
            gamma: -fma(turn.low * turn.low, logs.high, logs.low), uniform: halves(radii).low, square: fourth.low * fourth.low,
            cosine: fma(wide(2), third.high, wide(-1)), cosPhi: turn.high, sinPhi: sine.high)
    }

    /// g' of the heat bath with parameter α; `fallback` where all attempts fail.
    @inline(__always)
    private static func element(
        _ parameter: SiteLane, _ fallback: Quaternion, _ prepared: Attempt, _ stream: RandomStream, _ epoch: UInt64,
        _ words: (low: SIMD16<UInt32>, high: SIMD16<UInt32>), _ firstDraw: UInt32
    ) -> Quaternion {
        let tiny = wide(1e-8)
        let alpha = parameter.replacing(with: tiny, where: parameter .< tiny)
        let small = less(alpha, wide(1.5))
        var (a0, taken) = first(prepared, alpha, small)
        var direction = prepared
        if taken.wrappedSum() != -8 {
            var pending = ~taken
            var count: UInt32 = 1
            repeat {
                let (tried, found) = again(stream, epoch, words, firstDraw + 2 * count, alpha, small, into: &direction, pending)
                a0 = select(found, tried, a0)
                taken = taken | found
                pending = pending & ~found
                count += 1
            } while pending.wrappedSum() != 0 && count < UInt32(attempts)
            a0 = select(pending, fallback.w0, a0)
        }
        let rest = fnma(a0, a0, wide(1))
        let radius = squareRoot(rest.replacing(with: wide(0), where: rest .< wide(0)))
        let across = fnma(direction.cosine, direction.cosine, wide(1))
        let side = radius * squareRoot(across.replacing(with: wide(0), where: across .< wide(0)))
        return Quaternion(
            w0: a0, w1: select(taken, side * direction.cosPhi, fallback.w1), w2: select(taken, side * direction.sinPhi, fallback.w2),
            w3: select(taken, radius * direction.cosine, fallback.w3))
    }

    /// a0 of an attempt, and the lanes that take it.
    @inline(__always)
    private static func first(_ attempt: Attempt, _ alpha: SiteLane, _ small: SiteWords) -> (a0: SiteLane, taken: SiteWords) {
        // x = δ/2; taken where r² <= (1 - x) exp(x), which 1 - x² is a lower bound of.
        let x = attempt.gamma / (wide(2) * alpha + wide(0.5))
        let sure = ~less(fnma(x, x, wide(1)), attempt.square) & ~small
        if sure.wrappedSum() == -8 { return (fnma(wide(2), x, wide(1)), sure) }
        return unsure(attempt, alpha, small, x)
    }

    @inline(never)
    private static func unsure(_ attempt: Attempt, _ alpha: SiteLane, _ small: SiteWords, _ x: SiteLane) -> (a0: SiteLane, taken: SiteWords) {
        let growth = halves(LaneMath.exp(joined(x.replacing(with: wide(1), where: x .> wide(1)), wide(-2) * alpha)))
        let taken = ~less((wide(1) - x) * growth.low, attempt.square) & ~less(wide(1), x)
        // Creutz: a0 = 1 + log(r + (1 - r) exp(-2α)) / α, taken where r² <= 1 - a0².
        let log = halves(LaneMath.log(joined(fma(wide(1) - attempt.uniform, growth.high, attempt.uniform), wide(1)))).low
        let creutz = wide(1) + log / alpha
        let isTaken = ~less(fnma(creutz, creutz, wide(1)), attempt.square)
        return (select(small, creutz, fnma(wide(2), x, wide(1))), (small & isTaken) | (~small & taken))
    }

    /// Another attempt for the lanes that wait; those that take it have its direction.
    @inline(never)
    private static func again(
        _ stream: RandomStream, _ epoch: UInt64, _ words: (low: SIMD16<UInt32>, high: SIMD16<UInt32>), _ draw: UInt32, _ alpha: SiteLane, _ small: SiteWords,
        into direction: inout Attempt, _ pending: SiteWords
    ) -> (a0: SiteLane, found: SiteWords) {
        let next = attempt(stream, epoch, words, draw)
        let (a0, taken) = first(next, alpha, small)
        let found = taken & pending
        direction.cosine = select(found, next.cosine, direction.cosine)
        direction.cosPhi = select(found, next.cosPhi, direction.cosPhi)
        direction.sinPhi = select(found, next.sinPhi, direction.sinPhi)
        return (a0, found)
    }
}
