import Glibc
import Numerics

/// Gauge fields on a two-dimensional torus as plaquettes and two holonomies, eight samples in a lane: matrices are `[plaquette][component]` of site lanes, sample
/// after sample of a lane instead of site after site.
///
/// In the gauge where U₁(x₀, x₁) = 1 for x₁ < L₁ - 1 and U₀(x₀, 0) = 1 for x₀ < L₀ - 1 a field is A = U₀(L₀ - 1, 0), B = U₁(0, L₁ - 1) and the plaquettes
/// P(x) = U₀(x) U₁(x+0) U₀(x+1)† U₁(x)†, whose product, rows of falling x₀ one after the other and x₁ rising in a row, is A B A† B†.
public enum TorusKernel {
    /// Blocks of two normal numbers that a matrix takes.
    public static func blocks(_ group: GaugeGroup) -> Int { group == .su2 ? 2 : 6 }

    /// Matrices of Haar's measure of samples `firstSample ..< firstSample + 16`, the first eight to `low`.
    public static func haar(
        _ group: GaugeGroup, low: UnsafeMutablePointer<SiteLane>, high: UnsafeMutablePointer<SiteLane>, stream: RandomStream, epoch: UInt64,
        firstSample: UInt64, firstBlock: Int
    ) {
        for k in 0..<blocks(group) {
            let (even, odd) = stream.normalPairs(epoch: epoch, firstIndex: firstSample, block: UInt32(truncatingIfNeeded: firstBlock + k))
            (low[2 * k], high[2 * k]) = halves(even)
            (low[2 * k + 1], high[2 * k + 1]) = halves(odd)
        }
        switch group {
        case .su2:
            SU2Lanes.normalize(low)
            SU2Lanes.normalize(high)
        case .su3:
            SU3Lanes.normalize(low)
            SU3Lanes.normalize(high)
        }
    }

    /// Matrices of given eigenangles, whose eigenvectors are those of `frame`, a matrix of Haar's measure: out = frame† diag(e^{iφ}) frame.
    ///
    /// Of SU(2) the first angle alone counts, and the axis is the direction of the frame's last three components.
    /// Operations: SU(3) 9 complex products and a product of matrices, 252; SU(2) 12.
    /// - Parameter angles: N lanes.
    public static func element(
        _ group: GaugeGroup, _ out: UnsafeMutablePointer<SiteLane>, sines: UnsafePointer<SiteLane>, cosines: UnsafePointer<SiteLane>,
        frame: UnsafePointer<SiteLane>
    ) {
        switch group {
        case .su2:
            let size = fma(frame[1], frame[1], fma(frame[2], frame[2], frame[3] * frame[3]))
            let scale = sines[0] / squareRoot(size)
            out[0] = cosines[0]
            for k in 1..<4 { out[k] = scale * frame[k] }
        case .su3:
            SiteMemory.withScratch(18) { turned in
                for k in 0..<3 {
                    for j in 0..<3 {
                        let re = frame[6 * k + 2 * j], im = frame[6 * k + 2 * j + 1]
                        turned[6 * k + 2 * j] = fnma(sines[k], im, cosines[k] * re)
                        turned[6 * k + 2 * j + 1] = fma(sines[k], re, cosines[k] * im)
                    }
                }
                for c in 0..<18 { out[c] = wide(0) }
                SU3Lanes.addAdjointProduct(out, frame, turned)
            }
        }
    }

    /// h = (Q₁ … Q_V)† A B A† B†: what the plaquettes lack of closing the torus. Operations: V - 1 products of matrices, and four.
    public static func residue(
        _ group: GaugeGroup, _ out: UnsafeMutablePointer<SiteLane>, plaquettes: UnsafePointer<SiteLane>, count: Int, holonomies: UnsafePointer<SiteLane>
    ) {
        switch group {
        case .su2: residue(SU2Lanes.self, out, plaquettes, count, holonomies)
        case .su3: residue(SU3Lanes.self, out, plaquettes, count, holonomies)
        }
    }

    private static func residue<G: LinkGroup>(
        _: G.Type, _ out: G.Matrix, _ plaquettes: G.Source, _ count: Int, _ holonomies: G.Source
    ) {
        SiteMemory.withScratch(3 * 18) { base in
            let first = base, second = base + 18, turned = base + 36
            var (product, next) = (first, second)
            G.setUnit(product)
            for k in 0..<count {
                G.multiply(next, product, plaquettes + k * G.components)
                (product, next) = (next, product)
            }
            G.normalize(product)
            let a = holonomies, b = holonomies + G.components
            // (R† A) (B A†) B†.
            G.adjoint(turned, product)
            G.multiply(next, turned, a)
            G.multiplyAdjoint(turned, b, a)
            G.multiply(product, next, turned)
            G.multiplyAdjoint(out, product, b)
            G.normalize(out)
        }
    }

