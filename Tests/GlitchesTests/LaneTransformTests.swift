import Foundation
import GlitchKernels
import Numerics
import Testing

@Suite("Fourier transforms and order statistics over lanes")
struct LaneTransformTests {
    /// Distance from FFTW's transform, relative to its largest number.
    private func error<L>(_ length: Int, _ transform: (UnsafeMutablePointer<L>, UnsafeMutablePointer<L>) -> Void) throws -> Double
    where L: SIMD, L.Scalar: BinaryFloatingPoint {
        let x = UnsafeMutablePointer<L>.allocate(capacity: 2 * length)
        let y = UnsafeMutablePointer<L>.allocate(capacity: 2 * length)
        defer {
            x.deallocate()
            y.deallocate()
        }
        let numbers = whiteNoise(2 * length * laneWidth)
        for i in 0..<2 * length {
            var lane = L()
            for l in 0..<laneWidth { lane[l] = L.Scalar(numbers[laneWidth * i + l]) }
            x[i] = lane
        }
        let input = Array(UnsafeBufferPointer(start: x, count: 2 * length))
        transform(x, y)
        let plan = try FourierPlan(complex: [length])
        var worst = 0.0
        for l in [0, 7, 15] {
            let series = (0..<length).map { SIMD2(Double(input[2 * $0][l]), Double(input[2 * $0 + 1][l])) }
            var expected = series
            plan.forward(series, &expected)
            let scale = expected.map { max(abs($0.x), abs($0.y)) }.max() ?? 1
            for k in 0..<length {
                worst = max(worst, abs(Double(y[2 * k][l]) - expected[k].x) / scale, abs(Double(y[2 * k + 1][l]) - expected[k].y) / scale)
            }
        }
        return worst
    }

    @Test("agree with FFTW at every kind of length", arguments: [1, 2, 3, 4, 5, 8, 12, 15, 60, 64, 100, 128, 256, 375, 512, 768, 2000, 2048, 4096, 12288])
    func agree(length: Int) throws {
        let single = try #require(LaneTransform(length: length))
        #expect(try error(length) { (x: UnsafeMutablePointer<Lane>, y) in single.forward(x, to: y) } < 1e-6)
        let double = try #require(DoubleLaneTransform(length: length))
        #expect(try error(length) { (x: UnsafeMutablePointer<DoubleLane>, y) in double.forward(x, to: y) } < 2e-15)
    }

    @Test("a length with another prime factor is refused")
    func refused() {
        #expect(LaneTransform(length: 7) == nil && LaneTransform(length: 0) == nil && DoubleLaneTransform(length: 22) == nil)
        #expect(TransformLength.isSupported(30) && !TransformLength.isSupported(-4))
    }

    @Test("the median is that of sorted numbers, for odd and even counts, with equal values and zeros", arguments: [1, 2, 3, 4, 5, 64, 501, 1024])
    func median(count: Int) {
        let noise = whiteNoise(count * laneWidth, epoch: 3)
        let lanes = (0..<count).map { i -> Lane in
            var lane = Lane()
            for l in 0..<laneWidth {
                let x = Float(noise[laneWidth * i + l])
                lane[l] = l == 0 ? 0 : l == 1 ? 3 : l == 2 ? (x * x).rounded() : l == 3 ? x * x * 1e30 : l == 4 ? x * x * 1e-36 : x * x
            }
            return lane
        }
        let found = LaneSelection.median(lanes, count: count)
        for l in 0..<laneWidth {
            let sorted = lanes.map { $0[l] }.sorted()
            let expected = (sorted[count / 2] + sorted[(count - 1) / 2]) * 0.5
            #expect(found[l] == expected, "lane \(l): \(found[l]) \(expected)")
        }
    }

    @Test("loud values are found where they are")
    func loud() {
        var lanes = [Lane](repeating: Lane(repeating: 1), count: 40)
        lanes[3][15] = 9
        lanes[30][0] = 8.5
        lanes[39][2] = 100
        lanes[7][7] = 8
        var list: [Int] = []
        LaneSelection.appendLoud(lanes, in: 1..<39, above: 8, to: &list)
        #expect(list == [63, 480])
    }
}
