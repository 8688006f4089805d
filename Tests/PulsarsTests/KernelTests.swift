import PulsarKernels
import TestSupport
import Testing

/// Every kernel beside its plain twin.
@Suite struct KernelTests {
    private func numbers(_ count: Int, seed: UInt64) -> [Float] {
        var random = SplitMix(state: seed)
        return (0..<count).map { _ in Float(Int32(truncatingIfNeeded: random.next())) / 0x1p30 }
    }

    @Test(arguments: [(1, 16), (5, 100), (64, 256), (67, 777)])
    func dedispersionHasTheBitsOfThePlainSum(_ channels: Int, _ count: Int) {
        let stride = 2048
        let data = numbers(channels * stride, seed: 3)
        var random = SplitMix(state: 4)
        let delays = (0..<channels * DedispersionKernel.group).map { _ in Int32.random(in: 0...1000, using: &random) }
        for trials in [1, 7, 16] {
            var scratch = [Float](repeating: .nan, count: DedispersionKernel.scratch)
            var sums = [Float](repeating: .nan, count: 16 * 1024)
            DedispersionKernel.sum(
                data: data, stride: stride, channels: channels, delays: delays, trials: trials, scratch: &scratch, sums: &sums, sumStride: 1024,
                count: count)
            for k in 0..<trials {
                let own = (0..<channels).map { delays[$0 * DedispersionKernel.group + k] }
                var plain = [Float](repeating: 0, count: count)
                DedispersionKernel.referenceSum(data: data, stride: stride, channels: channels, delays: own, sum: &plain, count: count)
                #expect(Array(sums[k * 1024..<k * 1024 + count]) == plain)
            }
        }
    }

    @Test func theBestBoxcarIsTheBestOfAll() {
        let count = 500
        let filters = 5
        let series = numbers(count + 1 << filters + 64, seed: 5)
        var work = series
        var best = Array(series[..<512])
        var which = [Int32](repeating: 0, count: 512)
        for filter in 1...filters {
            let width = 1 << (filter - 1)
            BoxcarKernel.widen(
                &work, width: width, weight: 1 / Float(2 * width).squareRoot(), filter: Int32(filter), best: &best, filters: &which, count: 512)
            for t in 512..<work.count - width { work[t] += work[t + width] }
        }
        for t in 0..<count {
            let plain = BoxcarKernel.referenceBest(series, at: t, filters: filters)
            #expect(abs(best[t] - plain.value) < 1e-5)
            #expect(which[t] == plain.filter || abs(best[t] - plain.value) < 1e-6)
        }
    }

    @Test func theBestOfBoxcarsAndStepsIsTheBestOfAll() {
        let (count, filters) = (500, 5)
        let series = numbers(count, seed: 8) + [Float](repeating: 0, count: 12 + 64)
        var work = series
        var best = Array(series[..<512])
        for filter in 1...filters { BoxcarKernel.widenWithSteps(&work, width: 1 << (filter - 1), best: &best, count: 512) }
        let padded = series + [Float](repeating: 0, count: 64)
        for t in 0..<count {
            var plain = BoxcarKernel.referenceBest(padded, at: t, filters: filters).value
            for filter in 1...filters { plain = max(plain, BoxcarKernel.referenceSteps(padded, at: t, width: 1 << filter)) }
            #expect(abs(best[t] - plain) < 1e-5, "at \(t)")
        }
    }

    @Test(arguments: [1, 16, 17, 1000]) func momentsAreThoseOfThePlainSum(_ count: Int) {
        let x = numbers(count + 16, seed: 6)
        let fast = ChannelKernel.sums(x, count: count, shift: 0.25)
        let plain = ChannelKernel.referenceSums(x, count: count, shift: 0.25)
        for (a, b) in [
            (fast.first, plain.first), (fast.second, plain.second), (fast.third, plain.third), (fast.fourth, plain.fourth), (fast.lagged, plain.lagged),
        ] { #expect(abs(a - b) <= 1e-11 * Double(count)) }
    }

    @Test func aTransposeMovesEveryNumberOnce() {
        let (times, channels, stride) = (70, 45, 128)
        let rows = numbers(times * channels, seed: 7)
        var columns = [Float](repeating: 0, count: channels * stride)
        ChannelKernel.transpose(rows, times: times, channels: channels, into: &columns, stride: stride, start: 9)
        for t in 0..<times { for c in 0..<channels { #expect(columns[c * stride + 9 + t] == rows[t * channels + c]) } }
    }

    @Test func selectionIsTheSortedElement() {
        for count in [1, 2, 3, 10, 1001] {
            var values = numbers(count, seed: UInt64(count))
            if count > 5 { values.replaceSubrange(0..<4, with: [0.5, 0.5, 0.5, 0.5]) }
            let sorted = values.sorted()
            for k in [0, count / 3, count / 2, count - 1] {
                var work = values
                #expect(Selection.element(k, of: &work, count: count) == sorted[k])
            }
        }
    }
}
