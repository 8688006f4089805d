import Numerics

/// The local half of a continuous flow's velocity: odd harmonics of the field, their slopes, and products with spectra.
///
/// A plane is one number a site and sample, `siteCount` lanes in site order; `harmonicCount` planes lie one after the other.
public enum ContinuousFlowKernel {
    /// `sines[n-1] = sin nωφ` and `cosines[n-1] = cos nωφ` for n = 1...harmonicCount, by the recurrence of Chebyshev.
    public static func harmonics(
        _ field: UnsafePointer<Lane>, siteCount: Int, harmonicCount: Int, frequency: Float,
        sines: UnsafeMutablePointer<Lane>, cosines: UnsafeMutablePointer<Lane>
    ) {
        for site in 0..<siteCount {
            let (s1, c1) = LaneMath.sincos(field[site] * frequency)
            let twice: Lane = c1 + c1
            var s0 = Lane.zero
            var c0 = Lane(repeating: 1)
            var s = s1
            var c = c1
            var place = site
            for _ in 0..<harmonicCount {
                sines[place] = s
                cosines[place] = c
                place += siteCount
                let nextSine: Lane = (-s0).addingProduct(twice, s)
                let nextCosine: Lane = (-c0).addingProduct(twice, c)
                s0 = s
                c0 = c
                s = nextSine
                c = nextCosine
            }
        }
    }

    /// `Σ_x Σ_n slopes[n] cos nωφ_x`, with `slopes[n-1] = nω W_n(0)`: the divergence without its constant.
    public static func divergence(
        cosines: UnsafePointer<Lane>, siteCount: Int, harmonicCount: Int, slopes: UnsafePointer<Float>
    ) -> DoubleLane {
        var total = DoubleLane.zero
        for n in 0..<harmonicCount {
            let plane = cosines + n * siteCount
            var even = Lane.zero
            var odd = Lane.zero
            var site = 0
            while site + 2 <= siteCount {
                even += plane[site]
                odd += plane[site + 1]
                site += 2
            }
            if site < siteCount { even += plane[site] }
            total += DoubleLane(even + odd) * Double(slopes[n])
        }
        return total
    }

    /// Adds `Σ_n weights[n] sines[n]` to a plane: the gradient of the divergence with `weights[n-1] = -n²ω² W_n(0)`.
    public static func addWeighted(
        _ planes: UnsafePointer<Lane>, siteCount: Int, harmonicCount: Int, weights: UnsafePointer<Float>,
        to target: UnsafeMutablePointer<Lane>
    ) {
        for n in 0..<harmonicCount {
            let plane = planes + n * siteCount
            let weight = weights[n]
            for site in 0..<siteCount { target[site].addProduct(plane[site], weight) }
        }
    }

    /// `target = spectrum · plane`, or `target += spectrum · plane`.
    public static func filter(
        _ plane: UnsafePointer<Lane>, spectrum: UnsafePointer<Float>, siteCount: Int, add: Bool,
        target: UnsafeMutablePointer<Lane>
    ) {
        if add {
            for site in 0..<siteCount { target[site].addProduct(plane[site], spectrum[site]) }
        } else {
            for site in 0..<siteCount { target[site] = plane[site] * spectrum[site] }
        }
    }

    /// `target = scale · a · b`, or `target += scale · a · b`.
    public static func addProduct(
        _ a: UnsafePointer<Lane>, _ b: UnsafePointer<Lane>, scale: Float, siteCount: Int, add: Bool,
        to target: UnsafeMutablePointer<Lane>
    ) {
        if add {
            for site in 0..<siteCount { target[site].addProduct(a[site] * b[site], scale) }
        } else {
            for site in 0..<siteCount { target[site] = a[site] * b[site] * scale }
        }
    }

    /// `target = base + scale · increment`; `target` may be `base`.
    public static func combine(
        _ base: UnsafePointer<Lane>, _ increment: UnsafePointer<Lane>, scale: Float, siteCount: Int,
        target: UnsafeMutablePointer<Lane>
    ) {
        for site in 0..<siteCount { target[site] = base[site].addingProduct(increment[site], scale) }
    }

    /// `target = scale · plane`.
    public static func scale(
        _ plane: UnsafePointer<Lane>, by scale: Float, siteCount: Int, target: UnsafeMutablePointer<Lane>
    ) {
        for site in 0..<siteCount { target[site] = plane[site] * scale }
    }

    /// `out[o] = Σ_{k in orbit o} Σ_samples a_k b_k`: what a kernel tied over its orbits receives.
    ///
    /// - Parameters:
    ///   - members: sites of all orbits, one orbit after the other.
    ///   - starts: first member of each orbit, and the number of members at the end.
    public static func orbitProducts(
        _ a: UnsafePointer<Lane>, _ b: UnsafePointer<Lane>, members: UnsafePointer<Int32>, starts: UnsafePointer<Int32>,
        orbitCount: Int, out: UnsafeMutablePointer<Float>
    ) {
        for orbit in 0..<orbitCount {
            var sum = Lane.zero
            for i in Int(starts[orbit])..<Int(starts[orbit + 1]) {
                let site = Int(members[i])
                sum.addProduct(a[site], b[site])
            }
            out[orbit] = sum.sum()
        }
    }

    /// `Σ_samples Σ_x a_x b_x`.
    public static func innerProduct(_ a: UnsafePointer<Lane>, _ b: UnsafePointer<Lane>, siteCount: Int) -> Float {
        var sum = Lane.zero
        for site in 0..<siteCount { sum.addProduct(a[site], b[site]) }
        return sum.sum()
    }

    /// `Σ_samples Σ_x a_x`.
    public static func total(_ a: UnsafePointer<Lane>, siteCount: Int) -> Float {
        var sum = Lane.zero
        for site in 0..<siteCount { sum += a[site] }
        return sum.sum()
    }

    /// `Σ_x a_x²` of each sample.
    public static func squares(_ a: UnsafePointer<Lane>, siteCount: Int) -> DoubleLane {
        var total = DoubleLane.zero
        for site in 0..<siteCount {
            let wide = DoubleLane(a[site])
            total += wide * wide
        }
        return total
    }

    /// `target += factor · source`, whole lanes.
    public static func axpy(_ factor: Float, _ source: UnsafePointer<Lane>, lanes: Int, to target: UnsafeMutablePointer<Lane>) {
        for i in 0..<lanes { target[i].addProduct(source[i], factor) }
    }

    /// `Σ a b`, whole lanes.
    public static func dot(_ a: UnsafePointer<Lane>, _ b: UnsafePointer<Lane>, lanes: Int) -> Float {
        var sum = Lane.zero
        for i in 0..<lanes { sum.addProduct(a[i], b[i]) }
        return sum.sum()
    }
}
