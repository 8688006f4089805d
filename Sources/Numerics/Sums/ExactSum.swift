/// A sum of doubles that does not depend on the order of its terms, nor on how ranks share them.
///
/// Every term is rounded once, to the nearest multiple of 2^-64 (ties to even), and summed as a 128-bit integer, so
/// |value - true sum| <= N 2^-65 + 1/2 ulp(value) for N terms. Terms reach to 2^63 in magnitude. A NaN, an infinity, a
/// larger term or a total beyond 2^63 is remembered, in any order of terms, and makes the sum invalid.
public struct ExactSum: Sendable, Equatable {
    /// The sum in units of 2^-64, modulo 2^128 ...
    @usableFromInline var units: Int128 = 0
    /// ... and how often it went round: zero exactly when the total is in range, whatever happened on the way.
    @usableFromInline var turns: Int64 = 0
    private(set) var notNumbers: Int64 = 0
    private(set) var tooLarge: Int64 = 0

    public init() {}

    /// Adds one term.
    @inlinable
    public mutating func add(_ x: Double) {
        guard x.magnitude < 1024 else { return addLarge(x) }
        // The coarse units of 2^-40 and the rest in units of 2^-64, as in `add(contentsOf:)`.
        let coarse = 0x1.8p12
        let fine = 0x1.8p-12
        let high = x + coarse
        let low = (x - (high - coarse)) + fine
        add(units: Int128(Int64(bitPattern: high.bitPattern) &- Int64(bitPattern: coarse.bitPattern)) << 24
            &+ Int128(Int64(bitPattern: low.bitPattern) &- Int64(bitPattern: fine.bitPattern)))
    }

    @usableFromInline
    mutating func addLarge(_ x: Double) {
        guard let term = Self.units(of: x) else {
            if x.isNaN { notNumbers += 1 } else { tooLarge += 1 }
            return
        }
        add(units: term)
    }

    /// Adds another sum: exactly what adding its terms would have given.
    public mutating func merge(_ other: ExactSum) {
        add(units: other.units)
        turns += other.turns
        notNumbers += other.notNumbers
        tooLarge += other.tooLarge
    }

    /// The sum rounded to the nearest double; NaN where it is not valid.
    public var value: Double { isValid ? Double(units) * 0x1p-64 : .nan }

    /// False after a NaN, an infinite or too large term, or a total beyond 2^63 in magnitude.
    public var isValid: Bool { turns == 0 && notNumbers == 0 && tooLarge == 0 }

    @inlinable
    mutating func add(units term: Int128) {
        let (sum, overflow) = units.addingReportingOverflow(term)
        units = sum
        if overflow { turns += term < 0 ? -1 : 1 }
    }

    /// x in units of 2^-64 to the nearest, ties to even; nil for NaN and for |x| >= 2^63.
    static func units(of x: Double) -> Int128? {
        guard x.magnitude < 0x1p63 else { return nil }
        let bits = x.magnitude.bitPattern
        let exponent = max(Int(bits >> 52), 1)
        let significand = bits >> 52 == 0 ? bits : bits & (1 << 52 - 1) | 1 << 52
        // x = significand 2^(exponent - 1075).
        let shift = exponent - 1075 + 64
        let magnitude: Int128
        if shift >= 0 {
            magnitude = Int128(significand) << Int128(shift)
        } else if shift > -54 {
            let right = UInt64(-shift)
            let whole = significand >> right
            let rest = significand & (1 << right - 1)
            let half: UInt64 = 1 << (right - 1)
            magnitude = Int128(rest > half || (rest == half && whole & 1 == 1) ? whole + 1 : whole)
        } else {
            magnitude = 0
        }
        return x < 0 ? -magnitude : magnitude
    }
}

// MARK: - Across ranks

extension ExactSum {
    /// Eight integers that may be added elementwise over as many as 2^31 ranks and given to `init(limbs:)`:
    /// four 32-bit limbs of the units from the lowest (the last one signed), turns, NaNs, too large terms, 0.
    public var limbs: SIMD8<Int64> {
        let mask: Int128 = 0xFFFF_FFFF
        return SIMD8(
            Int64(units & mask), Int64((units >> 32) & mask), Int64((units >> 64) & mask), Int64(units >> 96),
            turns, notNumbers, tooLarge, 0)
    }

    /// The total of the sums whose limbs were added.
    public init(limbs: SIMD8<Int64>) {
        var carry: Int64 = 0
        var low: Int128 = 0
        for i in 0..<3 {
            let limb = limbs[i] + carry
            low |= Int128(limb & 0xFFFF_FFFF) << Int128(32 * i)
            carry = limb >> 32
        }
        let top = limbs[3] + carry
        let kept = Int64(Int32(truncatingIfNeeded: top))
        units = low | Int128(kept) << 96
        turns = limbs[4] + (top - kept) >> 32
        notNumbers = limbs[5]
        tooLarge = limbs[6]
    }
}
