import Numerics

/// Robust statistics of the channels of a frame, sixteen numbers at a time.
public enum FrameStatisticsKernel {
    /// Samples that are sorted together: eight lanes, each of the sixteen columns for itself.
    public static let group = 128
    /// Mean distance of the sixth from the third of eight standard normal numbers.
    static let spread: Float = 0.945_65

    /// Exchanges two lanes where the first is larger.
    @inline(__always)
    private static func order(_ a: inout Lane, _ b: inout Lane) {
        let low = LaneMath.minimum(a, b)
        b = LaneMath.maximum(a, b)
        a = low
    }

    /// Eight lanes in ascending order, column by column: the network of 19 comparators.
    @inline(__always)
    static func sort(
        _ a: inout Lane, _ b: inout Lane, _ c: inout Lane, _ d: inout Lane, _ e: inout Lane, _ f: inout Lane, _ g: inout Lane, _ h: inout Lane
    ) {
        order(&a, &c)
        order(&b, &d)
        order(&e, &g)
        order(&f, &h)
        order(&a, &e)
        order(&b, &f)
        order(&c, &g)
        order(&d, &h)
        order(&a, &b)
        order(&c, &d)
        order(&e, &f)
        order(&g, &h)
        order(&c, &e)
        order(&d, &f)
        order(&b, &e)
        order(&d, &g)
        order(&b, &c)
        order(&d, &e)
        order(&f, &g)
    }

    /// Location and scale of one channel: mean over columns of eight of their median and of the distance between their third and sixth, in
    /// standard deviations of a normal channel. A quarter of a column may be anything. (As Rousseeuw & Bassett 1990, the remedian, with a mean
    /// as last step.)
    /// - Parameter count: a multiple of `group`.
    public static func robust(_ x: UnsafePointer<Float>, count: Int) -> (location: Float, scale: Float) {
        let raw = UnsafeRawPointer(x)
        var middle = Lane(repeating: 0)
        var width = Lane(repeating: 0)
        let groups = count / group
        // A column's eight numbers lie an eighth of the channel apart, so that a burst is in few of them.
        let apart = 64 &* groups
        var byte = 0
        for _ in 0..<groups {
            var a = raw.loadUnaligned(fromByteOffset: byte, as: Lane.self)
            var b = raw.loadUnaligned(fromByteOffset: byte &+ apart, as: Lane.self)
            var c = raw.loadUnaligned(fromByteOffset: byte &+ 2 &* apart, as: Lane.self)
            var d = raw.loadUnaligned(fromByteOffset: byte &+ 3 &* apart, as: Lane.self)
            var e = raw.loadUnaligned(fromByteOffset: byte &+ 4 &* apart, as: Lane.self)
            var f = raw.loadUnaligned(fromByteOffset: byte &+ 5 &* apart, as: Lane.self)
            var g = raw.loadUnaligned(fromByteOffset: byte &+ 6 &* apart, as: Lane.self)
            var h = raw.loadUnaligned(fromByteOffset: byte &+ 7 &* apart, as: Lane.self)
            sort(&a, &b, &c, &d, &e, &f, &g, &h)
            middle += d + e
            width += f - c
            byte &+= 64
        }
        let columns = Float(laneWidth &* groups)
        return (middle.sum() / (2 * columns), width.sum() / (columns * spread))
    }

    /// The same, plainly: the reference.
    public static func referenceRobust(_ x: UnsafePointer<Float>, count: Int) -> (location: Float, scale: Float) {
        var (middle, width) = (0.0, 0.0)
        for g in 0..<count / group {
            for l in 0..<laneWidth {
                let column = (0..<8).map { Double(x[($0 * (count / group) + g) * laneWidth + l]) }.sorted()
                middle += column[3] + column[4]
                width += column[5] - column[2]
            }
        }
        let columns = Double(count / 8)
        return (Float(middle / (2 * columns)), Float(width / (columns * Double(spread))))
    }

