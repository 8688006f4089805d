/// A sum that does not depend on the order or grouping of its terms: 128-bit fixed point with resolution 2⁻⁶⁴.
///
/// Each term is rounded once to a multiple of 2⁻⁶⁴ (exactly, when |x| >= 2⁻¹² or so); integer addition is associative, so any
/// number of ranks and any reduction tree give the same bits. Terms and sums must stay below 2⁶² in magnitude; a term that
/// does not, or is not finite, marks the sum invalid for good, and `value` is then NaN.
public struct ExactSum: Equatable, Sendable {
    @usableFromInline var total: Int128 = 0
    @usableFromInline var invalidTerms: Int64 = 0

    @inlinable
    public init() {}

    /// Adds a term. *Not collective.*
    @inlinable
    public mutating func add(_ x: Double) {
        guard x.magnitude < 0x1p62 else {
            invalidTerms &+= 1
            return
        }
        total &+= Self.fixed(x)
    }

    /// Adds another sum. *Not collective.*
    @inlinable
    public mutating func merge(_ other: ExactSum) {
        total &+= other.total
        invalidTerms &+= other.invalidTerms
    }

    /// `x` · 2⁶⁴ to the nearest integer, ties to even.
    @inlinable
    static func fixed(_ x: Double) -> Int128 {
        let whole = x.rounded(.towardZero)
        let fraction = (x - whole) * 0x1p64
        // The fraction may need all of an unsigned 64-bit integer.
        return Int128(Int64(whole)) << 64 + Int128(fraction.rounded(.toNearestOrEven))
    }

    /// True while every term was finite and below 2⁶² and so is the sum.
    public var isValid: Bool { invalidTerms == 0 && total.magnitude < UInt128(1) << 126 }

    /// The sum, rounded to double precision; NaN when invalid.
    public var value: Double {
        guard isValid else { return .nan }
        return Double(total) * 0x1p-64
    }

    /// The sum as limbs of 32 bits in 64-bit integers (and the count of invalid terms): an integer sum of these over up to 2³¹ ranks,
    /// whatever its order, is the limbs of the total.
    public var limbs: SIMD8<Int64> {
        let bits = UInt128(bitPattern: total)
        var limbs = SIMD8<Int64>.zero
        for i in 0..<3 { limbs[i] = Int64(truncatingIfNeeded: bits >> (32 * UInt128(i))) & 0xFFFF_FFFF }
        limbs[3] = Int64(truncatingIfNeeded: total >> 96)
        limbs[4] = invalidTerms
        return limbs
    }

    /// The sum that summed limbs stand for.
    public init(limbs: SIMD8<Int64>) {
        for i in 0..<4 { total &+= Int128(limbs[i]) << Int128(32 * i) }
        invalidTerms = limbs[4]
    }
}

extension ExactSum {
    /// Resolution of `add(rounded:)`: 2⁻⁴⁰.
    public static let coarseResolution = 0x1p-40

    /// Adds `count` terms, each rounded to a multiple of 2⁻⁴⁰ (an error of at most 2⁻⁴¹ ≈ 4.5e-13 a term).
    ///
    /// The rounding is a term's own, so sums over any partition of the terms merge to the same bits. Terms below 2¹⁰ in magnitude
    /// go through a vector path; others take a slower one with the same rounding. *Not collective.*
    @inlinable
    public mutating func add(rounded terms: UnsafePointer<Double>, count: Int) {
        typealias Block = SIMD8<Double>
        let shift = Block(repeating: 0x1.8p12)  // 1.5 · 2⁵² · 2⁻⁴⁰
        let raw = UnsafeRawPointer(terms)
        var position = 0
        while position + 8 <= count {
            // At most 2¹⁰ blocks of terms below 2⁵⁰ units: no 64-bit overflow.
            let end = min(position + 8192, count & ~7)
            var sum = SIMD8<Int64>.zero
            var large = Block.zero
            let start = position
            while position < end {
                let x = raw.loadUnaligned(fromByteOffset: position * 8, as: Block.self)
                large = pointwiseMax(large, unsafeBitCast(unsafeBitCast(x, to: SIMD8<UInt64>.self) & 0x7FFF_FFFF_FFFF_FFFF, to: Block.self))
                large.replace(with: .infinity, where: x .!= x)
                sum = sum &+ (unsafeBitCast(x + shift, to: SIMD8<Int64>.self) &- unsafeBitCast(shift, to: SIMD8<Int64>.self))
                position += 8
            }
            if large.max() < 0x1p10 {
                total &+= Int128(sum.wrappedSum()) << 24
            } else {
                for i in start..<end { addRounded(terms[i]) }
            }
        }
        while position < count {
            addRounded(terms[position])
            position += 1
        }
    }

    /// Adds one term rounded to a multiple of 2⁻⁴⁰, ties to even.
    @inlinable
    public mutating func addRounded(_ x: Double) {
        guard x.magnitude < 0x1p62 else {
            invalidTerms &+= 1
            return
        }
        let whole = x.rounded(.towardZero)
        let fraction = ((x - whole) * 0x1p40).rounded(.toNearestOrEven)
        total &+= Int128(Int64(whole)) << 64 + Int128(Int64(fraction)) << 24
    }
}
