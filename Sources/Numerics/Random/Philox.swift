/// The Philox4x32-10 counter-based generator.
///
/// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11, section 3.3.
/// A block of four 32-bit words is a pure function of a 128-bit counter and a 64-bit key, so a random
/// number depends on what it is for, never on which rank asks or how many numbers were drawn before.
public enum Philox {
    /// Round constants of SC'11, table 2.
    @inlinable static var multiplier0: UInt32 { 0xD251_1F53 }
    @inlinable static var multiplier1: UInt32 { 0xCD9E_8D57 }
    @inlinable static var weyl0: UInt32 { 0x9E37_79B9 }
    @inlinable static var weyl1: UInt32 { 0xBB67_AE85 }

    /// The four output words for one counter and key. *Not collective.*
    @inlinable
    public static func block(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
        var c = counter
        var k0 = key[0]
        var k1 = key[1]
        for _ in 0..<10 {
            let p0 = UInt64(multiplier0) * UInt64(c[0])
            let p1 = UInt64(multiplier1) * UInt64(c[2])
            c = SIMD4(
                UInt32(truncatingIfNeeded: p1 >> 32) ^ c[1] ^ k0, UInt32(truncatingIfNeeded: p1),
                UInt32(truncatingIfNeeded: p0 >> 32) ^ c[3] ^ k1, UInt32(truncatingIfNeeded: p0))
            k0 = k0 &+ weyl0
            k1 = k1 &+ weyl1
        }
        return c
    }
}