    /// The median of the neighbours 2, 4, 6 and 8 places away on both sides, the mean of the middle two, for each of `count` numbers (a multiple of
    /// 16) that start at `x`; eight numbers before and after them are read.
    public static func localMedian(_ x: UnsafePointer<Float>, count: Int, into out: UnsafeMutablePointer<Float>) {
        let raw = UnsafeRawPointer(x)
        let target = UnsafeMutableRawPointer(out)
        var byte = 0
        for _ in 0..<count / laneWidth {
            var a = raw.loadUnaligned(fromByteOffset: byte &- 32, as: Lane.self)
            var b = raw.loadUnaligned(fromByteOffset: byte &- 24, as: Lane.self)
            var c = raw.loadUnaligned(fromByteOffset: byte &- 16, as: Lane.self)
            var d = raw.loadUnaligned(fromByteOffset: byte &- 8, as: Lane.self)
            var e = raw.loadUnaligned(fromByteOffset: byte &+ 8, as: Lane.self)
            var f = raw.loadUnaligned(fromByteOffset: byte &+ 16, as: Lane.self)
            var g = raw.loadUnaligned(fromByteOffset: byte &+ 24, as: Lane.self)
            var h = raw.loadUnaligned(fromByteOffset: byte &+ 32, as: Lane.self)
            sort(&a, &b, &c, &d, &e, &f, &g, &h)
            target.storeBytes(of: (d + e) * Lane(repeating: 0.5), toByteOffset: byte, as: Lane.self)
            byte &+= 64
        }
    }

    /// The same, plainly: the reference.
    public static func referenceLocalMedian(_ x: UnsafePointer<Float>, count: Int, into out: UnsafeMutablePointer<Float>) {
        for i in 0..<count {
            let sorted = [-8, -6, -4, -2, 2, 4, 6, 8].map { x[i + $0] }.sorted()
            out[i] = (sorted[3] + sorted[4]) / 2
        }
    }

    /// Sums over a normalised channel.
    public struct Moments {
        public var first: Float = 0
        public var second: Float = 0
        /// Sum of products of neighbours.
        public var lagged: Float = 0

        public init() {}
    }

    /// z = (x - location) gain, set to the nearest of -limit and limit beyond them; added to `series`, its squares to `squares`.
    /// - Parameters:
    ///   - count: a multiple of 16.
    ///   - z: room for `count` numbers and one after them, which is read.
    public static func normalise(
        _ x: UnsafePointer<Float>, count: Int, location: Float, gain: Float, limit: Float, into z: UnsafeMutablePointer<Float>,
        series: UnsafeMutablePointer<Float>, squares: UnsafeMutablePointer<Float>
    ) -> Moments {
        let raw = UnsafeRawPointer(x)
        let out = UnsafeMutableRawPointer(z)
        let (sums, powers) = (UnsafeMutableRawPointer(series), UnsafeMutableRawPointer(squares))
        let (middle, factor) = (Lane(repeating: location), Lane(repeating: gain))
        var (first, second, lagged) = (Lane(repeating: 0), Lane(repeating: 0), Lane(repeating: 0))
        var byte = 0
        for _ in 0..<count / laneWidth {
            let value = LaneMath.clamp((raw.loadUnaligned(fromByteOffset: byte, as: Lane.self) - middle) * factor, -limit, limit)
            out.storeBytes(of: value, toByteOffset: byte, as: Lane.self)
            let square = value * value
            first += value
            second += square
            sums.storeBytes(of: sums.loadUnaligned(fromByteOffset: byte, as: Lane.self) + value, toByteOffset: byte, as: Lane.self)
            powers.storeBytes(of: powers.loadUnaligned(fromByteOffset: byte, as: Lane.self) + square, toByteOffset: byte, as: Lane.self)
            byte &+= 64
        }
        byte = 0
        for _ in 0..<count / laneWidth {
            let here = out.loadUnaligned(fromByteOffset: byte, as: Lane.self)
            lagged += here * out.loadUnaligned(fromByteOffset: byte &+ 4, as: Lane.self)
            byte &+= 64
        }
        var moments = Moments()
        moments.first = first.sum()
        moments.second = second.sum()
        moments.lagged = lagged.sum() - z[count &- 1] * z[count]
        return moments
    }

