import Numerics

/// Moments of channels, and the turn from `[time][channel]` to `[channel][time]`.
public enum ChannelKernel {
    /// Sums over one channel of x, x², x³, x⁴ and x_t x_{t+1}, each of x less `shift`.
    public struct Sums {
        public var first = 0.0
        public var second = 0.0
        public var third = 0.0
        public var fourth = 0.0
        public var lagged = 0.0
    }

    /// Transposes `times` rows of `channels` numbers into columns of length `stride`, from column position `start` on.
    public static func transpose(
        _ rows: UnsafePointer<Float>, times: Int, channels: Int, into columns: UnsafeMutablePointer<Float>, stride: Int, start: Int
    ) {
        // Tiles that stay in the first cache, so that neither side strides through memory alone.
        let tile = 32
        var t0 = 0
        while t0 < times {
            let t1 = min(times, t0 &+ tile)
            var c0 = 0
            while c0 < channels {
                let c1 = min(channels, c0 &+ tile)
                var c = c0
                while c < c1 {
                    let column = columns + (c &* stride &+ start)
                    var t = t0
                    while t < t1 {
                        column[t] = rows[t &* channels &+ c]
                        t &+= 1
                    }
                    c &+= 1
                }
                c0 = c1
            }
            t0 = t1
        }
    }

    public static func sums(_ x: UnsafePointer<Float>, count: Int, shift: Float) -> Sums {
        let raw = UnsafeRawPointer(x)
        let shifts = DoubleLane(repeating: Double(shift))
        var first = DoubleLane(repeating: 0)
        var (second, third, fourth, lagged) = (first, first, first, first)
        let whole = max(0, count &- 1) / laneWidth
        for block in 0..<whole {
            let here = DoubleLane(raw.loadUnaligned(fromByteOffset: block &* 64, as: Lane.self)) - shifts
            let next = DoubleLane(raw.loadUnaligned(fromByteOffset: block &* 64 &+ 4, as: Lane.self)) - shifts
            let square = here * here
            first += here
            second += square
            third += square * here
            fourth += square * square
            lagged += here * next
        }
        var sums = Sums(first: first.sum(), second: second.sum(), third: third.sum(), fourth: fourth.sum(), lagged: lagged.sum())
        for t in whole * laneWidth..<max(count, whole * laneWidth) { add(x, t, count, Double(shift), &sums) }
        return sums
    }

    public static func referenceSums(_ x: UnsafePointer<Float>, count: Int, shift: Float) -> Sums {
        var sums = Sums()
        for t in 0..<count { add(x, t, count, Double(shift), &sums) }
        return sums
    }

    @inline(__always)
    private static func add(_ x: UnsafePointer<Float>, _ t: Int, _ count: Int, _ shift: Double, _ sums: inout Sums) {
        let here = Double(x[t]) - shift
        sums.first += here
        sums.second += here * here
        sums.third += here * here * here
        sums.fourth += here * here * here * here
        if t + 1 < count { sums.lagged += here * (Double(x[t + 1]) - shift) }
    }

    /// x ← (x - mean) * gain.
    public static func normalise(_ x: UnsafeMutablePointer<Float>, count: Int, mean: Float, gain: Float) {
        for t in 0..<count { x[t] = (x[t] - mean) * gain }
    }
}
