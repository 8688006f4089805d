/// Gradients as integers: a power-of-two scale for each tensor, chosen so that the sum over a batch cannot overflow.
///
/// A shard's gradient g becomes the integer nearest to g * 2^e with |g| * 2^e <= 2^limitBits. Integers add
/// associatively, so their sum over shards is the same for every order of shards, ranks and reduction trees.
/// The exponent e leaves `headroomBits` above the largest magnitude of the step before.
package struct FixedPoint: Sendable {
    /// log2 of the largest integer that one shard may contribute.
    package let limitBits: Int32
    let headroomBits: Int32

    /// The exponent of a tensor whose gradient has never been seen nonzero.
    package static let unknown = Int32.max

    /// For sums of `terms` shards. 51 bits is what the rounding below can hold, 62 what a sum can.
    package init(terms: Int, headroomBits: Int) {
        let bitsOfTerms = Int32(Int.bitWidth - max(terms - 1, 0).leadingZeroBitCount)
        limitBits = min(51, 62 - bitsOfTerms)
        self.headroomBits = Int32(headroomBits)
    }

    /// The exponent for values up to a magnitude, given as the bits of a nonnegative Float; unchanged for zero.
    package func exponent(forMagnitude bits: UInt32, previous: Int32) -> Int32 {
        bits == 0 ? previous : limitBits - headroomBits - Self.binaryOrder(bits)
    }

    /// Whether values up to a magnitude do not fit the exponent.
    package func overflows(magnitude bits: UInt32, exponent: Int32) -> Bool {
        if bits == 0 { return false }
        return exponent == Self.unknown || Self.binaryOrder(bits) + exponent > limitBits
    }

    /// The factor 2^e; 0 for a tensor that is not known yet.
    package static func scale(_ exponent: Int32) -> Double {
        exponent == unknown ? 0 : Double(sign: .plus, exponent: Int(exponent), significand: 1)
    }

    /// Whether the largest magnitude seen, as bits, was not a finite number.
    package static func isNotFinite(_ bits: UInt32) -> Bool { bits >= Float.infinity.bitPattern }

    /// The smallest n with value < 2^n.
    private static func binaryOrder(_ bits: UInt32) -> Int32 { Int32(Float(bitPattern: bits).exponent) + 1 }

    // MARK: Kernels

    /// Adding 1.5 * 2^52 to a double below 2^51 leaves its nearest integer in the low bits (ties to even).
    private static let rounder = 0x1.8p52

    /// Rounds `count` values times `scale` to integers, stores or adds them, and returns the bits of the largest
    /// magnitude. Magnitudes are compared as integers: their order is the same, and NaN is the largest of all.
    package static func quantise(
        _ values: UnsafePointer<Float>, into sums: UnsafeMutablePointer<Int64>, count: Int, scale: Double, adding: Bool
    ) -> UInt32 {
        let rounderBits = Int64(bitPattern: rounder.bitPattern)
        var largest: UInt32 = 0
        if adding {
            for i in 0..<count {
                largest = max(largest, values[i].bitPattern & 0x7fff_ffff)
                let rounded = Double(values[i]) * scale + rounder
                sums[i] = sums[i] &+ (Int64(bitPattern: rounded.bitPattern) &- rounderBits)
            }
        } else {
            for i in 0..<count {
                largest = max(largest, values[i].bitPattern & 0x7fff_ffff)
                let rounded = Double(values[i]) * scale + rounder
                sums[i] = Int64(bitPattern: rounded.bitPattern) &- rounderBits
            }
        }
        return largest
    }

    /// Sums back to numbers: `sums * factor`, rounded once to double and once to Float.
    package static func restore(
        _ sums: UnsafePointer<Int64>, into values: UnsafeMutablePointer<Float>, count: Int, factor: Double
    ) {
        for i in 0..<count { values[i] = Float(Double(sums[i]) * factor) }
    }
}
