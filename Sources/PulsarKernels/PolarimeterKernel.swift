import Numerics

/// The four Stokes parameters that a correlating receiver measures.
///
/// The coherency matrix summed over N = Δν Δt samples of both receptors is complex Wishart with N degrees of freedom. Bartlett's decomposition
/// (Goodman, Ann. Math. Stat. 34, 152, 1963) makes one of two gamma variates, of N and N - 1, and one complex normal number, so self-noise and the
/// noise that polarised light has in common are right for any degree of polarisation.
public enum PolarimeterKernel {
    /// `values`: four rows of `count` (a multiple of 16) temperatures I, Q, U, V, K, of signals; `base` K of unpolarised noise are added to I.
    /// They become measured temperatures. Sample t uses the words of (epoch, `firstIndex + t`, `draw`).
    public static func detect(
        _ values: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>), count: Int,
        base: Float, samples: Float, stream: RandomStream, epoch: UInt64, firstIndex: UInt64, draw: UInt32
    ) {
        let raw = (
            UnsafeMutableRawPointer(values.0), UnsafeMutableRawPointer(values.1), UnsafeMutableRawPointer(values.2), UnsafeMutableRawPointer(values.3)
        )
        let half = Lane(repeating: 0.5)
        for i in 0..<count / laneWidth {
            let w = stream.wordLanes(epoch: epoch, firstIndex: firstIndex &+ UInt64(truncatingIfNeeded: i &* laneWidth), draw: draw)
            let (z0, z1) = RadiometerKernel.normals(w.0, w.1)
            let (z2, z3) = RadiometerKernel.normals(w.2, w.3)
            let intensity = RadiometerKernel.load(raw.0, i) + Lane(repeating: base)
            let (q, u, v) = (RadiometerKernel.load(raw.1, i), RadiometerKernel.load(raw.2, i), RadiometerKernel.load(raw.3, i))
            // The coherency matrix C = L L†, C₁₂ = (U + iV) / 2.
            let tiny = Lane(repeating: 1e-20)
            let l11 = LaneMath.sqrt(LaneMath.maximum((intensity + q) * half, tiny))
            let inverse = half / l11
            let (re21, im21) = (u * inverse, -v * inverse)
            let l22 = LaneMath.sqrt(LaneMath.maximum((intensity - q) * half - re21 * re21 - im21 * im21, Lane(repeating: 0)))
            // Bartlett's triangle A, of unit mean: a₁₁² ~ Γ(N)/N, a₂₂² ~ Γ(N-1)/N, a₂₁ complex normal of variance 1/N.
            let a11 = LaneMath.sqrt(RadiometerKernel.gamma(z0, samples))
            let a22 = LaneMath.sqrt(RadiometerKernel.gamma(z1, samples - 1) * Lane(repeating: (samples - 1) / samples))
            let spread = Lane(repeating: (0.5 / samples).squareRoot())
            let (m11, m22) = (l11 * a11, l22 * a22)
            let re = (re21 * a11).addingProduct(l22, z2 * spread)
            let im = (im21 * a11).addingProduct(l22, z3 * spread)
            let s11 = m11 * m11
            let s22 = (m22 * m22).addingProduct(re, re).addingProduct(im, im)
            RadiometerKernel.store(raw.0, i, s11 + s22)
            RadiometerKernel.store(raw.1, i, s11 - s22)
            RadiometerKernel.store(raw.2, i, (m11 + m11) * re)
            RadiometerKernel.store(raw.3, i, -((m11 + m11) * im))
        }
    }

    /// Temperatures to numbers, as `RadiometerKernel.detect` without noise.
    public static func digitise(_ values: UnsafeMutablePointer<Float>, count: Int, channel: RadiometerKernel.Channel) {
        let raw = UnsafeMutableRawPointer(values)
        for i in 0..<count / laneWidth { RadiometerKernel.store(raw, i, RadiometerKernel.number(RadiometerKernel.load(raw, i), channel)) }
    }

    /// Means and variances of the four measured parameters for true ones, the closed form of complex Wishart matrices.
    public static func referenceMoments(_ s: (Double, Double, Double, Double), samples: Double) -> (mean: [Double], variance: [Double]) {
        let (i, q, u, v) = s
        // var(S_k) = tr(σ_k C σ_k C) / N with C = (I + Q σ_Q + U σ_U + V σ_V) / 2.
        let square = i * i + q * q + u * u + v * v
        let variance = [square, i * i + q * q - u * u - v * v, i * i - q * q + u * u - v * v, i * i - q * q - u * u + v * v].map { $0 / (2 * samples) }
        return ([i, q, u, v], variance)
    }
}
