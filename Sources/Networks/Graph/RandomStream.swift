import Glibc
import Numerics

/// Numbers that are a function of seed, purpose, epoch, index and draw.
struct RandomStream {
    let seed: UInt64
    let purpose: RandomPurpose

    func words(epoch: UInt64, index: UInt64, draw: UInt32) -> SIMD4<UInt32> {
        let key = seed ^ (UInt64(purpose.rawValue) &* 0x9E37_79B9_7F4A_7C15)
        return Philox.block(
            counter: SIMD4(UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32), draw, UInt32(truncatingIfNeeded: epoch)),
            key: SIMD2(UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32)))
    }

    func uniform(epoch: UInt64, index: UInt64, draw: UInt32) -> Double {
        let w = words(epoch: epoch, index: index, draw: draw)
        return (Double(UInt64(w[0]) << 21 ^ UInt64(w[1] >> 11)) + 0.5) * 0x1p-53
    }

    func normal(epoch: UInt64, index: UInt64, draw: UInt32) -> Double {
        let w = words(epoch: epoch, index: index, draw: draw)
        let u = (Double(UInt64(w[0]) << 21 ^ UInt64(w[1] >> 11)) + 0.5) * 0x1p-53
        let v = (Double(UInt64(w[2]) << 21 ^ UInt64(w[3] >> 11)) + 0.5) * 0x1p-53
        return (-2 * Glibc.log(u)).squareRoot() * Glibc.cos(2 * .pi * v)
    }
}

struct RandomPurpose { let rawValue: UInt32 }