    /// Sums over those numbers of a normalised channel whose mask is 1, not 0; a product counts where both are.
    /// - Parameter count: a multiple of 16; one number behind `z` and `mask` is read.
    public static func maskedMoments(_ z: UnsafePointer<Float>, mask: UnsafePointer<Float>, count: Int) -> Moments {
        let (raw, open) = (UnsafeRawPointer(z), UnsafeRawPointer(mask))
        var (first, second, lagged) = (Lane(repeating: 0), Lane(repeating: 0), Lane(repeating: 0))
        var byte = 0
        for _ in 0..<count / laneWidth {
            let value = raw.loadUnaligned(fromByteOffset: byte, as: Lane.self) * open.loadUnaligned(fromByteOffset: byte, as: Lane.self)
            let next = raw.loadUnaligned(fromByteOffset: byte &+ 4, as: Lane.self) * open.loadUnaligned(fromByteOffset: byte &+ 4, as: Lane.self)
            first += value
            second += value * value
            lagged += value * next
            byte &+= 64
        }
        var moments = Moments()
        moments.first = first.sum()
        moments.second = second.sum()
        moments.lagged = lagged.sum() - z[count &- 1] * mask[count &- 1] * z[count] * mask[count]
        return moments
    }

    /// The same, plainly: the reference.
    public static func referenceMaskedMoments(_ z: UnsafePointer<Float>, mask: UnsafePointer<Float>, count: Int) -> Moments {
        var moments = Moments()
        for t in 0..<count where mask[t] != 0 {
            moments.first += z[t]
            moments.second += z[t] * z[t]
            if t + 1 < count, mask[t + 1] != 0 { moments.lagged += z[t] * z[t + 1] }
        }
        return moments
    }

    /// z ← (z - location) gain, added to `sums`; `count` a multiple of 16.
    public static func rescale(_ z: UnsafeMutablePointer<Float>, count: Int, location: Float, gain: Float, adding sums: UnsafeMutablePointer<Float>) {
        let (raw, total) = (UnsafeMutableRawPointer(z), UnsafeMutableRawPointer(sums))
        let (middle, factor) = (Lane(repeating: location), Lane(repeating: gain))
        var byte = 0
        for _ in 0..<count / laneWidth {
            let value = (raw.loadUnaligned(fromByteOffset: byte, as: Lane.self) - middle) * factor
            raw.storeBytes(of: value, toByteOffset: byte, as: Lane.self)
            total.storeBytes(of: total.loadUnaligned(fromByteOffset: byte, as: Lane.self) + value, toByteOffset: byte, as: Lane.self)
            byte &+= 64
        }
    }

    /// x ← x - y, `count` a multiple of 16.
    public static func subtract(_ y: UnsafePointer<Float>, from x: UnsafeMutablePointer<Float>, count: Int) {
        let (raw, out) = (UnsafeRawPointer(y), UnsafeMutableRawPointer(x))
        var byte = 0
        for _ in 0..<count / laneWidth {
            let difference = out.loadUnaligned(fromByteOffset: byte, as: Lane.self) - raw.loadUnaligned(fromByteOffset: byte, as: Lane.self)
            out.storeBytes(of: difference, toByteOffset: byte, as: Lane.self)
            byte &+= 64
        }
    }

    /// Sums of `rows` neighbouring rows and `columns` neighbouring numbers of them: one row of `count / columns` sums.
    /// - Parameter scratch: room for `count` numbers.
    public static func fold(
        _ x: UnsafePointer<Float>, stride: Int, rows: Int, count: Int, columns: Int, scratch: UnsafeMutablePointer<Float>,
        into out: UnsafeMutablePointer<Float>
    ) {
        for t in 0..<count { scratch[t] = x[t] }
        var r = 1
        while r < rows {
            let row = x + r &* stride
            for t in 0..<count { scratch[t] += row[t] }
            r &+= 1
        }
        for b in 0..<count / columns {
            var sum: Float = 0
            for t in 0..<columns { sum += scratch[b &* columns &+ t] }
            out[b] = sum
        }
    }
}
