import CLanes
import Glibc
import Numerics

/// How sixteen series of one length are whitened; what the fields mean is said by the settings that `Glitches` makes them of.
public struct WhiteningShape: Sendable, Equatable {
    /// Samples of a series, of one periodogram, and from one periodogram to the next; samples and segment are 2 (2^a 3^b 5^c).
    public var samples, segment, hop: Int
    /// Taps of the filter, even, at most `samples`.
    public var taps: Int
    /// Samples a second.
    public var rate: Double
    public var isMedian: Bool
    /// What the median of the periodograms is divided by.
    public var bias: Double
    /// Interpolates the power between the bins of a periodogram, instead of its root.
    public var interpolatesPower: Bool
    /// Bins at either end of the band over which the filter rises; 0: the first and the last bin are 0 instead.
    public var bandTaper: Int
    /// Takes the series' ends down to 0 over half the filter's length.
    public var tapersEnds: Bool
    /// Bins below this one are 0.
    public var highpassBin: Int

    public init(
        samples: Int, segment: Int, hop: Int, taps: Int, rate: Double, isMedian: Bool, bias: Double, interpolatesPower: Bool = false,
        bandTaper: Int = 5, tapersEnds: Bool = true, highpassBin: Int = 0
    ) {
        (self.samples, self.segment, self.hop, self.taps, self.rate) = (samples, segment, hop, taps, rate)
        (self.isMedian, self.bias, self.interpolatesPower, self.bandTaper) = (isMedian, bias, interpolatesPower, bandTaper)
        (self.tapersEnds, self.highpassBin) = (tapersEnds, highpassBin)
    }

    public var segments: Int { (samples - segment) / hop + 1 }

    /// Whether a kernel can be made of it.
    public var isSupported: Bool {
        samples > 0 && segment > 1 && samples % 4 == 0 && segment % 4 == 0 && segment <= samples && hop > 0 && taps > 1 && taps % 2 == 0
            && taps <= samples && rate > 0 && TransformLength.isSupported(samples / 2) && TransformLength.isSupported(segment / 2)
    }

    /// What a bin of the filter's transfer function is multiplied by.
    func taper(_ bin: Int) -> Double {
        let last = samples / 2
        if bin < highpassBin { return 0 }
        guard bandTaper > 0 else { return bin == 0 || bin == last ? 0 : 1 }
        let edge = min(bin - highpassBin, last - bin)
        return edge < bandTaper ? 0.5 * (1 - cos(2 * .pi * Double(edge) / Double(2 * bandTaper - 1))) : 1
    }
}

/// Whitens sixteen series at once: power spectral density by Welch's method, inverse-spectrum truncation, one multiplication of spectra.
///
/// All in double precision, because the spectrum of raw strain spans more than single precision does; the whitened spectrum is rounded to it.
/// The plain reference is `Whitening` of the module `Glitches`, with the formulas and their sources.
public final class WhiteningKernel {
    public let shape: WhiteningShape
    /// Bins of the whitened spectrum.
    public let bins: Int

    private let half: Int
    private let segmentBins: Int
    private let plan: LaneFourier<Double>
    private let segmentPlan: LaneFourier<Double>
    private let data, z, y, transfer, periodograms, amplitude, sorted: UnsafeMutablePointer<DoubleLane>
    private let window, segmentCircle, circle, tapWindow, endTaper, bandTaper: UnsafeMutablePointer<Double>
    private let powerScale: Double

    /// nil for a shape that is not supported.
    public init?(_ shape: WhiteningShape) {
        guard shape.isSupported, let plan = LaneFourier<Double>(length: shape.samples / 2),
            let segmentPlan = LaneFourier<Double>(length: shape.segment / 2)
        else { return nil }
        (self.shape, self.plan, self.segmentPlan) = (shape, plan, segmentPlan)
        half = shape.samples / 2
        bins = half + 1
        segmentBins = shape.segment / 2 + 1
        data = .allocate(capacity: shape.samples)
        z = .allocate(capacity: shape.samples)
        y = .allocate(capacity: shape.samples)
        transfer = .allocate(capacity: half + 1)
        periodograms = .allocate(capacity: shape.segments * segmentBins)
        amplitude = .allocate(capacity: segmentBins)
        sorted = .allocate(capacity: shape.segments)
        window = .allocate(capacity: shape.segment)
        var squares = 0.0
        for t in 0..<shape.segment {
            window[t] = 0.5 - 0.5 * cos(2 * .pi * Double(t) / Double(shape.segment))
            squares += window[t] * window[t]
        }
        powerScale = 1 / (shape.rate * squares)
        circle = Self.circle(shape.samples)
        segmentCircle = Self.circle(shape.segment)
        tapWindow = .allocate(capacity: shape.taps / 2 + 1)
        endTaper = .allocate(capacity: shape.taps / 2)
        for t in 0...shape.taps / 2 { tapWindow[t] = (0.5 + 0.5 * cos(2 * .pi * Double(t) / Double(shape.taps))) / Double(half) }
        for t in 0..<shape.taps / 2 { endTaper[t] = 0.5 - 0.5 * cos(2 * .pi * Double(t) / Double(shape.taps)) }
        bandTaper = .allocate(capacity: half + 1)
        for k in 0...half { bandTaper[k] = shape.taper(k) }
    }

