import CLanes

// Sixteen random numbers at once.

extension RandomStream {
    /// The words of `firstIndex`, ... `firstIndex + 15`: lane l of result i is `words(index: firstIndex + l)[i]`.
    @inlinable @inline(__always)
    public func wordLanes(
        epoch: UInt64, firstIndex: UInt64, draw: UInt32
    ) -> (Philox.Words, Philox.Words, Philox.Words, Philox.Words) {
        Self.wordLanes(Self.key(wordKey, epoch), epoch, firstIndex, draw)
    }

    @inlinable @inline(__always)
    static func wordLanes(
        _ key: SIMD2<UInt32>, _ epoch: UInt64, _ firstIndex: UInt64, _ draw: UInt32
    ) -> (Philox.Words, Philox.Words, Philox.Words, Philox.Words) {
        let low = UInt32(truncatingIfNeeded: firstIndex)
        let steps = Philox.Words(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
        let c0 = Philox.Words(repeating: low) &+ steps
        // The top bit of the sum is clear again exactly where it went round.
        let carry = (Philox.Words(repeating: low) & ~c0) &>> Philox.Words(repeating: 31)
        let c1 = Philox.Words(repeating: UInt32(truncatingIfNeeded: firstIndex >> 32)) &+ carry
        return Philox.blocks(
            c0, c1, Philox.Words(repeating: UInt32(truncatingIfNeeded: epoch)), Philox.Words(repeating: draw), key: key)
    }

    /// Uniform in (0, 1): odd multiples of 2^-24, for `firstIndex`, ... `firstIndex + 15`.
    @inlinable @inline(__always)
    public func uniformLane(epoch: UInt64, firstIndex: UInt64, draw: UInt32) -> Lane {
        Self.uniform(wordLanes(epoch: epoch, firstIndex: firstIndex, draw: draw).0)
    }

    /// An odd multiple of 2^-24 from the high 23 bits, exactly.
    @inlinable @inline(__always)
    static func uniform(_ words: Philox.Words) -> Lane {
        let mantissa = (words &>> Philox.Words(repeating: 9)) | Philox.Words(repeating: 0x3F80_0000)
        return (unsafeBitCast(mantissa, to: Lane.self) - Lane(repeating: 1)) + Lane(repeating: 0x1p-24)
    }

    /// An odd multiple of 2^-53 from the high 52 bits of (high, low), exactly.
    @inlinable @inline(__always)
    static func uniform(_ low: Philox.Words, _ high: Philox.Words) -> DoubleLane {
        let wide = didymos_uint64_lane_from_uint32(high) &<< SIMD16<UInt64>(repeating: 32)
            | didymos_uint64_lane_from_uint32(low)
        let mantissa = (wide &>> SIMD16<UInt64>(repeating: 12)) | SIMD16<UInt64>(repeating: 0x3FF0_0000_0000_0000)
        return (unsafeBitCast(mantissa, to: DoubleLane.self) - DoubleLane(repeating: 1)) + DoubleLane(repeating: 0x1p-53)
    }

    /// Normals of mean 0 and variance 1 in single precision for `firstIndex`, ... `firstIndex + 15`, |value| < 6.7: draws 2 block and
    /// 2 block + 1 of each index, for the price of one. Other numbers than `normal`, from the same blocks.
    @inlinable @inline(__always)
    public func normalLanePair(epoch: UInt64, firstIndex: UInt64, block: UInt32) -> (Lane, Lane) {
        let w = Self.wordLanes(Self.key(normalKey, epoch), epoch, firstIndex, block)
        // 32 bits for the radius, or the tail would end at 5.8; (word + 1/2) 2^-32 rounds to 24 bits.
        let half = unsafeBitCast(w.0 &>> Philox.Words(repeating: 1), to: SIMD16<Int32>.self)
        let u = (didymos_lane_from_int32(half) + Lane(repeating: 0.5)) * Lane(repeating: 0x1p-31)
        let radius = LaneMath.sqrt(Lane(repeating: -2) * LaneMath.log(u))
        let (s, c) = LaneMath.sincosOfTurns(Self.uniform(w.2))
        return (radius * c, radius * s)
    }

    /// One draw of `normalLanePair`: a Float lane of sixteen consecutive indices.
    @inlinable @inline(__always)
    public func normalLane(epoch: UInt64, firstIndex: UInt64, draw: UInt32) -> Lane {
        let (even, odd) = normalLanePair(epoch: epoch, firstIndex: firstIndex, block: draw >> 1)
        return draw & 1 == 0 ? even : odd
    }

    /// Draws 2 block and 2 block + 1 in double precision for `firstIndex`, ... `firstIndex + 15`, the same bits as `normal`.
    @inlinable @inline(__always)
    public func normalPairs(epoch: UInt64, firstIndex: UInt64, block: UInt32) -> (DoubleLane, DoubleLane) {
        let w = Self.wordLanes(Self.key(normalKey, epoch), epoch, firstIndex, block)
        let radius = LaneMath.sqrt(DoubleLane(repeating: -2) * LaneMath.log(Self.uniform(w.0, w.1)))
        let (s, c) = LaneMath.sincosOfTurns(Self.uniform(w.2, w.3))
        return (radius * c, radius * s)
    }

    /// `normal(epoch:index:draw:)` for each index in `indices`, to `out[0 ..< indices.count]`, the same bits.
    public func fillNormals(
        _ out: UnsafeMutablePointer<Double>, epoch: UInt64, indices: Range<UInt64>, draw: UInt32
    ) {
        let count = indices.count
        for start in stride(from: 0, to: count, by: laneWidth) {
            let (even, odd) = normalPairs(
                epoch: epoch, firstIndex: indices.lowerBound + UInt64(start), block: draw >> 1)
            let lane = draw & 1 == 0 ? even : odd
            if count - start >= laneWidth {
                UnsafeMutableRawPointer(out + start).storeBytes(of: lane, as: DoubleLane.self)
            } else {
                for l in 0..<(count - start) { out[start + l] = lane[l] }
            }
        }
    }

    /// Draws 2 block and 2 block + 1 for each index: `even[i]` and `odd[i]` for half the price of two calls of `fillNormals`.
    public func fillNormalPairs(
        _ even: UnsafeMutablePointer<Double>, _ odd: UnsafeMutablePointer<Double>,
        epoch: UInt64, indices: Range<UInt64>, block: UInt32
    ) {
        let count = indices.count
        for start in stride(from: 0, to: count, by: laneWidth) {
            let (c, s) = normalPairs(epoch: epoch, firstIndex: indices.lowerBound + UInt64(start), block: block)
            if count - start >= laneWidth {
                UnsafeMutableRawPointer(even + start).storeBytes(of: c, as: DoubleLane.self)
                UnsafeMutableRawPointer(odd + start).storeBytes(of: s, as: DoubleLane.self)
            } else {
                for l in 0..<(count - start) { (even[start + l], odd[start + l]) = (c[l], s[l]) }
            }
        }
    }
}
