import Numerics

/// Matched filters of 1, 2, 4, … samples over a series: the best of them at each time.
public enum BoxcarKernel {
    /// From sums over `width` samples that begin at each time to sums over twice as many, and where `sum * weight` exceeds the best so
    /// far, the new best and its filter. The series needs `width` numbers after `count` rounded up to a lane.
    public static func widen(
        _ series: UnsafeMutablePointer<Float>, width: Int, weight: Float, filter: Int32, best: UnsafeMutablePointer<Float>,
        filters: UnsafeMutablePointer<Int32>, count: Int
    ) {
        let weights = Lane(repeating: weight)
        let index = SIMD16<Int32>(repeating: filter)
        let from = UnsafeMutableRawPointer(series)
        let to = UnsafeMutableRawPointer(best)
        let which = UnsafeMutableRawPointer(filters)
        var byte = 0
        for _ in 0..<(count &+ laneWidth &- 1) / laneWidth {
            // Forwards, in place: what lies ahead still has the old width.
            let sum = from.loadUnaligned(fromByteOffset: byte, as: Lane.self) + from.loadUnaligned(fromByteOffset: byte &+ 4 &* width, as: Lane.self)
            from.storeBytes(of: sum, toByteOffset: byte, as: Lane.self)
            let value = sum * weights
            let old = to.loadUnaligned(fromByteOffset: byte, as: Lane.self)
            let isBetter = value .> old
            to.storeBytes(of: old.replacing(with: value, where: isBetter), toByteOffset: byte, as: Lane.self)
            let oldIndex = which.loadUnaligned(fromByteOffset: byte, as: SIMD16<Int32>.self)
            which.storeBytes(of: oldIndex.replacing(with: index, where: isBetter), toByteOffset: byte, as: SIMD16<Int32>.self)
            byte &+= 64
        }
    }

    /// From sums over `width` samples that begin at each time to sums over twice as many; where these, or the filter of steps 1, 2, 1 of `width` samples each, exceed the
    /// best so far in units of their noise, the new best. Steps are nearer to a bell than a boxcar, and half as wide again as the boxcar of the same pass. The series needs
    /// `2 * width` numbers after `count` rounded up to a lane, of which the last `width` are 0 as behind the end of a trial.
    public static func widenWithSteps(_ series: UnsafeMutablePointer<Float>, width: Int, best: UnsafeMutablePointer<Float>, count: Int) {
        let flat = Lane(repeating: 1 / Float(2 &* width).squareRoot())
        let stepped = Lane(repeating: 1 / Float(6 &* width).squareRoot())
        let from = UnsafeMutableRawPointer(series)
        let to = UnsafeMutableRawPointer(best)
        var byte = 0
        for _ in 0..<(count &+ laneWidth &- 1) / laneWidth {
            // Forwards, in place: what lies ahead still has the old width.
            let middle = from.loadUnaligned(fromByteOffset: byte &+ 4 &* width, as: Lane.self)
            let sum = from.loadUnaligned(fromByteOffset: byte, as: Lane.self) + middle
            let next = middle + from.loadUnaligned(fromByteOffset: byte &+ 8 &* width, as: Lane.self)
            from.storeBytes(of: sum, toByteOffset: byte, as: Lane.self)
            let old = to.loadUnaligned(fromByteOffset: byte, as: Lane.self)
            to.storeBytes(of: LaneMath.maximum(LaneMath.maximum(old, sum * flat), (sum + next) * stepped), toByteOffset: byte, as: Lane.self)
            byte &+= 64
        }
    }

    /// Steps 1, 2, 1 at one time, plainly: the reference.
    public static func referenceSteps(_ series: UnsafePointer<Float>, at t: Int, width: Int) -> Float {
        let half = width / 2
        var sum = 0.0
        for k in 0..<3 * half { sum += Double(series[t + k]) * (k / half == 1 ? 2 : 1) }
        return Float(sum / Double(3 * width).squareRoot())
    }

    /// The best filter of `log2` widths 0...`filters` at one time, plainly: the reference.
    public static func referenceBest(_ series: UnsafePointer<Float>, at t: Int, filters: Int) -> (value: Float, filter: Int32) {
        var best = (value: series[t], filter: Int32(0))
        for filter in 1..<filters + 1 {
            let width = 1 << filter
            var sum = 0.0
            for k in 0..<width { sum += Double(series[t + k]) }
            let value = Float(sum / Double(width).squareRoot())
            if value > best.value { best = (value, Int32(filter)) }
        }
        return best
    }
}
