import GlitchKernels
import Glibc
import Numerics

/// Whitening of one series at a time in plain double precision: the reference of `WhiteningKernel`, and the tool for single series.
///
/// *Not collective;* used by one thread at a time.
public final class Whitening {
    public let shape: WhiteningShape
    private let segmentPlan, plan, longPlan: FourierPlan
    private let window: [Double]

    /// - Throws: `NumericsError` for lengths that cannot be planned.
    public init(_ shape: WhiteningShape) throws {
        self.shape = shape
        segmentPlan = try FourierPlan(real: [shape.segment])
        plan = try FourierPlan(real: [shape.samples])
        longPlan = try FourierPlan(real: [shape.samples + shape.taps])
        window = Self.hann(shape.segment)
    }

    /// Hann's window of one period.
    static func hann(_ length: Int) -> [Double] { (0..<length).map { 0.5 - 0.5 * cos(2 * .pi * Double($0) / Double(length)) } }

    /// Power spectral density of `series` by Welch's method, one-sided, in units squared per hertz: bins 1 / (length of a periodogram)
    /// apart. Every periodogram has its mean taken off and Hann's window (Welch, IEEE Trans. Audio Electroacoust. 15, 70, 1967).
    public func powerSpectrum(of series: [Double]) -> [Double] {
        precondition(series.count == shape.samples, "a series has the length it was planned with")
        let bins = shape.segment / 2 + 1
        let scale = 1 / (shape.rate * window.reduce(0) { $0 + $1 * $1 })
        var powers = [[Double]](repeating: [], count: bins)
        var piece = [Double](repeating: 0, count: shape.segment)
        var spectrum = [SIMD2<Double>](repeating: .zero, count: bins)
        for index in 0..<shape.segments {
            let start = index * shape.hop
            let mean = series[start..<start + shape.segment].reduce(0, +) / Double(shape.segment)
            for t in 0..<shape.segment { piece[t] = (series[start + t] - mean) * window[t] }
            segmentPlan.forward(piece, &spectrum)
            for k in 0..<bins {
                let sides = k == 0 || k == bins - 1 ? 1.0 : 2.0
                powers[k].append((spectrum[k] * spectrum[k]).sum() * scale * sides)
            }
        }
        return powers.map { list in
            guard shape.isMedian else { return list.reduce(0, +) / Double(list.count) }
            let sorted = list.sorted()
            return (sorted[sorted.count / 2] + sorted[(sorted.count - 1) / 2]) / 2 / shape.bias
        }
    }

    /// The filter's taps from -taps/2 on, symmetric about the middle, from a power spectral density as `powerSpectrum` gives it.
    public func filter(from power: [Double]) -> [Double] {
        let half = shape.samples / 2
        let values = shape.interpolatesPower ? power : power.map { $0.squareRoot() }
        let transfer = (0...half).map { k -> SIMD2<Double> in
            let taper = bandTaper(k)
            if taper == 0 { return .zero }
            let position = Double(k) * Double(shape.segment) / Double(shape.samples)
            let i = min(Int(position), values.count - 2)
            let value = values[i] + (values[i + 1] - values[i]) * (position - Double(i))
            return SIMD2(taper / (shape.interpolatesPower ? value.squareRoot() : value), 0)
        }
        var impulse = [Double](repeating: 0, count: shape.samples)
        plan.backward(transfer, &impulse)
        let taps = Self.hann(shape.taps)
        let reach = shape.taps / 2
        return (0..<shape.taps).map { i in
            let t = i - reach
            return impulse[t < 0 ? t + shape.samples : t] / Double(shape.samples) * taps[i]
        }
    }

    private func bandTaper(_ bin: Int) -> Double {
        let last = shape.samples / 2
        if bin < shape.highpassBin { return 0 }
        guard shape.bandTaper > 0 else { return bin == 0 || bin == last ? 0 : 1 }
        let edge = min(bin - shape.highpassBin, last - bin)
        return edge < shape.bandTaper ? 0.5 * (1 - cos(2 * .pi * Double(edge) / Double(2 * shape.bandTaper - 1))) : 1
    }

    /// The series without its mean, its ends taken down where the convention says so.
    private func conditioned(_ series: [Double]) -> [Double] {
        let mean = series.reduce(0, +) / Double(series.count)
        var result = series.map { $0 - mean }
        guard shape.tapersEnds else { return result }
        let taper = Self.hann(shape.taps)
        let reach = shape.taps / 2
        for t in 0..<reach {
            result[t] *= taper[t]
            result[result.count - reach + t] *= taper[reach + t]
        }
        return result
    }

    /// The whitened series: white noise has mean 0 and variance 1. The first and the last half filter length are not right.
    public func whiten(_ series: [Double]) -> [Double] {
        let taps = filter(from: powerSpectrum(of: series))
        let (length, reach) = (shape.samples + shape.taps, shape.taps / 2)
        var input = conditioned(series) + [Double](repeating: 0, count: shape.taps)
        var response = [Double](repeating: 0, count: length)
        for i in 0..<shape.taps { response[i < reach ? length - reach + i : i - reach] = taps[i] }
        var (a, b) = ([SIMD2<Double>](repeating: .zero, count: length / 2 + 1), [SIMD2<Double>](repeating: .zero, count: length / 2 + 1))
        longPlan.forward(input, &a)
        longPlan.forward(response, &b)
        for k in a.indices { a[k] = SIMD2(a[k].x * b[k].x - a[k].y * b[k].y, a[k].x * b[k].y + a[k].y * b[k].x) }
        longPlan.backward(a, &input)
        let scale = (2 / shape.rate).squareRoot() / Double(length)
        return input.prefix(shape.samples).map { $0 * scale }
    }

    /// The spectrum of the whitened series as `WhiteningKernel` gives it: the filter is applied around the series' ends, which changes only the
    /// first and the last half filter length.
    public func spectrum(ofWhitened series: [Double]) -> [SIMD2<Double>] {
        let taps = filter(from: powerSpectrum(of: series))
        let reach = shape.taps / 2
        var response = [Double](repeating: 0, count: shape.samples)
        for i in 0..<shape.taps { response[i < reach ? shape.samples - reach + i : i - reach] += taps[i] }
        let bins = shape.samples / 2 + 1
        var (a, b) = ([SIMD2<Double>](repeating: .zero, count: bins), [SIMD2<Double>](repeating: .zero, count: bins))
        plan.forward(conditioned(series), &a)
        plan.forward(response, &b)
        let gain = (2 / shape.rate).squareRoot() * 2 / Double(shape.samples)
        return a.indices.map { k in a[k] * (b[k].x * (k == 0 ? gain / 2 : gain)) }
    }
}
