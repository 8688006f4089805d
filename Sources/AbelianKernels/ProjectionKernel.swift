import Glibc
import Numerics

/// The element-wise half of a gauge-equivariant coupling: the active plaquettes move by a non-compact projection with a shift,
/// tan(y/2) = eˢ tan(P/2), P' = y + t, and the plaquette on the other side of the updated link takes what they gain or lose.
///
/// Sources: Kanwar et al., arXiv:2003.06413, equations 11 and 16; Rezende et al., arXiv:2002.02428, section 2.3. With c = cos P:
/// dy/dP = 1/D, D = cosh s - c sinh s; cos y = (c cosh s - sinh s)/D, sin y = sin P / D; ∂y/∂s = sin y; ∂log J/∂s = cos y.
public enum ProjectionKernel {
    /// Transforms in place; adds log J. `active` and `passive` name sites, pairwise.
    public static func forward(
        _ field: UnsafeMutablePointer<DoubleLane>, scale: UnsafePointer<Lane>, shift: UnsafePointer<Lane>, active: UnsafePointer<Int32>,
        passive: UnsafePointer<Int32>, count: Int, logJacobian: inout DoubleLane
    ) {
        for i in 0..<count {
            let site = Int(active[i])
            let other = Int(passive[i])
            let s = LaneMath.double(scale[site])
            let t = LaneMath.double(shift[site])
            let point = Projection(field[site], s)
            let change: DoubleLane = point.change + t
            field[site] = Angle.wrapped(field[site] + change)
            field[other] = Angle.wrapped(field[other] - change)
            logJacobian -= LaneMath.log(point.denominator)
        }
    }

    /// The inverse map in place; adds the log J *of the forward map*.
    public static func inverse(
        _ field: UnsafeMutablePointer<DoubleLane>, scale: UnsafePointer<Lane>, shift: UnsafePointer<Lane>, active: UnsafePointer<Int32>,
        passive: UnsafePointer<Int32>, count: Int, logJacobian: inout DoubleLane
    ) {
        for i in 0..<count {
            let site = Int(active[i])
            let other = Int(passive[i])
            let s = LaneMath.double(scale[site])
            let t = LaneMath.double(shift[site])
            let point = Projection(Angle.wrapped(field[site] - t), -s)
            let change: DoubleLane = point.change - t
            field[site] = Angle.wrapped(field[site] + change)
            field[other] = Angle.wrapped(field[other] - change)
            logJacobian += LaneMath.log(point.denominator)
        }
    }

    /// Reverse mode of `forward` with the cotangent -1 of log J: `input` is the field before, `cotangent` of the field, in place; those of scale
    /// and shift are written at the active sites.
    public static func backward(
        input: UnsafePointer<DoubleLane>, scale: UnsafePointer<Lane>, cotangent: UnsafeMutablePointer<DoubleLane>,
        scaleCotangent: UnsafeMutablePointer<Lane>, shiftCotangent: UnsafeMutablePointer<Lane>, active: UnsafePointer<Int32>,
        passive: UnsafePointer<Int32>, count: Int, logJacobianWeight: Double
    ) {
        for i in 0..<count {
            let site = Int(active[i])
            let above = cotangent[Int(passive[i])]
            let s = LaneMath.double(scale[site])
            let point = Projection(input[site], s)
            let pull: DoubleLane = cotangent[site] - above
            let g = DoubleLane(repeating: logJacobianWeight)
            shiftCotangent[site] = LaneMath.single(pull)
            scaleCotangent[site] = LaneMath.single(pull * point.sine + g * point.cosine)
            let own: DoubleLane = pull / point.denominator
            let bend: DoubleLane = g * point.hyperbolicSine * point.sine
            cotangent[site] = (own + above) - bend
        }
    }

    /// cos and sin of the frozen plaquettes, zero elsewhere: what the network reads.
    public static func features(
        _ field: UnsafePointer<DoubleLane>, frozen: UnsafePointer<Int32>, count: Int, sites: Int, output: UnsafeMutablePointer<Lane>
    ) {
        for i in 0..<2 * sites { output[i] = .zero }
        for i in 0..<count {
            let site = Int(frozen[i])
            let (s, c) = LaneMath.sincos(field[site])
            output[site] = LaneMath.single(c)
            output[sites + site] = LaneMath.single(s)
        }
    }

    /// Adds the cotangents of the features to those of the frozen plaquettes.
    public static func addFeatures(
        _ field: UnsafePointer<DoubleLane>, features: UnsafePointer<Lane>, frozen: UnsafePointer<Int32>, count: Int, sites: Int,
        to cotangent: UnsafeMutablePointer<DoubleLane>
    ) {
        for i in 0..<count {
            let site = Int(frozen[i])
            let (s, c) = LaneMath.sincos(field[site])
            cotangent[site] += LaneMath.double(features[sites + site]) * c - LaneMath.double(features[site]) * s
        }
    }
}

/// y(P) of one scale, with what its derivatives need.
private struct Projection {
    let denominator: DoubleLane
    let sine: DoubleLane
    let cosine: DoubleLane
    let hyperbolicSine: DoubleLane
    /// y - P, in (-π, π).
    let change: DoubleLane

    @inline(__always)
    init(_ angle: DoubleLane, _ scale: DoubleLane) {
        let (s, c) = LaneMath.sincos(angle)
        let up = LaneMath.exp(scale)
        let down: DoubleLane = 1 / up
        let cosh: DoubleLane = 0.5 * (up + down)
        let sinh: DoubleLane = 0.5 * (up - down)
        denominator = cosh - c * sinh
        hyperbolicSine = sinh
        sine = s / denominator
        cosine = (c * cosh - sinh) / denominator
        // sin and cos of y - P, which is below a half turn.
        let across: DoubleLane = sine * c - cosine * s
        let along: DoubleLane = cosine * c + sine * s
        var angle = DoubleLane.zero
        for lane in 0..<laneWidth { angle[lane] = atan2(across[lane], along[lane]) }
        change = angle
    }
}

extension ProjectionKernel {
    /// `x → tanh x`, in place.
    public static func tanhForward(_ x: UnsafeMutablePointer<Lane>, count: Int) {
        for i in 0..<count { x[i] = LaneMath.tanh(x[i]) }
    }

    /// Cotangent of the argument from the value: `c → c (1 - y²)`, in place.
    public static func tanhBackward(_ cotangent: UnsafeMutablePointer<Lane>, value: UnsafePointer<Lane>, count: Int) {
        for i in 0..<count { cotangent[i] *= 1 - value[i] * value[i] }
    }

    /// ∂S/∂P = β sin P of each plaquette, and -β Σ cos P.
    public static func action(
        _ field: UnsafePointer<DoubleLane>, count: Int, beta: Double, gradient: UnsafeMutablePointer<DoubleLane>?
    ) -> DoubleLane {
        var total = DoubleLane.zero
        for site in 0..<count {
            let (s, c) = LaneMath.sincos(field[site])
            total += c
            if let gradient { gradient[site] = beta * s }
        }
        return -beta * total
    }
}
