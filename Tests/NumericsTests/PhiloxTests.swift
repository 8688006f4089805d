import Numerics
import Testing

@Suite("Philox4x32-10 and the streams over it")
struct PhiloxTests {
    @Test("gives the published known answers (Random123, kat_vectors)")
    func knownAnswers() {
        #expect(Philox.block(counter: .zero, key: .zero) == SIMD4(0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8))
        let ones = UInt32.max
        #expect(
            Philox.block(counter: SIMD4(repeating: ones), key: SIMD2(repeating: ones))
                == SIMD4(0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD))
        #expect(
            Philox.block(
                counter: SIMD4(0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344), key: SIMD2(0xA409_3822, 0x299F_31D0))
                == SIMD4(0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1))
    }

    @Test("sixteen blocks at once are the sixteen blocks one by one")
    func lanes() {
        let key = SIMD2<UInt32>(0x1234_5678, 0x9ABC_DEF0)
        var c0 = SIMD16<UInt32>.zero
        for lane in 0..<16 { c0[lane] = 0xFFFF_FFF8 &+ UInt32(lane) }
        let w = Philox.blocks(c0, SIMD16(repeating: 7), SIMD16(repeating: 11), SIMD16(repeating: 13), key: key)
        for lane in 0..<16 {
            let one = Philox.block(counter: SIMD4(c0[lane], 7, 11, 13), key: key)
            #expect(SIMD4(w.0[lane], w.1[lane], w.2[lane], w.3[lane]) == one)
        }
    }

    @Test("vectorised normals are the same bits as single ones, across a carry of the index", arguments: [0, 5, 4_294_967_287] as [UInt64])
    func fills(first: UInt64) {
        let stream = RandomStream(seed: 99, purpose: .test)
        var values = [Double](repeating: 0, count: 37)
        for draw in UInt32(0)..<4 {
            stream.fillNormals(&values, epoch: 3, indices: first..<first + 37, draw: draw)
            for i in 0..<37 { #expect(values[i] == stream.normal(epoch: 3, index: first + UInt64(i), draw: draw)) }
        }
    }

    @Test("normals have the moments of a normal distribution (5 standard errors: false alarm 6e-7 each)")
    func moments() {
        let n = 200_000
        var values = [Double](repeating: 0, count: n)
        RandomStream(seed: 1, purpose: .test).fillNormals(&values, epoch: 0, indices: 0..<UInt64(n), draw: 0)
        let moment = { (n: Int) in values.reduce(0) { $0 + power($1, n) } / Double(values.count) }
        let root = Double(n).squareRoot()
        #expect(abs(moment(1)) < 5 / root)
        #expect(abs(moment(2) - 1) < 5 * 2.0.squareRoot() / root)
        #expect(abs(moment(3)) < 5 * 15.0.squareRoot() / root)
        #expect(abs(moment(4) - 3) < 5 * 96.0.squareRoot() / root)
    }

    private func power(_ x: Double, _ n: Int) -> Double { (0..<n).reduce(1) { p, _ in p * x } }
}
