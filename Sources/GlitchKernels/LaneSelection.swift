import CLanes
import Numerics

/// Order statistics of sixteen lists at once.
public enum LaneSelection {
    /// The median of each lane of `values`, all of them non-negative; of an even number, the mean of the two in the middle. NaN counts as
    /// larger than everything.
    ///
    /// By bisection on the bits, which for non-negative numbers are in their order: no branch depends on a value.
    public static func median(_ values: UnsafePointer<Lane>, count: Int) -> Lane {
        guard count > 0 else { return Lane(repeating: .nan) }
        typealias Words = SIMD16<Int32>
        let words = UnsafeRawPointer(values).assumingMemoryBound(to: Words.self)
        let wanted = Words(repeating: Int32((count - 1) / 2 + 1))
        // The median is at most twice the mean of non-negative numbers.
        var total = Lane.zero
        for i in 0..<count { total += values[i] }
        let bound = LaneMath.minimum(total * Lane(repeating: 2.001 / Float(count)), Lane(repeating: .greatestFiniteMagnitude))
        var low = Words.zero
        var high = unsafeBitCast(bound, to: Words.self).replacing(with: Words(repeating: Int32.max - 1), where: total .!= total)
        for _ in 0..<31 {
            let middle = low &+ ((high &- low) &>> Words(repeating: 1))
            let notAbove = countNotAbove(words, count, middle)
            let enough = wanted .<= notAbove
            high = high.replacing(with: middle, where: enough)
            low = (middle &+ Words(repeating: 1)).replacing(with: low, where: enough)
            if low == high { break }
        }
        let lower = unsafeBitCast(high, to: Lane.self)
        if count % 2 == 1 { return lower }
        let notAbove = countNotAbove(words, count, high)
        var above = Lane(repeating: .infinity)
        for i in 0..<count {
            let value = values[i]
            above = LaneMath.minimum(above, value.replacing(with: Lane(repeating: .infinity), where: value .<= lower))
        }
        let upper = above.replacing(with: lower, where: notAbove .> wanted)
        return (lower + upper) * Lane(repeating: 0.5)
    }

    /// How many words of each lane are at most `limit`; all are non-negative.
    @inline(__always)
    private static func countNotAbove(_ words: UnsafePointer<SIMD16<Int32>>, _ count: Int, _ limit: SIMD16<Int32>) -> SIMD16<Int32> {
        let sign = SIMD16<Int32>(repeating: 31)
        var (even, odd) = (SIMD16<Int32>.zero, SIMD16<Int32>.zero)
        var i = 0
        // A difference of non-negative words does not overflow; its sign, spread over all bits, is -1.
        while i + 1 < count {
            even = even &+ ((limit &- words[i]) &>> sign)
            odd = odd &+ ((limit &- words[i + 1]) &>> sign)
            i += 2
        }
        if i < count { even = even &+ ((limit &- words[i]) &>> sign) }
        return SIMD16<Int32>(repeating: Int32(count)) &+ even &+ odd
    }
}

extension LaneSelection {
    /// Divides values by `divisor`, and gives the largest of those in `range` of each lane.
    public static func normalise(_ values: UnsafeMutablePointer<Lane>, count: Int, by divisor: Lane, largestIn range: Range<Int>) -> Lane {
        let factor = LaneMath.reciprocal(divisor)
        for i in 0..<count { values[i] *= factor }
        var largest = Lane.zero
        for i in range { largest = LaneMath.maximum(largest, values[i]) }
        return largest
    }

    /// The mean of each lane.
    public static func mean(_ values: UnsafePointer<Lane>, count: Int) -> Lane {
        var total = Lane.zero
        for i in 0..<count { total += values[i] }
        return total * Lane(repeating: 1 / Float(max(1, count)))
    }

    /// Appends 16 i + lane of every value in `range` above `threshold`, all values being non-negative.
    public static func appendLoud(_ values: UnsafePointer<Lane>, in range: Range<Int>, above threshold: Float, to list: inout [Int]) {
        let words = UnsafeRawPointer(values).assumingMemoryBound(to: SIMD16<Int32>.self)
        let limit = SIMD16<Int32>(repeating: Int32(bitPattern: threshold.bitPattern))
        for i in range {
            let loud = (limit &- words[i]) &>> SIMD16<Int32>(repeating: 31)
            if didymos_lane_or(loud) == 0 { continue }
            for lane in 0..<laneWidth where loud[lane] != 0 { list.append(laneWidth * i + lane) }
        }
    }
}
