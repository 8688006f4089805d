import Glibc
import Numerics

/// A dispersed, scattered pulse in one channel, integrated over the channel's band and over each time step.
///
/// The delays of a channel fill an interval (`sweep`) evenly, to (3/8) Δν/ν of it. So the share of a Gaussian's fluence that has arrived at
/// time t is [H(t - a) - H(t - b)] / (b - a), a and b the delays of the channel's edges and H the integral of the normal distribution function,
/// and the share within a step is a difference of two of them: nothing is sampled at points. Scattering by exp(-t/τ)/τ follows step by step, exact for
/// what arrives evenly within a step, and keeps the fluence.
public enum PulseKernel {
    /// Floats that `scratch` needs for `count` steps.
    public static func scratch(count: Int) -> Int { count + 2 * laneWidth + 2 }
    /// The normal distribution counts as ended at so many standard deviations.
    public static let reach = 6.0

    /// Adds `weight` times the share of fluence in each of `count` steps to `density`.
    /// - Parameters:
    ///   - centre: middle of the pulse in the middle of the channel's delays, in steps from the start of `density`.
    ///   - deviation: standard deviation of the Gaussian, steps.
    ///   - sweep: difference of the delays of the channel's edges, steps, 0 or more.
    public static func add(
        centre: Double, deviation: Double, sweep: Double, weight: Float, density: UnsafeMutablePointer<Float>, count: Int,
        scratch: UnsafeMutablePointer<Float>
    ) {
        let sigma = max(deviation, 1e-3)
        let isShort = sweep < 0.5 * sigma
        let spread = isShort ? (sigma * sigma + sweep * sweep / 12).squareRoot() : sigma
        let half = reach * spread + (isShort ? 0 : 0.5 * sweep)
        guard centre + half > 0, centre - half < Double(count) else { return }
        let first = max(0, Int((centre - half).rounded(.down)))
        let last = min(count, Int((centre + half).rounded(.up)))
        guard last > first else { return }
        let raw = UnsafeMutableRawPointer(scratch)
        let steps = Lane(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
        let edges = last &- first &+ 1
        let lanes = (edges &+ laneWidth &- 1) / laneWidth
        let origin = Float(Double(first) - centre)
        if isShort {
            let inverse = Lane(repeating: Float(1 / (spread * 2.0.squareRoot())))
            for i in 0..<lanes {
                let x = Lane(repeating: origin + Float(i &* laneWidth)) + steps
                let arrived = Lane(repeating: 0.5).addingProduct(LaneMath.erf(x * inverse), Lane(repeating: 0.5))
                raw.storeBytes(of: arrived, toByteOffset: i &* 64, as: Lane.self)
            }
        } else {
            let whole = Float(sweep)
            let (deviation, inverse) = (Float(sigma), Float(1 / sigma))
            let over = Lane(repeating: 1 / whole)
            for i in 0..<lanes {
                let y = Lane(repeating: origin + Float(i &* laneWidth) + 0.5 * whole) + steps
                let rest = remainder(y, deviation, inverse) - remainder(y - Lane(repeating: whole), deviation, inverse)
                raw.storeBytes(of: (LaneMath.clamp(y, 0, whole) + rest) * over, toByteOffset: i &* 64, as: Lane.self)
            }
        }
        // What arrives beyond the reach counts in the outer steps: the fluence is kept.
        if centre - half >= 0 { scratch[0] = 0 }
        if last < count { scratch[edges &- 1] = 1 }
        let into = density + first
        for e in 0..<(edges &- 1) { into[e] += weight * (scratch[e &+ 1] - scratch[e]) }
    }

    /// H(y) - max(y, 0) for standard deviation σ: σ φ(y/σ) - |y| Φ(-|y|/σ).
    @inline(__always)
    private static func remainder(_ y: Lane, _ sigma: Float, _ inverse: Float) -> Lane {
        let u = LaneMath.magnitude(y) * Lane(repeating: inverse)
        let density = LaneMath.exp(u * u * Lane(repeating: -0.5)) * Lane(repeating: 0.39894228)
        let tail = Lane(repeating: 0.5).addingProduct(LaneMath.erf(u * Lane(repeating: 0.70710678)), Lane(repeating: -0.5))
        return (density - u * tail) * Lane(repeating: sigma)
    }

    /// Convolves `density` with exp(-t/τ)/τ, `tau` in steps; no change for τ of 0.
    public static func scatter(_ density: UnsafeMutablePointer<Float>, count: Int, tau: Double) {
        guard tau > 0 else { return }
        // Of what arrives evenly within a step the share `kept` is still on its way at its end, and `decay` of what was.
        let decay = Float(exp(-1 / tau))
        let kept = Float(-tau * expm1(-1 / tau))
        var waiting: Float = 0
        for e in 0..<count {
            let arriving = density[e]
            let after = waiting * decay + arriving * kept
            density[e] = waiting + arriving - after
            waiting = after
        }
    }

    /// `row[t] += amplitude` x the sum of `steps` steps, for `count` samples.
    public static func collect(_ density: UnsafePointer<Float>, steps: Int, amplitude: Float, row: UnsafeMutablePointer<Float>, count: Int) {
        if steps == 1 {
            for t in 0..<count { row[t] += amplitude * density[t] }
        } else {
            for t in 0..<count {
                var sum: Float = 0
                for s in 0..<steps { sum += density[t &* steps &+ s] }
                row[t] += amplitude * sum
            }
        }
    }

    /// Sum and sum of squares of `count` numbers, a multiple of 16.
    public static func moments(_ row: UnsafePointer<Float>, count: Int) -> (sum: Double, square: Double) {
        let raw = UnsafeRawPointer(row)
        var sum = Lane(repeating: 0)
        var square = Lane(repeating: 0)
        for i in 0..<count / laneWidth {
            let x = raw.loadUnaligned(fromByteOffset: i &* 64, as: Lane.self)
            sum += x
            square.addProduct(x, x)
        }
        return (Double(sum.sum()), Double(square.sum()))
    }

    /// `row[t] *= factor` for `count` numbers.
    public static func scale(_ row: UnsafeMutablePointer<Float>, count: Int, by factor: Float) {
        for t in 0..<count { row[t] *= factor }
    }

    /// Shares of fluence per step by brute force: `fine` frequencies and `fine` times a step, in double precision.
    public static func referenceShares(centre: Double, deviation: Double, sweep: Double, tau: Double, count: Int, fine: Int = 400) -> [Double] {
        // The distribution function of a Gaussian convolved with an exponential: Φ(x) - exp(s²/2 - r) Φ(x - s), r = t/τ, s = σ/τ.
        func arrived(_ t: Double) -> Double {
            let x = t / deviation
            let normal = 0.5 * erfc(-x / 2.0.squareRoot())
            guard tau > 0 else { return normal }
            let s = deviation / tau
            return normal - exp(s * s / 2 - t / tau) * 0.5 * erfc(-(x - s) / 2.0.squareRoot())
        }
        let delays = (0..<fine).map { centre + sweep * ((Double($0) + 0.5) / Double(fine) - 0.5) }
        let edges = (0...count).map { edge in delays.reduce(0) { $0 + arrived(Double(edge) - $1) } / Double(fine) }
        return (0..<count).map { edges[$0 + 1] - edges[$0] }
    }
}
