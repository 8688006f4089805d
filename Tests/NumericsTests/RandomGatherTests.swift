import Numerics
import Testing

@Suite("Random numbers of sites in any order")
struct RandomGatherTests {
    private let stream = RandomStream(seed: 99, purpose: .test)
    /// Sixteen indices without order, some beyond 32 bits, and draws.
    private let indices: [UInt64] = (0..<16).map { ($0 * 7919) % 13 + ($0 % 3 == 0 ? 1 << 40 : 0) }
    private let draws: [UInt32] = (0..<16).map { UInt32($0 * 31 % 5) }

    private func lanes(_ values: [UInt32]) -> Philox.Words {
        var words = Philox.Words()
        for l in 0..<16 { words[l] = values[l] }
        return words
    }

    @Test("words, uniform and normal numbers are those of one index at a time, bit by bit")
    func sameBits() {
        let low = lanes(indices.map { UInt32(truncatingIfNeeded: $0) }), high = lanes(indices.map { UInt32($0 >> 32) })
        let epoch: UInt64 = 3 << 33
        let words = stream.words(epoch: epoch, low: low, high: high, draws: lanes(draws))
        let uniform = RandomStream.uniformDoubles(words.0, words.1)
        let normals = stream.normalPairs(epoch: epoch, low: low, high: high, blocks: lanes(draws))
        for l in 0..<16 {
            #expect(SIMD4(words.0[l], words.1[l], words.2[l], words.3[l]) == stream.words(epoch: epoch, index: indices[l], draw: draws[l]))
            #expect(uniform[l] == stream.uniform(epoch: epoch, index: indices[l], draw: draws[l]))
            #expect(normals.0[l] == stream.normal(epoch: epoch, index: indices[l], draw: 2 * draws[l]))
            #expect(normals.1[l] == stream.normal(epoch: epoch, index: indices[l], draw: 2 * draws[l] + 1))
        }
    }

    @Test("32-bit uniform numbers are odd multiples of 2^-33, the ends out of reach")
    func coarse() {
        var words = Philox.Words()
        words[1] = 1
        words[2] = .max
        words[3] = 0x8000_0000
        let values = RandomStream.coarseUniformDoubles(words)
        #expect(values[0] == 0x1p-33 && values[1] == 3 * 0x1p-33 && values[2] == 1 - 0x1p-33 && values[3] == 0.5 + 0x1p-33)
    }
}
