/// The random numbers of one (seed, purpose): a view without state, where every number is a function of its arguments.
///
/// `epoch` counts trajectories, training steps or passes; `index` is the *global* sample or site; `draw` numbers what one
/// index needs. So a number is the same whichever rank asks, in whichever order, on any number of ranks.
/// The words are Philox4x32-10 of the counter (index, low half of epoch, draw); the key is made of seed and purpose, and takes the high half
/// of the epoch, so that within a stream no two (epoch, index, draw) share a block. Normal numbers have a key of their own:
/// `normal` and `uniform` are independent for the same arguments. *Not collective.*
public struct RandomStream: Sendable, Equatable {
    @usableFromInline let wordKey: SIMD2<UInt32>
    @usableFromInline let normalKey: SIMD2<UInt32>

    public init(seed: UInt64, purpose: RandomPurpose) {
        // One block hashes 96 bits into two keys; the digits of e keep it apart from any block drawn with a user's key.
        let block = Philox.block(
            counter: SIMD4(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32), purpose.rawValue, 0),
            key: SIMD2(0xB7E1_5162, 0x8AED_2A6A))
        wordKey = SIMD2(block[0], block[1])
        normalKey = SIMD2(block[2], block[3])
    }

    /// Four independent uniform 32-bit words.
    @inlinable
    public func words(epoch: UInt64, index: UInt64, draw: UInt32) -> SIMD4<UInt32> {
        Philox.block(counter: Self.counter(epoch, index, draw), key: Self.key(wordKey, epoch))
    }

    /// Uniform in (0, 1): an odd multiple of 2^-53. The ends are never reached.
    @inlinable
    public func uniform(epoch: UInt64, index: UInt64, draw: UInt32) -> Double {
        let w = words(epoch: epoch, index: index, draw: draw)
        return Double((UInt64(w[1]) << 32 | UInt64(w[0])) >> 12) * 0x1p-52 + 0x1p-53
    }

    /// Uniform in 0 ..< n, n > 0, by Lemire's multiplication (ACM TOMACS 29, 3, 2019). A second word is tried where
    /// the first would be biased; what bias is left is below n^2 2^-128.
    @inlinable
    public func integer(below n: UInt64, epoch: UInt64, index: UInt64, draw: UInt32) -> UInt64 {
        precondition(n > 0, "a random integer needs a positive bound")
        let w = words(epoch: epoch, index: index, draw: draw)
        let first = n.multipliedFullWidth(by: UInt64(w[1]) << 32 | UInt64(w[0]))
        if first.low >= (0 &- n) % n { return first.high }
        return n.multipliedFullWidth(by: UInt64(w[3]) << 32 | UInt64(w[2])).high
    }

    /// Normal of mean 0 and variance 1, by Box and Muller (Ann. Math. Stat. 29, 610, 1958), |value| < 8.58. Draws 2k and 2k + 1 are the
    /// cosine and the sine of one block.
    public func normal(epoch: UInt64, index: UInt64, draw: UInt32) -> Double {
        var value = 0.0
        withUnsafeMutablePointer(to: &value) {
            fillNormals($0, epoch: epoch, indices: index..<(index &+ 1), draw: draw)
        }
        return value
    }

    @inlinable @inline(__always)
    static func counter(_ epoch: UInt64, _ index: UInt64, _ draw: UInt32) -> SIMD4<UInt32> {
        SIMD4(
            UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32),
            UInt32(truncatingIfNeeded: epoch), draw)
    }

    @inlinable @inline(__always)
    static func key(_ key: SIMD2<UInt32>, _ epoch: UInt64) -> SIMD2<UInt32> {
        SIMD2(key[0], key[1] ^ UInt32(truncatingIfNeeded: epoch >> 32))
    }
}
