/// The SHA-256 digest (FIPS 180-4), for names and integrity, not for secrets.
public struct SHA256 {
    private var state: [UInt32] = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]
    private var block: [UInt8] = []
    private var length: UInt64 = 0

    public init() { block.reserveCapacity(64) }

    /// The digest of `bytes` as 64 hexadecimal digits.
    public static func hexadecimal(of bytes: some Sequence<UInt8>) -> String {
        var hash = SHA256()
        hash.update(bytes)
        return hash.finalize().map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    /// The digest of numbers' bits, the lowest byte of each first: a name for weights.
    public static func hexadecimal(of numbers: [Float]) -> String {
        hexadecimal(of: numbers.lazy.flatMap { number in (0..<4).lazy.map { UInt8(truncatingIfNeeded: number.bitPattern >> (8 * UInt32($0))) } })
    }

    /// The digest of numbers' bits, the lowest byte of each first.
    public static func hexadecimal(of numbers: [Double]) -> String {
        hexadecimal(of: numbers.lazy.flatMap { number in (0..<8).lazy.map { UInt8(truncatingIfNeeded: number.bitPattern >> (8 * UInt64($0))) } })
    }

    public mutating func update(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            block.append(byte)
            length &+= 1
            if block.count == 64 { compress() }
        }
    }

    /// The 32 bytes of the digest of everything given so far.
    public mutating func finalize() -> [UInt8] {
        let bits = length &* 8
        update(CollectionOfOne(0x80))
        while block.count != 56 { update(CollectionOfOne(0)) }
        update((0..<8).map { UInt8(truncatingIfNeeded: bits >> (56 - 8 * UInt64($0))) })
        return state.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * UInt32($0))) } }
    }

    private mutating func compress() {
        func rotate(_ x: UInt32, _ n: UInt32) -> UInt32 { x >> n | x << (32 - n) }
        var schedule = [UInt32](repeating: 0, count: 64)
        for t in 0..<16 {
            schedule[t] = (0..<4).reduce(0) { $0 << 8 | UInt32(block[4 * t + $1]) }
        }
        for t in 16..<64 {
            let a = schedule[t - 15]
            let b = schedule[t - 2]
            schedule[t] =
                schedule[t - 16] &+ (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3)
                &+ schedule[t - 7] &+ (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10)
        }
        var v = state
        for t in 0..<64 {
            let e = v[4]
            let a = v[0]
            let choice = (e & v[5]) ^ (~e & v[6])
            let majority = (a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2])
            let first = v[7] &+ (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) &+ choice &+ Self.constants[t] &+ schedule[t]
            let second = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) &+ majority
            v = [first &+ second, a, v[1], v[2], v[3] &+ first, e, v[5], v[6]]
        }
        for i in 0..<8 { state[i] &+= v[i] }
        block.removeAll(keepingCapacity: true)
    }

    /// First 32 bits of the fractional parts of the cube roots of the first 64 primes.
    private static let constants: [UInt32] = [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ]
}
