import Numerics

/// What the uniform numbers of a run depend on, besides the operation's `draw`, the element and the sample.
public struct NoiseKey: Hashable, Sendable {
    public var seed: UInt64
    /// Training step, or epoch: anything that counts.
    public var epoch: UInt64
    /// Global number of the shard's first sample.
    public var firstSample: UInt64

    public init(seed: UInt64 = 0, epoch: UInt64 = 0, firstSample: UInt64 = 0) {
        self.seed = seed
        self.epoch = epoch
        self.firstSample = firstSample
    }

    /// Distinct values of an operation's `draw`.
    static let draws: UInt32 = 64
    /// Most elements per sample of one operation: what is left of the 24 bits of a stream's draw, times four words a block.
    static let largestCount = 1 << 20

    /// One number in (0, 1) with 23 random bits.
    func uniform(element: Int, lane: Int, draw: UInt32) -> Float {
        let stream = RandomStream(seed: seed, purpose: .dropout)
        let words = stream.words(epoch: epoch, index: firstSample &+ UInt64(lane), draw: draw << 18 | UInt32(element / 4))
        return Self.unit(words[element % 4])
    }

    /// Fills `count` elements of sixteen samples.
    func fill(_ out: UnsafeMutablePointer<Float>, count: Int, draw: UInt32) {
        let stream = RandomStream(seed: seed, purpose: .dropout)
        for lane in 0..<laneWidth {
            for block in 0..<(count + 3) / 4 {
                let words = stream.words(epoch: epoch, index: firstSample &+ UInt64(lane), draw: draw << 18 | UInt32(block))
                for k in 0..<min(4, count - 4 * block) { out[(4 * block + k) * laneWidth + lane] = Self.unit(words[k]) }
            }
        }
    }

    private static func unit(_ word: UInt32) -> Float { (Float(word >> 9) + 0.5) * 0x1p-23 }
}
