extension Philox {
    /// Sixteen blocks at once: element-wise the same words as `block`. *Not collective.*
    @inlinable @inline(__always)
    public static func blocks(
        _ c0: SIMD16<UInt32>, _ c1: SIMD16<UInt32>, _ c2: SIMD16<UInt32>, _ c3: SIMD16<UInt32>, key: SIMD2<UInt32>
    ) -> (SIMD16<UInt32>, SIMD16<UInt32>, SIMD16<UInt32>, SIMD16<UInt32>) {
        var (x0, x1, x2, x3) = (c0, c1, c2, c3)
        var k0 = key[0]
        var k1 = key[1]
        for _ in 0..<10 {
            let p0 = SIMD16<UInt64>(truncatingIfNeeded: x0) &* 0xD251_1F53
            let p1 = SIMD16<UInt64>(truncatingIfNeeded: x2) &* 0xCD9E_8D57
            let high0 = SIMD16<UInt32>(truncatingIfNeeded: p0 &>> 32)
            let high1 = SIMD16<UInt32>(truncatingIfNeeded: p1 &>> 32)
            let low0 = SIMD16<UInt32>(truncatingIfNeeded: p0)
            let low1 = SIMD16<UInt32>(truncatingIfNeeded: p1)
            (x0, x1, x2, x3) = (high1 ^ x1 ^ k0, low1, high0 ^ x3 ^ k1, low0)
            k0 = k0 &+ 0x9E37_79B9
            k1 = k1 &+ 0xBB67_AE85
        }
        return (x0, x1, x2, x3)
    }
}

extension RandomStream {
    /// The Box-Muller pairs of sixteen consecutive indices at one block. The same bits as `normal` at draws 2·block and 2·block + 1.
    @inlinable @inline(__always)
    public func normalPairs(epoch: UInt64, firstIndex: UInt64, block: UInt32) -> (DoubleLane, DoubleLane) {
        let first = counter(epoch, firstIndex, block)
        var c0 = SIMD16<UInt32>(repeating: first[0])
        for lane in 0..<16 { c0[lane] = c0[lane] &+ UInt32(lane) }
        var c1 = SIMD16<UInt32>(repeating: first[1])
        // An index that passes a multiple of 2³² carries into the next word.
        if first[0] > UInt32.max - 15 {
            for lane in 0..<16 { c1[lane] = counter(epoch, firstIndex + UInt64(lane), block)[1] }
        }
        let w = Philox.blocks(c0, c1, SIMD16(repeating: first[2]), SIMD16(repeating: first[3]), key: key)
        return Self.boxMuller(Self.units(w.1, w.0), Self.units(w.3, w.2))
    }

    /// `unit` of sixteen 64-bit words.
    @inlinable @inline(__always)
    static func units(_ high: SIMD16<UInt32>, _ low: SIMD16<UInt32>) -> DoubleLane {
        let bits = (SIMD16<UInt64>(truncatingIfNeeded: high) &<< 32 | SIMD16<UInt64>(truncatingIfNeeded: low)) &>> 12
        // A 52-bit integer to double exactly, through the mantissa of 2⁵².
        let value = unsafeBitCast(bits | 0x4330_0000_0000_0000, to: DoubleLane.self) - 0x1p52
        return (value + 0.5) * 0x1p-52
    }

    /// Standard normal numbers of sixteen consecutive indices, rounded to single precision.
    @inlinable
    public func normalLane(epoch: UInt64, firstIndex: UInt64, draw: UInt32) -> Lane {
        let pair = normalPairs(epoch: epoch, firstIndex: firstIndex, block: draw >> 1)
        return Lane(draw & 1 == 0 ? pair.0 : pair.1)
    }

    /// Standard normal numbers of consecutive indices at one draw: the same bits as `normal`.
    ///
    /// - Parameter out: `indices.count` values.
    @inlinable
    public func fillNormals(_ out: UnsafeMutablePointer<Double>, epoch: UInt64, indices: Range<UInt64>, draw: UInt32) {
        var index = indices.lowerBound
        var position = 0
        while index < indices.upperBound {
            let pair = normalPairs(epoch: epoch, firstIndex: index, block: draw >> 1)
            let values = draw & 1 == 0 ? pair.0 : pair.1
            let count = Int(min(16, indices.upperBound - index))
            if count == 16 {
                UnsafeMutableRawPointer(out + position).storeBytes(of: values, as: DoubleLane.self)
            } else {
                for lane in 0..<count { out[position + lane] = values[lane] }
            }
            position += count
            index += UInt64(count)
        }
    }
}