    deinit {
        for lanes in [data, z, y, transfer, periodograms, amplitude, sorted] { lanes.deallocate() }
        for numbers in [window, segmentCircle, circle, tapWindow, endTaper, bandTaper] { numbers.deallocate() }
    }

    /// cos and sin of 2 pi k / length for k up to a quarter of it.
    private static func circle(_ length: Int) -> UnsafeMutablePointer<Double> {
        let table = UnsafeMutablePointer<Double>.allocate(capacity: 2 * (length / 4 + 1))
        for k in 0...length / 4 {
            table[2 * k] = cos(2 * .pi * Double(k) / Double(length))
            table[2 * k + 1] = sin(2 * .pi * Double(k) / Double(length))
        }
        return table
    }

    /// Whitens the series that begin at `series[0]` … `series[15]` into `spectrum`, [bin][re, im]: the transform of white noise of variance 1
    /// over the number of samples, twice that above bin 0.
    public func run(_ series: UnsafePointer<UnsafePointer<Double>>, into spectrum: UnsafeMutablePointer<Lane>) {
        let mean = pack(series)
        for index in 0..<shape.segments { periodogram(index) }
        average()
        design()
        apply(spectrum, mean)
    }

    // MARK: - Steps

    /// Puts the series side by side; their means.
    private func pack(_ series: UnsafePointer<UnsafePointer<Double>>) -> DoubleLane {
        let target = UnsafeMutableRawPointer(data).assumingMemoryBound(to: Double.self)
        let piece = 64
        var (even, odd) = (DoubleLane.zero, DoubleLane.zero)
        var start = 0
        while start < shape.samples {
            let end = min(start + piece, shape.samples)
            for lane in 0..<laneWidth {
                let from = series[lane]
                for t in start..<end { target[laneWidth * t + lane] = from[t] }
            }
            // `samples` is a multiple of 4, so a piece is even.
            var t = start
            while t < end {
                even += data[t]
                odd += data[t + 1]
                t += 2
            }
            start = end
        }
        return (even + odd) * DoubleLane(repeating: 1 / Double(shape.samples))
    }

    private func periodogram(_ index: Int) {
        let from = data + index * shape.hop
        var total = DoubleLane.zero
        for t in 0..<shape.segment { total += from[t] }
        let mean = total * DoubleLane(repeating: 1 / Double(shape.segment))
        for t in 0..<shape.segment { z[t] = (from[t] - mean) * DoubleLane(repeating: window[t]) }
        segmentPlan.forward(z, to: y)
        let n = segmentBins - 1
        let out = periodograms + index * segmentBins
        for k in 0...n / 2 {
            let x = split(y, k, n, segmentCircle)
            let scale = DoubleLane(repeating: k == 0 ? powerScale : 2 * powerScale)
            out[k] = (x.re * x.re + x.im * x.im) * scale
            out[n - k] = (x.mirrorRe * x.mirrorRe + x.mirrorIm * x.mirrorIm) * scale
        }
    }

    /// Bins k and n - k of a real series' spectrum from the transform of its even and odd samples as real and imaginary parts.
    @inline(__always)
    private func split(
        _ y: UnsafeMutablePointer<DoubleLane>, _ k: Int, _ n: Int, _ circle: UnsafeMutablePointer<Double>
    ) -> (re: DoubleLane, im: DoubleLane, mirrorRe: DoubleLane, mirrorIm: DoubleLane) {
        let j = k == 0 ? 0 : n - k
        let (a, b) = (y + 2 * k, y + 2 * j)
        let (p, m) = (a[0] + b[0], a[0] - b[0])
        let (s, d) = (a[1] + b[1], a[1] - b[1])
        let (c, i) = (DoubleLane(repeating: circle[2 * k]), DoubleLane(repeating: circle[2 * k + 1]))
        let oddRe = c * s - i * m
        let oddIm = c * m + i * s
        let middle = DoubleLane(repeating: 0.5)
        return ((p + oddRe) * middle, (d - oddIm) * middle, (p - oddRe) * middle, (DoubleLane.zero - d - oddIm) * middle)
    }

