extension Philox {
    public typealias Words = SIMD16<UInt32>

    /// Sixteen blocks at once: word i of lane l is `block(counter: (c0[l], c1[l], c2[l], c3[l]), key:)[i]`. *Not collective.*
    @inlinable @inline(__always)
    public static func blocks(
        _ c0: Words, _ c1: Words, _ c2: Words, _ c3: Words, key: SIMD2<UInt32>
    ) -> (Words, Words, Words, Words) {
        var (c0, c1, c2, c3) = (c0, c1, c2, c3)
        var k0 = key[0]
        var k1 = key[1]
        for _ in 0..<10 {
            let (high0, low0) = products(c0, multiplier0)
            let (high1, low1) = products(c2, multiplier1)
            c0 = high1 ^ c1 ^ Words(repeating: k0)
            c1 = low1
            c2 = high0 ^ c3 ^ Words(repeating: k1)
            c3 = low0
            k0 = k0 &+ weyl0
            k1 = k1 &+ weyl1
        }
        return (c0, c1, c2, c3)
    }

    /// High and low words of x times m. The even and the odd words are multiplied apart, because vector units
    /// multiply 32 bits by 32 bits into 64 bits on every second word only.
    @inlinable @inline(__always)
    static func products(_ x: Words, _ m: UInt32) -> (high: Words, low: Words) {
        let pairs = unsafeBitCast(x, to: SIMD8<UInt64>.self)
        let factor = SIMD8<UInt64>(repeating: UInt64(m))
        let lowHalf = SIMD8<UInt64>(repeating: 0xFFFF_FFFF)
        let shift = SIMD8<UInt64>(repeating: 32)
        let even = (pairs & lowHalf) &* factor
        let odd = (pairs &>> shift) &* factor
        let high = (even &>> shift) | (odd & ~lowHalf)
        let low = (even & lowHalf) | (odd &<< shift)
        return (unsafeBitCast(high, to: Words.self), unsafeBitCast(low, to: Words.self))
    }
}
