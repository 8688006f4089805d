import Glibc
import Numerics

/// Elementary functions on lanes.
enum LaneMath {
    @inline(__always)
    static func exp(_ x: Lane) -> Lane {
        let clamped = x.clamped(lowerBound: Lane(repeating: -87.3), upperBound: Lane(repeating: 88.7))
        let magic = Lane(repeating: 12_582_912)
        let shifted = magic.addingProduct(clamped, Lane(repeating: 1.442_695_04))
        let k = shifted - magic
        let r = clamped.addingProduct(k, Lane(repeating: -0.693_145_751_953_125)).addingProduct(k, Lane(repeating: -1.428_606_765_330_187e-6))
        var p = Lane(repeating: 1 / 5040)
        p = Lane(repeating: 1 / 720).addingProduct(p, r)
        p = Lane(repeating: 1 / 120).addingProduct(p, r)
        p = Lane(repeating: 1 / 24).addingProduct(p, r)
        p = Lane(repeating: 1 / 6).addingProduct(p, r)
        p = Lane(repeating: 0.5).addingProduct(p, r)
        p = Lane(repeating: 1).addingProduct(p, r)
        p = Lane(repeating: 1).addingProduct(p, r)
        let bits = unsafeBitCast(p, to: SIMD16<Int32>.self) &+ (unsafeBitCast(shifted, to: SIMD16<Int32>.self) &<< 23)
        return unsafeBitCast(bits, to: Lane.self)
    }

    @inline(__always)
    static func tanh(_ x: Lane) -> Lane {
        let one = Lane(repeating: 1)
        let magnitude = x.replacing(with: Lane(repeating: 0) - x, where: x .< Lane(repeating: 0))
        let large = one - Lane(repeating: 2) / (exp(magnitude + magnitude) + one)
        let s = x * x
        var p = Lane(repeating: 62 / 2835)
        p = Lane(repeating: -17 / 315).addingProduct(p, s)
        p = Lane(repeating: 2 / 15).addingProduct(p, s)
        p = Lane(repeating: -1 / 3).addingProduct(p, s)
        let small = x.addingProduct(x * s, p)
        let signed = large.replacing(with: Lane(repeating: 0) - large, where: x .< Lane(repeating: 0))
        return signed.replacing(with: small, where: magnitude .< Lane(repeating: 0.25))
    }

    @inline(__always)
    static func sigmoid(_ x: Lane) -> Lane { Lane(repeating: 1) / (Lane(repeating: 1) + exp(Lane(repeating: 0) - x)) }

    static func log(_ x: Lane) -> Lane { each(x) { Glibc.logf($0) } }
    static func softplus(_ x: Lane) -> Lane { each(x) { max($0, 0) + Glibc.log1pf(Glibc.expf(-abs($0))) } }
    static func sin(_ x: Lane) -> Lane { each(x) { Glibc.sinf($0) } }
    static func cos(_ x: Lane) -> Lane { each(x) { Glibc.cosf($0) } }
    static func erf(_ x: Lane) -> Lane { each(x) { Glibc.erff($0) } }

    @inline(__always)
    private static func each(_ x: Lane, _ f: (Float) -> Float) -> Lane {
        var y = x
        for i in 0..<laneWidth { y[i] = f(x[i]) }
        return y
    }
}
