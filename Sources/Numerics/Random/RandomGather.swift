import CLanes

// Random numbers of any sixteen (index, draw): of sites that lie together in a vector, not on the lattice.

extension RandomStream {
    /// Lane l of result i is `words(epoch:, index: indices[l], draw: draws[l])[i]`; an index comes as its low and its high word.
    @inlinable @inline(__always)
    public func words(epoch: UInt64, low: Philox.Words, high: Philox.Words, draws: Philox.Words) -> (Philox.Words, Philox.Words, Philox.Words, Philox.Words) {
        Philox.blocks(low, high, Philox.Words(repeating: UInt32(truncatingIfNeeded: epoch)), draws, key: Self.key(wordKey, epoch))
    }

    /// Uniform in (0, 1) from words 0 and 1 or 2 and 3: the bits of `uniform(epoch:index:draw:)` from words 0 and 1.
    @inlinable @inline(__always)
    public static func uniformDoubles(_ low: Philox.Words, _ high: Philox.Words) -> DoubleLane { uniform(low, high) }

    /// Uniform in (0, 1) with 32 bits: odd multiples of 2^-33, for angles.
    @inlinable @inline(__always)
    public static func coarseUniformDoubles(_ word: Philox.Words) -> DoubleLane {
        let mantissa = (didymos_uint64_lane_from_uint32(word) &<< SIMD16<UInt64>(repeating: 20)) | SIMD16<UInt64>(repeating: 0x3FF0_0000_0000_0000)
        return (unsafeBitCast(mantissa, to: DoubleLane.self) - DoubleLane(repeating: 1)) + DoubleLane(repeating: 0x1p-33)
    }

    /// Draws 2 block and 2 block + 1 of each index: the bits of `normal(epoch:index:draw:)`.
    @inlinable @inline(__always)
    public func normalPairs(epoch: UInt64, low: Philox.Words, high: Philox.Words, blocks: Philox.Words) -> (DoubleLane, DoubleLane) {
        let w = Philox.blocks(low, high, Philox.Words(repeating: UInt32(truncatingIfNeeded: epoch)), blocks, key: Self.key(normalKey, epoch))
        let radius = LaneMath.sqrt(DoubleLane(repeating: -2) * LaneMath.log(Self.uniform(w.0, w.1)))
        let (s, c) = LaneMath.sincosOfTurns(Self.uniform(w.2, w.3))
        return (radius * c, radius * s)
    }
}
