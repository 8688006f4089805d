import Numerics

/// A permutation of `0..<count` that is a function of (seed, epoch, position): nothing is stored, so a rank can ask
/// for any position of a data set of any size.
///
/// A Feistel network of six rounds, whose round function is Philox, permutes the smallest 4^h that holds `count`;
/// what falls outside is sent through again until it falls inside ("cycle walking": Black and Rogaway, "Ciphers with
/// arbitrary finite domains", CT-RSA 2002, section 3), less than four times on average.
public struct Shuffle: Sendable {
    public let count: Int
    private let stream: RandomStream
    private let epoch: UInt64
    private let halfBits: UInt64

    /// `count` from 1 to 2^62.
    public init(count: Int, seed: UInt64, epoch: Int) {
        precondition(count >= 1 && count <= 1 << 62, "a permutation of 1 to 2^62 places")
        self.count = count
        self.epoch = UInt64(epoch)
        stream = RandomStream(seed: seed, purpose: .permutation)
        let bits = Int.bitWidth - (count - 1).leadingZeroBitCount
        halfBits = UInt64(max(1, (bits + 1) / 2))
    }

    /// The item at `position`. *Not collective.*
    public subscript(position: Int) -> Int {
        precondition(position >= 0 && position < count, "a position in 0..<count")
        var place = UInt64(position)
        repeat { place = permuted(place) } while place >= UInt64(count)
        return Int(place)
    }

    private func permuted(_ place: UInt64) -> UInt64 {
        let mask = (UInt64(1) << halfBits) - 1
        var left = place >> halfBits
        var right = place & mask
        for round in 0..<6 as Range<UInt32> {
            let mixed = UInt64(stream.words(epoch: epoch, index: right, draw: round)[0]) & mask
            (left, right) = (right, left ^ mixed)
        }
        return left << halfBits | right
    }
}
