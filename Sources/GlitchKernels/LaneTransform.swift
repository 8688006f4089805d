import Glibc
import Numerics

/// Factors that the transforms are made of.
public enum TransformLength {
    /// Whether lanes can be transformed at this length: 2^a 3^b 5^c.
    public static func isSupported(_ length: Int) -> Bool { factors(length) != nil }

    /// Radices in the order of the passes; nil if another prime divides `length`.
    static func factors(_ length: Int) -> [Int]? {
        guard length > 0 else { return nil }
        var rest = length
        var found: [Int] = []
        for radix in [5, 3, 4, 2] {
            while rest % radix == 0 {
                found.append(radix)
                rest /= radix
            }
        }
        return rest == 1 ? found : nil
    }
}

/// A transform whose data fit the first cache, pass after pass.
struct FlatTransform<S: TransformScalar> {
    typealias Vector = SIMD16<S>

    struct Pass {
        let radix, m, s, twiddle: Int
    }

    let length: Int
    let passes: [Pass]
    let twiddles: UnsafeMutablePointer<S>

    init(_ length: Int, _ factors: [Int]) {
        self.length = length
        var (rest, stride, count) = (length, 1, 0)
        var passes: [Pass] = []
        for radix in factors {
            rest /= radix
            passes.append(Pass(radix: radix, m: rest, s: stride, twiddle: count))
            stride *= radix
            count += 2 * (radix - 1) * rest
        }
        self.passes = passes
        twiddles = .allocate(capacity: max(count, 1))
        for pass in passes {
            let n = pass.m * pass.radix
            for p in 0..<pass.m {
                for i in 1..<pass.radix {
                    let angle = -2 * Double.pi * Double(p * i % n) / Double(n)
                    let place = pass.twiddle + 2 * ((pass.radix - 1) * p + i - 1)
                    twiddles[place] = S(cos(angle))
                    twiddles[place + 1] = S(sin(angle))
                }
            }
        }
    }

    /// From x, with neighbours `xs` complex numbers apart, to y, with `ys`; by way of a and b, of `length` complex numbers each.
    @inline(__always)
    func run(_ x: UnsafePointer<Vector>, _ xs: Int, _ y: UnsafeMutablePointer<Vector>, _ ys: Int, _ a: UnsafeMutablePointer<Vector>, _ b: UnsafeMutablePointer<Vector>) {
        if passes.isEmpty {
            (y[0], y[1]) = (x[0], x[1])
            return
        }
        var (from, fromStride) = (x, xs)
        for index in passes.indices {
            let pass = passes[index]
            let isLast = index == passes.count - 1
            let to = isLast ? y : index & 1 == 0 ? a : b
            let toStride = isLast ? ys : 1
            let w = UnsafePointer(twiddles + pass.twiddle)
            switch pass.radix {
            case 4:
                if pass.m == 1 {
                    Butterflies<S>.lastRadix4(from, fromStride, to, toStride, s: pass.s)
                } else {
                    Butterflies<S>.radix4(from, fromStride, to, toStride, m: pass.m, s: pass.s, w)
                }
            case 2: Butterflies<S>.radix2(from, fromStride, to, toStride, m: pass.m, s: pass.s, w)
            case 3: Butterflies<S>.radix3(from, fromStride, to, toStride, m: pass.m, s: pass.s, w)
            default: Butterflies<S>.radix5(from, fromStride, to, toStride, m: pass.m, s: pass.s, w)
            }
            (from, fromStride) = (UnsafePointer(to), toStride)
        }
    }
}

/// Complex Fourier transforms of sixteen series, with exp(-2 pi i j k / length), not scaled.
///
/// Long ones are taken as a table of rows and columns (Bailey's four steps, J. Supercomputing 4, 23, 1990), so that the data pass through
/// the caches twice whatever the length. The opposite sign comes from the same transform where imaginary parts come first.
final class LaneFourier<S: TransformScalar> {
    typealias Vector = SIMD16<S>
    /// Complex numbers up to which a transform is one piece: 32 KiB of single-precision lanes.
    private static var longestPiece: Int { 256 }

