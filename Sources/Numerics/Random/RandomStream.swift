/// What a random number is for: a part of its counter, so that two uses never share a number.
public struct RandomPurpose: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let test = RandomPurpose(rawValue: 0)
    public static let bootstrap = RandomPurpose(rawValue: 1)
    public static let permutation = RandomPurpose(rawValue: 2)
    public static let initialization = RandomPurpose(rawValue: 3)
    public static let prior = RandomPurpose(rawValue: 4)
    public static let proposal = RandomPurpose(rawValue: 5)
    public static let dropout = RandomPurpose(rawValue: 6)
    public static let momentum = RandomPurpose(rawValue: 16)
    public static let metropolis = RandomPurpose(rawValue: 17)
    public static let startingField = RandomPurpose(rawValue: 18)
    public static let cluster = RandomPurpose(rawValue: 19)
}

/// Random numbers as a pure function of (seed, purpose, epoch, index, draw): nothing has state, nothing depends on ranks.
///
/// The Philox key is the seed; the counter holds the low 32 bits of the index, the high 16 bits of index with the high 16 of the epoch,
/// the low 32 bits of the epoch, and the draw with the purpose in its upper byte. Limits: index < 2⁴⁸, epoch < 2⁴⁸,
/// draw < 2²⁴, purpose < 2⁸.
public struct RandomStream: Sendable {
    public let seed: UInt64
    public let purpose: RandomPurpose

    public init(seed: UInt64, purpose: RandomPurpose) {
        self.seed = seed
        self.purpose = purpose
    }

    @usableFromInline
    var key: SIMD2<UInt32> { SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)) }

    @inlinable
    func counter(_ epoch: UInt64, _ index: UInt64, _ block: UInt32) -> SIMD4<UInt32> {
        let high = UInt32(truncatingIfNeeded: index >> 32) & 0xFFFF | UInt32(truncatingIfNeeded: epoch >> 32) << 16
        return SIMD4(
            UInt32(truncatingIfNeeded: index), high, UInt32(truncatingIfNeeded: epoch),
            block & 0x00FF_FFFF | purpose.rawValue << 24)
    }

    /// Four independent words. *Not collective.*
    @inlinable
    public func words(epoch: UInt64, index: UInt64, draw: UInt32) -> SIMD4<UInt32> {
        Philox.block(counter: counter(epoch, index, draw), key: key)
    }

    /// A uniform number in (0, 1) with 52 random bits.
    @inlinable
    public func uniform(epoch: UInt64, index: UInt64, draw: UInt32) -> Double {
        let w = words(epoch: epoch, index: index, draw: draw)
        return Self.unit(UInt64(w[1]) << 32 | UInt64(w[0]))
    }

    /// The middle of the 2⁻⁵²-wide interval that holds `bits` · 2⁻⁶⁴: never 0, never 1.
    @inlinable
    static func unit(_ bits: UInt64) -> Double { (Double(bits >> 12) + 0.5) * 0x1p-52 }

    /// A standard normal number: draws 2k and 2k+1 are the pair of one Box-Muller transform.
    @inlinable
    public func normal(epoch: UInt64, index: UInt64, draw: UInt32) -> Double {
        let w = words(epoch: epoch, index: index, draw: draw >> 1)
        let u = DoubleLane(repeating: Self.unit(UInt64(w[1]) << 32 | UInt64(w[0])))
        let v = DoubleLane(repeating: Self.unit(UInt64(w[3]) << 32 | UInt64(w[2])))
        let pair = Self.boxMuller(u, v)
        return draw & 1 == 0 ? pair.0[0] : pair.1[0]
    }

    /// Box and Muller, Ann. Math. Stat. 29 (1958) 610.
    @inlinable @inline(__always)
    static func boxMuller(_ u: DoubleLane, _ v: DoubleLane) -> (DoubleLane, DoubleLane) {
        let radius = (-2 * LaneMath.log(u)).squareRoot()
        let angle = LaneMath.sincosOfTurns(v)
        return (radius * angle.cos, radius * angle.sin)
    }

    /// An integer in 0..<n, uniform to 2⁻⁶⁴ n.
    @inlinable
    public func integer(below n: UInt64, epoch: UInt64, index: UInt64, draw: UInt32) -> UInt64 {
        let w = words(epoch: epoch, index: index, draw: draw)
        return (UInt64(w[1]) << 32 | UInt64(w[0])).multipliedFullWidth(by: n).high
    }
}
