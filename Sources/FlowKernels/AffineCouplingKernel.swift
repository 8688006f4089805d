import Numerics

/// The element-wise half of an affine coupling: `y = t + x e^{-σ}` at the active sites of a checkerboard, `log J = -Σ σ`,
/// with σ = |s| (odd in the field with an odd network, so Z2-equivariant) or σ = s.
///
/// Source: Albergo, Kanwar, Shanahan, arXiv:1904.12072, equation 8; |s| as in Komijani and Marinkovic, arXiv:2301.01504.
public enum AffineCouplingKernel {
    /// Copies the field to the network's input with the active sites zero.
    public static func freeze(
        _ field: UnsafePointer<Lane>, active: UnsafePointer<Int32>, activeCount: Int, siteCount: Int,
        input: UnsafeMutablePointer<Lane>
    ) {
        input.update(from: field, count: siteCount)
        for i in 0..<activeCount { input[Int(active[i])] = .zero }
    }

    /// Transforms the active sites of `field` in place.
    public static func forward(
        field: UnsafeMutablePointer<Lane>, shift: UnsafePointer<Lane>, scale: UnsafePointer<Lane>,
        active: UnsafePointer<Int32>, activeCount: Int, symmetric: Bool, logJacobian: UnsafeMutablePointer<DoubleLane>
    ) {
        var total = DoubleLane.zero
        for i in 0..<activeCount {
            let site = Int(active[i])
            let s = symmetric ? LaneMath.magnitude(scale[site]) : scale[site]
            field[site] = shift[site].addingProduct(field[site], LaneMath.exp(-s))
            total -= DoubleLane(s)
        }
        logJacobian.pointee += total
    }

    /// The inverse of `forward` on the active sites, in place; adds the log Jacobian *of the forward map*.
    public static func inverse(
        field: UnsafeMutablePointer<Lane>, shift: UnsafePointer<Lane>, scale: UnsafePointer<Lane>,
        active: UnsafePointer<Int32>, activeCount: Int, symmetric: Bool, logJacobian: UnsafeMutablePointer<DoubleLane>
    ) {
        var total = DoubleLane.zero
        for i in 0..<activeCount {
            let site = Int(active[i])
            let s = symmetric ? LaneMath.magnitude(scale[site]) : scale[site]
            field[site] = (field[site] - shift[site]) * LaneMath.exp(s)
            total -= DoubleLane(s)
        }
        logJacobian.pointee += total
    }

    /// Reverse mode of `forward`.
    ///
    /// - Parameters:
    ///   - input: the field before the transformation.
    ///   - cotangent: of the field, in place at the active sites.
    ///   - shiftCotangent, scaleCotangent: written at the active sites; zero elsewhere beforehand.
    ///   - logJacobianWeight: the cotangent of the log Jacobian, the same for every sample.
    public static func backward(
        input: UnsafePointer<Lane>, scale: UnsafePointer<Lane>, cotangent: UnsafeMutablePointer<Lane>,
        shiftCotangent: UnsafeMutablePointer<Lane>, scaleCotangent: UnsafeMutablePointer<Lane>,
        active: UnsafePointer<Int32>, activeCount: Int, symmetric: Bool, logJacobianWeight g: Float
    ) {
        for i in 0..<activeCount {
            let site = Int(active[i])
            let raw = scale[site]
            let gain = LaneMath.exp(-(symmetric ? LaneMath.magnitude(raw) : raw))
            let upstream = cotangent[site]
            shiftCotangent[site] = upstream
            let ds: Lane = -(input[site] * gain * upstream) - g
            scaleCotangent[site] = symmetric ? LaneMath.withSign(of: raw, ds) : ds
            cotangent[site] = upstream * gain
        }
    }

    /// Carries the score `∂ log q/∂x` through the layer: `J⁻ᵀ(score - ∂ log J/∂x)` at the active sites, and the cotangents whose pull-back
    /// through the network is to be added at the frozen ones.
    ///
    /// Source: Vaitl, Nicoli, Nakajima, Kessel, arXiv:2206.09016, equation 14, for a coupling.
    public static func pushScore(
        input: UnsafePointer<Lane>, scale: UnsafePointer<Lane>, score: UnsafeMutablePointer<Lane>,
        shiftCotangent: UnsafeMutablePointer<Lane>, scaleCotangent: UnsafeMutablePointer<Lane>,
        active: UnsafePointer<Int32>, activeCount: Int, symmetric: Bool
    ) {
        for i in 0..<activeCount {
            let site = Int(active[i])
            let raw = scale[site]
            let s = symmetric ? LaneMath.magnitude(raw) : raw
            let old = score[site]
            let new = old * LaneMath.exp(s)
            shiftCotangent[site] = -new
            let ds: Lane = input[site] * old + 1
            scaleCotangent[site] = symmetric ? LaneMath.withSign(of: raw, ds) : ds
            score[site] = new
        }
    }

    /// Adds `increment` at the frozen sites (those not active).
    public static func addFrozen(
        _ increment: UnsafeMutablePointer<Lane>, to target: UnsafeMutablePointer<Lane>,
        active: UnsafePointer<Int32>, activeCount: Int, siteCount: Int
    ) {
        for i in 0..<activeCount { increment[Int(active[i])] = .zero }
        for site in 0..<siteCount { target[site] += increment[site] }
    }

    /// `x → tanh x`, in place.
    public static func tanhForward(_ x: UnsafeMutablePointer<Lane>, count: Int) {
        for i in 0..<count { x[i] = LaneMath.tanh(x[i]) }
    }

    /// Cotangent of the argument from the value: `c → c (1 - y²)`, in place.
    public static func tanhBackward(_ cotangent: UnsafeMutablePointer<Lane>, value: UnsafePointer<Lane>, count: Int) {
        for i in 0..<count { cotangent[i] *= 1 - value[i] * value[i] }
    }
}
