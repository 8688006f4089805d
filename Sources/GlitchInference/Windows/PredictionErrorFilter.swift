import Glibc
import Glitches
import Numerics

/// Whitening by linear prediction: what a sample has that the ones before it do not foretell. It looks at nothing later, so that a frame's last sample
/// is whitened as well as any other (Cuoco et al., Class. Quantum Grav. 18, 1727, 2001).
public struct PredictionErrorFilter: Sendable, Equatable {
    /// Of the present sample, the one before, …; so scaled that noise of the spectrum becomes white noise of variance 1 within the band.
    public let coefficients: [Double]

    public init(coefficients: [Double]) { self.coefficients = coefficients }

    /// - Parameters:
    ///   - power: one-sided power spectral density, at frequencies from 0 to half of `rate` at equal distances.
    ///   - band: Hz, outside of which the density is taken as at the band's ends.
    ///   - order: samples that a prediction goes by.
    /// - Throws: `GlitchError` for a spectrum that is none.
    package init(power: [Double], rate: Double, band: ClosedRange<Double>, order: Int, name: String) throws {
        let bins = power.count
        let step = rate / 2 / Double(bins - 1)
        let (low, high) = (min(bins - 1, Int((band.lowerBound / step).rounded(.up))), min(bins - 1, Int(band.upperBound / step)))
        guard low < high, power[low...high].allSatisfy({ $0.isFinite && $0 >= 0 }), power[low...high].contains(where: { $0 > 0 }) else {
            throw GlitchError("\(name): found no noise between \(band.lowerBound) and \(band.upperBound) Hz to whiten by, wanted a channel that changes")
        }
        let floor = 1e-12 * (power[low...high].max() ?? 1)
        let flat = power.indices.map { max(floor, power[min(max($0, low), high)]) }
        let plan = try FourierPlan(real: [2 * (bins - 1)])
        var correlation = [Double](repeating: 0, count: 2 * (bins - 1))
        plan.backward(flat.map { SIMD2($0, 0) }, &correlation)
        // One-sided density over the step: the variance is the sum over positive frequencies.
        let scale = step / 2
        for k in correlation.indices { correlation[k] *= scale }
        var a = [1.0]
        var error = correlation[0]
        for m in 1...min(order, bins - 2) {
            var sum = 0.0
            for i in 0..<m { sum += a[i] * correlation[m - i] }
            let reflection = -sum / error
            guard abs(reflection) < 1 else { break }
            a.append(0)
            let old = a
            for i in 1...m { a[i] = old[i] + reflection * old[m - i] }
            error *= 1 - reflection * reflection
            guard error > 0 else { throw GlitchError("\(name): its spectrum cannot be whitened by a filter of order \(order); take a smaller inference.order") }
        }
        // White noise of variance 1 has a one-sided density of 2 / rate; `error` is the variance of what is left.
        let norm = 1 / error.squareRoot()
        coefficients = a.map { $0 * norm }
    }

    /// The whitened series; its first values, for which there are too few before, are 0.
    package func apply(_ series: [Double]) -> [Double] {
        let order = coefficients.count
        var result = [Double](repeating: 0, count: series.count)
        guard series.count >= order else { return result }
        let reversed = Array(coefficients.reversed())
        series.withUnsafeBufferPointer { x in
            reversed.withUnsafeBufferPointer { h in
                guard let x = x.baseAddress, let h = h.baseAddress else { return }
                for t in order - 1..<series.count { result[t] = InnerProduct.of(x + (t - order + 1), h, count: order) }
            }
        }
        return result
    }

    /// The series whose whitening this is, from nothing before it on. A filter by linear prediction is of minimum phase: its inverse is stable.
    package func restore(_ whitened: [Double]) -> [Double] {
        guard let first = coefficients.first, first != 0 else { return whitened }
        let order = coefficients.count - 1
        let reversed = Array(coefficients.dropFirst().reversed())
        var padded = [Double](repeating: 0, count: order + whitened.count)
        padded.withUnsafeMutableBufferPointer { x in
            reversed.withUnsafeBufferPointer { h in
                guard let x = x.baseAddress, let h = h.baseAddress else { return }
                for t in whitened.indices { x[order + t] = (whitened[t] - InnerProduct.of(x + t, h, count: order)) / first }
            }
        }
        return Array(padded.dropFirst(order))
    }
}

/// Sums of products, eight at a time, always in the same order.
enum InnerProduct {
    static func of(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, count: Int) -> Double {
        let (p, q) = (UnsafeRawPointer(a), UnsafeRawPointer(b))
        var (s, r) = (SIMD8<Double>.zero, SIMD8<Double>.zero)
        var i = 0
        while i + 16 <= count {
            s += p.loadUnaligned(fromByteOffset: 8 * i, as: SIMD8<Double>.self) * q.loadUnaligned(fromByteOffset: 8 * i, as: SIMD8<Double>.self)
            r += p.loadUnaligned(fromByteOffset: 8 * i + 64, as: SIMD8<Double>.self) * q.loadUnaligned(fromByteOffset: 8 * i + 64, as: SIMD8<Double>.self)
            i += 16
        }
        var sum = (s + r).sum()
        while i < count {
            sum += a[i] * b[i]
            i += 1
        }
        return sum
    }
}
