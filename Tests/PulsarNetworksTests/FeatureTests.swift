import CAllocationCounter
import Numerics
import PulsarFrames
import PulsarKernels
import PulsarNetworks
import TestSupport
import Testing

private func noise(_ count: Int, seed: UInt64 = 1) -> [Float] {
    let stream = RandomStream(seed: seed, purpose: .test)
    return (0..<count).map { Float(stream.normal(epoch: 0, index: UInt64($0), draw: 0)) }
}

@Suite struct FeatureKernelTests {
    @Test("robust location and scale equal the plain ones, and are those of noise with a fifth of it spoilt", arguments: [128, 256, 1024])
    func robust(_ count: Int) {
        var x = noise(count)
        for t in 0..<count { x[t] = 3 + 2 * x[t] }
        let (clean, reference) = (FrameStatisticsKernel.robust(x, count: count), FrameStatisticsKernel.referenceRobust(x, count: count))
        #expect(abs(clean.location - reference.location) < 1e-5 && abs(clean.scale - reference.scale) < 1e-5)
        for t in count / 4..<count / 4 + count / 8 { x[t] = 1000 }
        let spoilt = FrameStatisticsKernel.robust(x, count: count)
        // Errors of 1.25 and 0.9 deviations over the root of the count, 8 of them; a burst moves the median by up to 0.2 deviations.
        let tolerance = 16 / Float(count).squareRoot()
        #expect(abs(spoilt.location - 3) < 0.5 + tolerance)
        #expect(abs(clean.scale - 2) < tolerance && spoilt.scale < 3 + tolerance)
    }

    @Test("the median of neighbours equals the plain one") func localMedian() {
        let x = noise(64 + 32)
        var (fast, plain) = ([Float](repeating: 0, count: 64), [Float](repeating: 0, count: 64))
        x.withUnsafeBufferPointer { x in
            guard let x = x.baseAddress else { return }
            FrameStatisticsKernel.localMedian(x + 16, count: 64, into: &fast)
            FrameStatisticsKernel.referenceLocalMedian(x + 16, count: 64, into: &plain)
        }
        #expect(fast == plain)
    }