    let length: Int
    private let columns: FlatTransform<S>
    private let rows: FlatTransform<S>?
    /// exp(-2 pi i j k / length) of column j and row k, [j][k].
    private let twiddles: UnsafeMutablePointer<S>
    private let scratch: UnsafeMutablePointer<Vector>
    private let scratchLength: Int

    /// nil if the length has a prime factor above 5.
    init?(length: Int) {
        guard let factors = TransformLength.factors(length) else { return nil }
        self.length = length
        var first = factors
        var second: [Int] = []
        if length > Self.longestPiece {
            // Columns from the front of the list until they reach the square root.
            var product = 1
            var taken = 0
            while taken < factors.count - 1, product * product < length {
                product *= factors[taken]
                taken += 1
            }
            first = Array(factors[..<taken])
            second = Array(factors[taken...])
        }
        let n1 = first.reduce(1, *)
        let n2 = second.reduce(1, *)
        columns = FlatTransform(n1, first)
        rows = second.isEmpty ? nil : FlatTransform(n2, second)
        scratchLength = max(n1, n2)
        scratch = .allocate(capacity: 6 * scratchLength)
        twiddles = .allocate(capacity: second.isEmpty ? 1 : 2 * length)
        if !second.isEmpty {
            for j in 0..<n2 {
                for k in 0..<n1 {
                    let angle = -2 * Double.pi * Double(j * k % length) / Double(length)
                    twiddles[2 * (j * n1 + k)] = S(cos(angle))
                    twiddles[2 * (j * n1 + k) + 1] = S(sin(angle))
                }
            }
        }
    }

    deinit {
        columns.twiddles.deallocate()
        rows?.twiddles.deallocate()
        twiddles.deallocate()
        scratch.deallocate()
    }

    /// Transforms x to y, each of `length` complex numbers; x is destroyed.
    func forward(_ x: UnsafeMutablePointer<Vector>, to y: UnsafeMutablePointer<Vector>) {
        let (a, b, c) = (scratch, scratch + 2 * scratchLength, scratch + 4 * scratchLength)
        guard let rows else {
            columns.run(UnsafePointer(x), 1, y, 1, a, b)
            return
        }
        let (n1, n2) = (columns.length, rows.length)
        for j in 0..<n2 {
            columns.run(UnsafePointer(x) + 2 * j, n2, c, 1, a, b)
            let w = UnsafePointer(twiddles) + 2 * j * n1
            var to = x + 2 * j
            for k in 0..<n1 {
                let (re, im) = (c[2 * k], c[2 * k + 1])
                let (wr, wi) = (w[2 * k], w[2 * k + 1])
                to[0] = S.fused(S.product(re, wr), im, -wi)
                to[1] = S.fused(S.product(re, wi), im, wr)
                to += 2 * n2
            }
        }
        for k in 0..<n1 { rows.run(UnsafePointer(x) + 2 * k * n2, 1, y + 2 * k, n1, a, b) }
    }
}

/// Complex Fourier transforms of sixteen series in single precision; a complex number is two neighbouring lanes.
public final class LaneTransform {
    let plan: LaneFourier<Float>
    public var length: Int { plan.length }

    /// nil if the length is not 2^a 3^b 5^c.
    public init?(length: Int) {
        guard let plan = LaneFourier<Float>(length: length) else { return nil }
        self.plan = plan
    }

    /// exp(-2 pi i j k / length), not scaled; x is destroyed. Give and take imaginary parts first for the opposite sign.
    public func forward(_ x: UnsafeMutablePointer<Lane>, to y: UnsafeMutablePointer<Lane>) { plan.forward(x, to: y) }
}

/// The same in double precision.
public final class DoubleLaneTransform {
    let plan: LaneFourier<Double>
    public var length: Int { plan.length }

    /// nil if the length is not 2^a 3^b 5^c.
    public init?(length: Int) {
        guard let plan = LaneFourier<Double>(length: length) else { return nil }
        self.plan = plan
    }

    /// exp(-2 pi i j k / length), not scaled; x is destroyed. Give and take imaginary parts first for the opposite sign.
    public func forward(_ x: UnsafeMutablePointer<DoubleLane>, to y: UnsafeMutablePointer<DoubleLane>) { plan.forward(x, to: y) }
}