    /// The average of the periodograms, as amplitude or, for interpolation, as power.
    private func average() {
        let count = shape.segments
        for k in 0..<segmentBins {
            var value: DoubleLane
            if shape.isMedian {
                for s in 0..<count { sorted[s] = periodograms[s * segmentBins + k] }
                // Neighbours change places until all are in order; no branch depends on a value.
                for round in 0..<count {
                    var s = round & 1
                    while s + 1 < count {
                        let (a, b) = (sorted[s], sorted[s + 1])
                        let swap = b .< a
                        sorted[s] = a.replacing(with: b, where: swap)
                        sorted[s + 1] = b.replacing(with: a, where: swap)
                        s += 2
                    }
                }
                value = (sorted[count / 2] + sorted[(count - 1) / 2]) * DoubleLane(repeating: 0.5 / shape.bias)
            } else {
                value = .zero
                for s in 0..<count { value += periodograms[s * segmentBins + k] }
                value *= DoubleLane(repeating: 1 / Double(count))
            }
            amplitude[k] = shape.interpolatesPower ? value : LaneMath.sqrt(value)
        }
    }

    /// The filter's transfer function, real: interpolated, inverted, cut in time, transformed back.
    private func design() {
        let one = DoubleLane(repeating: 1)
        for k in 0...half {
            let position = Double(k) * Double(shape.segment) / Double(shape.samples)
            let i = min(Int(position), segmentBins - 2)
            let value = amplitude[i] + (amplitude[i + 1] - amplitude[i]) * DoubleLane(repeating: position - Double(i))
            let inverse = one / (shape.interpolatesPower ? LaneMath.sqrt(value) : value)
            transfer[k] = bandTaper[k] == 0 ? .zero : inverse * DoubleLane(repeating: bandTaper[k])
        }
        // Imaginary parts first: the transform back.
        let middle = DoubleLane(repeating: 0.5)
        for k in 0...half / 2 {
            let (e, d) = ((transfer[k] + transfer[half - k]) * middle, (transfer[k] - transfer[half - k]) * middle)
            let (c, i) = (DoubleLane(repeating: circle[2 * k]), DoubleLane(repeating: circle[2 * k + 1]))
            z[2 * k] = c * d
            z[2 * k + 1] = e - i * d
            if k > 0 {
                let j = half - k
                z[2 * j] = c * d
                z[2 * j + 1] = e + i * d
            }
        }
        plan.forward(z, to: y)
        let reach = shape.taps / 2
        for t in 0..<reach { z[t] = y[t ^ 1] * DoubleLane(repeating: tapWindow[t]) }
        for t in reach..<max(reach, shape.samples - reach) { z[t] = .zero }
        for t in max(reach, shape.samples - reach)..<shape.samples {
            z[t] = y[t ^ 1] * DoubleLane(repeating: tapWindow[shape.samples - t])
        }
        plan.forward(z, to: y)
        for k in 0...half / 2 {
            let x = split(y, k, half, circle)
            transfer[k] = x.re
            transfer[half - k] = x.mirrorRe
        }
    }

    private func apply(_ spectrum: UnsafeMutablePointer<Lane>, _ mean: DoubleLane) {
        let reach = shape.tapersEnds ? shape.taps / 2 : 0
        for t in 0..<reach { z[t] = (data[t] - mean) * DoubleLane(repeating: endTaper[t]) }
        for t in reach..<max(reach, shape.samples - reach) { z[t] = data[t] - mean }
        for t in max(reach, shape.samples - reach)..<shape.samples {
            let place = shape.samples - t
            z[t] = (data[t] - mean) * DoubleLane(repeating: place < reach ? endTaper[place] : 1)
        }
        plan.forward(z, to: y)
        let gain = (2 / shape.rate).squareRoot() * 2 / Double(shape.samples)
        for k in 0...half / 2 {
            let x = split(y, k, half, circle)
            let h = transfer[k] * DoubleLane(repeating: k == 0 ? gain / 2 : gain)
            let g = transfer[half - k] * DoubleLane(repeating: gain)
            spectrum[2 * k] = didymos_lane_from_double(x.re * h)
            spectrum[2 * k + 1] = didymos_lane_from_double(x.im * h)
            spectrum[2 * (half - k)] = didymos_lane_from_double(x.mirrorRe * g)
            spectrum[2 * (half - k) + 1] = didymos_lane_from_double(x.mirrorIm * g)
        }
    }
}