    @Test("moments outside a mask equal the plain ones; rescaling is what it says") func masked() {
        var z = noise(257, seed: 3)
        let mask = (0..<257).map { Float($0 % 7 < 5 && $0 < 256 ? 1 : 0) }
        let (fast, plain) = (
            FrameStatisticsKernel.maskedMoments(z, mask: mask, count: 256), FrameStatisticsKernel.referenceMaskedMoments(z, mask: mask, count: 256)
        )
        for (a, b) in [(fast.first, plain.first), (fast.second, plain.second), (fast.lagged, plain.lagged)] { #expect(abs(a - b) < 1e-3) }
        let before = z
        var sums = [Float](repeating: 1, count: 256)
        FrameStatisticsKernel.rescale(&z, count: 256, location: 0.5, gain: 2, adding: &sums)
        for t in 0..<256 {
            #expect(abs(z[t] - 2 * (before[t] - 0.5)) < 1e-6)
            #expect(abs(sums[t] - 1 - z[t]) < 1e-6)
        }
    }

    @Test("sums along paths that cross a frame, or enter and leave it, equal the plain ones") func paths() {
        let (channels, samples, lead, trials) = (64, 128, 64, 7)
        let stride = samples + 2 * lead + 16
        var rows = [Float](repeating: 0, count: (channels + 1) * stride)
        let x = noise(channels * samples)
        for c in 0..<channels {
            for t in 0..<samples { rows[c * stride + lead + t] = x[c * samples + t] }
        }
        // Up to 15 samples from a channel to the next, and no delay at all.
        let delays = (0..<trials).flatMap { k in (0..<channels).map { Int32(Double(k) * 2.5 * Double($0)) } }
        let sumStride = samples + Int(delays.max() ?? 0) + 64
        var sums = [Float](repeating: .nan, count: trials * sumStride)
        delays.withUnsafeBufferPointer { delays in
            guard let delays = delays.baseAddress else { return }
            FrameDedispersionKernel.sum(
                rows: rows, stride: stride, lead: lead, channels: channels, samples: samples, delays: delays, trials: trials, sums: &sums,
                sumStride: sumStride)
            for k in 0..<trials {
                let span = Int(delays[k * channels + channels - 1])
                var plain = [Float](repeating: 0, count: samples + span)
                FrameDedispersionKernel.referenceSum(
                    rows: rows, stride: stride, lead: lead, channels: channels, samples: samples, delays: delays + k * channels, sums: &plain)
                let own = Array(sums[k * sumStride..<(k + 1) * sumStride])
                #expect(zip(own, plain).allSatisfy { abs($0 - $1) < 1e-4 }, "trial \(k)")
                #expect(own[plain.count...].allSatisfy { $0 == 0 }, "behind trial \(k)")
            }
        }
    }

    @Test("sixteen rows become lanes") func interleave() {
        let rows = (0..<16 * 20).map { Float($0) }
        var lanes = [Lane](repeating: Lane(repeating: 0), count: 20)
        ShardKernel.interleave(rows, stride: 20, count: 20, into: &lanes)
        for i in 0..<20 {
            for j in 0..<16 { #expect(lanes[i][j] == Float(20 * j + i)) }
        }
    }
}

@Suite struct FrameFeatureTests {
    private let model = ClassifierModel(kind: .didymos, axes: ToyFrames().axes, largestMeasure: 50, trialStep: 2)
    private var size: Int { model.axes.channels * model.axes.samples }

    private func features(_ frame: [Float]) throws -> [Float] {
        let features = try FrameFeatures(model)
        var out = [Float](repeating: 0, count: features.count)
        features.prepare(frame, stride: model.axes.samples, into: &out)
        return out
    }

    /// Paths: [trial][bin] of S/N over 4.
    private func paths(_ features: [Float]) -> [[Float]] {
        let trials = FrameFeatures.trials(model).count
        let first = FrameFeatures.side * FrameFeatures.side
        return (0..<trials).map { Array(features[first + $0 * FrameFeatures.bins..<first + ($0 + 1) * FrameFeatures.bins]) }
    }

    @Test("a pulse of S/N 16 shows with that S/N at its dispersion measure; noise stays below 5.5")
    func pulseOnItsPath() throws {
        var frame = noise(size).map { 96 + 24 * $0 }
        let quiet = try paths(features(frame)).joined().max() ?? .nan
        // 56 trials of some 200 independent paths and 6 widths: more than 5.5 deviations in less than one frame of a thousand.
        #expect(4 * quiet < 5.5)
        frame.withUnsafeMutableBufferPointer { ToyFrames.addPulse($0, samples: 128, first: 20, measure: 30, ratio: 16) }
        let found = try paths(features(frame))
        let strengths = found.map { 4 * ($0.max() ?? 0) }
        let best = try #require(strengths.indices.max { strengths[$0] < strengths[$1] })
        let measures = FrameFeatures.trials(model)
        #expect(abs(measures[best] - 30) <= 2 * (measures[1] - measures[0]))
        // Four samples of boxcar on three of pulse leave 13.9; delays to the nearest sample, the scale's error and the noise move it.
        #expect(strengths[best] > 11 && strengths[best] < 18)
    }

    @Test("a pulse beside bursts of uneven strength over the band keeps its S/N, and bursts leave no path of their own")
    func pulseBesideBursts() throws {
        var strengths: [Float] = []
        for ratio in [0.0, 16] {
            var frame = noise(size).map { 96 + 24 * $0 }
            // A third of the frame is bright, more at one end of the band than at the other.
            for c in 0..<model.axes.channels {
                for start in [8, 40, 90] {
                    for t in start..<start + 14 { frame[c * 128 + t] += 24 * (1 + 2 * Float(c) / 64) }
                }
            }
            frame.withUnsafeMutableBufferPointer { ToyFrames.addPulse($0, samples: 128, first: 20, measure: 30, ratio: ratio) }
            let found = try paths(features(frame))
            // Sweeps of less than a burst's length cannot be told from it.
            strengths.append(4 * (found[15...].joined().max() ?? 0))
        }
        #expect(strengths[0] < 6, "bursts alone: \(strengths)")
        // Of the pulse's path a third is in bursts, where a sub-band of four channels loses most of it.
        #expect(strengths[1] > 8, "with the pulse: \(strengths)")
    }

    @Test("gain and offset of each channel change nothing but the level and scale against the neighbours'")
    func gainsDoNotMatter() throws {
        let source = ToyFrames()
        var values = [Float](repeating: 0, count: size)
        _ = values.withUnsafeMutableBufferPointer { source.write(frame: 11, into: $0) }
        let plain = try features(values)
        for i in values.indices { values[i] = values[i] * 4 - 128 }
        let scaled = try features(values)
        #expect(zip(plain, scaled).allSatisfy { abs($0 - $1) < 1e-3 })
    }

    @Test("a frame is prepared without an allocation, and the same twice") func allocates() throws {
        let features = try FrameFeatures(model)
        let frame = noise(size)
        var (first, second) = ([Float](repeating: 0, count: features.count), [Float](repeating: 0, count: features.count))
        features.prepare(frame, stride: 128, into: &first)
        let before = allocationsOfThisThread()
        features.prepare(frame, stride: 128, into: &second)
        #expect(allocationsOfThisThread() == before)
        #expect(first == second)
    }

    @Test("a dead frame and a constant channel give numbers") func degenerate() throws {
        #expect(try features([Float](repeating: 7, count: size)).allSatisfy(\.isFinite))
        var frame = noise(size)
        for t in 0..<128 { frame[5 * 128 + t] = 3 }
        #expect(try features(frame).allSatisfy(\.isFinite))
    }
}
