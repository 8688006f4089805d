import Numerics
import Testing

@Suite struct PhiloxTests {
    /// The known answers of Random123 1.09, `kat_vectors`, philox4x32-10.
    @Test func givesThePublishedAnswers() {
        let none = UInt32.min
        let all = UInt32.max
        #expect(
            Philox.block(counter: SIMD4(repeating: none), key: SIMD2(repeating: none))
                == SIMD4(0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8))
        #expect(
            Philox.block(counter: SIMD4(repeating: all), key: SIMD2(repeating: all))
                == SIMD4(0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD))
        #expect(
            Philox.block(
                counter: SIMD4(0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344), key: SIMD2(0xA409_3822, 0x299F_31D0))
                == SIMD4(0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1))
    }

    @Test func sixteenBlocksAreSixteenTimesOneBlock() {
        let stream = RandomStream(seed: 0x0123_4567_89AB_CDEF, purpose: .test)
        // The second start carries from the low into the high half of the index inside the lane.
        for first: UInt64 in [0, 0xFFFF_FFF8, 1 << 40] {
            let w = stream.wordLanes(epoch: 1 << 33 + 5, firstIndex: first, draw: 9)
            for l in 0..<laneWidth {
                let one = stream.words(epoch: 1 << 33 + 5, index: first + UInt64(l), draw: 9)
                #expect(SIMD4(w.0[l], w.1[l], w.2[l], w.3[l]) == one)
            }
        }
    }
}
