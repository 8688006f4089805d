import CLanes
import Numerics

/// Which elements a dropout keeps: one bit a sample, sixteen samples in a word.
public enum DropoutMask {
    /// Fills `kept[0..<count]`: each bit is set with probability 1 - rate, to 2^-16.
    ///
    /// Eight elements share a block of the stream; the bits are a function of (stream, epoch, sample, element).
    public static func fill(
        _ kept: UnsafeMutablePointer<UInt16>, count: Int, rate: Float, stream: RandomStream, epoch: UInt64, firstSample: UInt64,
        firstDraw: UInt32
    ) {
        let limit = Philox.Words(repeating: UInt32(((1 - rate) * 65536).rounded()))
        let low = Philox.Words(repeating: 0xFFFF), shift = Philox.Words(repeating: 16)
        var element = 0
        var draw = firstDraw
        while element < count {
            let w = stream.wordLanes(epoch: epoch, firstIndex: firstSample, draw: draw)
            let words = InlineArray<4, Philox.Words> { [w.0, w.1, w.2, w.3][$0] }
            for half in 0..<8 where element + half < count {
                let word = words[half >> 1]
                let value = half & 1 == 0 ? word & low : word &>> shift
                kept[element + half] = bits(value .< limit)
            }
            element += 8
            draw &+= 1
        }
    }

    /// Blocks of the stream that `fill` uses.
    public static func draws(_ count: Int) -> Int { (count + 7) / 8 }

    @inline(__always)
    private static var powers: SIMD16<Int32> {
        SIMD16(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768)
    }

    @inline(__always)
    private static func bits(_ mask: SIMDMask<SIMD16<Int32>>) -> UInt16 {
        UInt16(truncatingIfNeeded: didymos_lane_or(SIMD16<Int32>(repeating: 0).replacing(with: powers, where: mask)))
    }

    /// x where the sample's bit is set, 0 elsewhere.
    @inline(__always)
    static func select(_ x: Lane, _ kept: UInt16) -> Lane {
        let chosen = (SIMD16<Int32>(repeating: Int32(kept)) & powers) .!= SIMD16<Int32>(repeating: 0)
        return Lane.zero.replacing(with: x, where: chosen)
    }
}