    /// k = h^{1/count} by the shortest logarithm of h, sample by sample.
    public static func root(_ group: GaugeGroup, _ out: UnsafeMutablePointer<SiteLane>, of h: UnsafePointer<SiteLane>, count: Int) {
        let t = 1 / Double(count)
        switch group {
        case .su2:
            for lane in 0..<siteLaneWidth {
                let (x, y, z) = (h[1][lane], h[2][lane], h[3][lane])
                let sine = (x * x + y * y + z * z).squareRoot()
                let angle = t * atan2(sine, h[0][lane])
                let scale = sine > 1e-150 ? sin(angle) / sine : 0
                out[0][lane] = cos(angle)
                (out[1][lane], out[2][lane], out[3][lane]) = (scale * x, scale * y, sine > 1e-150 ? scale * z : sin(angle))
            }
        case .su3:
            let re = SU3Lanes.realTrace(h), im = SU3Lanes.imaginaryTrace(h)
            var (ar, ai, br, bi, cr, ci) = (re, re, re, re, re, re)
            for lane in 0..<siteLaneWidth {
                let (alpha, beta, gamma) = EigenAngles(trace: (re[lane], im[lane])).powerCoefficients(t)
                (ar[lane], ai[lane], br[lane], bi[lane], cr[lane], ci[lane]) = (alpha[0], alpha[1], beta[0], beta[1], gamma[0], gamma[1])
            }
            SiteMemory.withScratch(18) { square in
                SU3Lanes.multiply(square, h, h)
                for c in 0..<9 {
                    let (hr, hi, sr, si) = (h[2 * c], h[2 * c + 1], square[2 * c], square[2 * c + 1])
                    out[2 * c] = fma(br, hr, fnma(bi, hi, fnma(ci, si, cr * sr)))
                    out[2 * c + 1] = fma(br, hi, fma(bi, hr, fma(ci, sr, cr * si)))
                }
            }
            for c in stride(from: 0, through: 16, by: 8) {
                out[c] = out[c] + ar
                out[c + 1] = out[c + 1] + ai
            }
            SU3Lanes.normalize(out)
        }
    }

    /// P_i = k^{1-i} Q_i kⁱ in place, i = 1 ... count, whose product is that of the Q times k^count; or, `back`, Q from P. Operations: three products of
    /// matrices a plaquette.
    public static func spread(
        _ group: GaugeGroup, _ plaquettes: UnsafeMutablePointer<SiteLane>, count: Int, root: UnsafePointer<SiteLane>, back: Bool = false
    ) {
        switch group {
        case .su2: spread(SU2Lanes.self, plaquettes, count, root, back)
        case .su3: spread(SU3Lanes.self, plaquettes, count, root, back)
        }
    }

    private static func spread<G: LinkGroup>(_: G.Type, _ plaquettes: G.Matrix, _ count: Int, _ root: G.Source, _ back: Bool) {
        SiteMemory.withScratch(4 * 18) { base in
            let work = base, adjoint = base + 18
            var (power, next) = (base + 36, base + 54)
            G.setUnit(power)
            for i in 0..<count {
                let plaquette = plaquettes + i * G.components
                G.multiply(next, power, root)
                if i % 32 == 31 { G.normalize(next) }
                if back {
                    G.multiply(work, power, plaquette)
                    G.multiplyAdjoint(plaquette, work, next)
                } else {
                    G.adjoint(adjoint, power)
                    G.multiply(work, adjoint, plaquette)
                    G.multiply(plaquette, work, next)
                }
                (power, next) = (next, power)
            }
        }
    }

    /// Σ Re tr of `count` matrices.
    public static func realTrace(_ group: GaugeGroup, _ matrices: UnsafePointer<SiteLane>, count: Int) -> SiteLane {
        var sum = wide(0)
        for i in 0..<count {
            sum += group == .su2 ? SU2Lanes.realTrace(matrices + i * SU2Lanes.components) : SU3Lanes.realTrace(matrices + i * SU3Lanes.components)
        }
        return sum
    }

    /// The trace of one matrix.
    public static func trace(_ group: GaugeGroup, _ matrix: UnsafePointer<SiteLane>) -> (re: SiteLane, im: SiteLane) {
        switch group {
        case .su2: (SU2Lanes.realTrace(matrix), SU2Lanes.imaginaryTrace(matrix))
        case .su3: (SU3Lanes.realTrace(matrix), SU3Lanes.imaginaryTrace(matrix))
        }
    }
}
