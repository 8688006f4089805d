import Glibc
import Glitches
import Numerics

/// Figures of a stretch of strain that say how good it is.
public enum StrainMeasures {
    /// Distance at which an inspiral of two neutron stars of 1.4 solar masses has a signal to noise of 8, averaged over directions and inclinations, Mpc: the
    /// horizon of an optimally oriented one (Allen et al., Phys. Rev. D 85, 122006, 2012, appendix D) over 2.2648 (Finn and Chernoff, Phys. Rev. D 47, 2198,
    /// 1993), up to the last stable orbit at 1570 Hz.
    /// - Parameters:
    ///   - power: one-sided power spectral density, from 0 Hz on, `step` Hz apart.
    ///   - lowest: Hz.
    public static func inspiralRange(power: [Double], step: Double, lowest: Double = 10) -> Double {
        let (gravitation, light, sun, megaparsec) = (6.6743e-11, 299_792_458.0, 1.98841e30, 3.0856775814913673e22)
        let total = 2.8 * sun
        let chirp = pow(0.25, 0.6) * total
        let innermost = pow(light, 3) / (pow(6, 1.5) * .pi * gravitation * total)
        var integral = 0.0
        for (k, density) in power.enumerated() {
            let f = Double(k) * step
            if f >= lowest, f <= innermost, density > 0 { integral += pow(f, -7.0 / 3) / density * step }
        }
        // |h(f)| = sqrt(5/24) pi^(-2/3) (G Mc)^(5/6) c^(-3/2) f^(-7/6) / D for an optimally oriented source; SNR² = 4 ∫ |h|² / S.
        let amplitude = (5.0 / 24).squareRoot() * pow(.pi, -2.0 / 3) * pow(gravitation * chirp, 5.0 / 6) * pow(light, -1.5)
        return 2 * amplitude * integral.squareRoot() / 8 / 2.2648 / megaparsec
    }

    /// Power density of a stretch by Welch's method with the median, periodograms of 4 s.
    public static func power(_ series: [Double], rate: Double) throws -> (power: [Double], step: Double) {
        let settings = WhiteningSettings(transformDuration: 4, overlap: 2, filterDuration: 2)
        let count = Int((Double(series.count) / rate).rounded(.down) / 4) * 4
        let samples = count * Int(rate)
        let shape = try settings.shape(samples: samples, rate: rate)
        return (try Whitening(shape).powerSpectrum(of: Array(series.prefix(samples))), 0.25)
    }

    /// Matched-filter signal to noise of a sine-Gaussian in whitened series, both phases taken together, at most `slack` seconds from `time`.
    /// - Parameters:
    ///   - series: whitened to variance 1, at `rate`.
    ///   - whitening: what whitened it, to whiten the template by.
    static func signalToNoise(
        _ series: [Double], rate: Double, whitening: PredictionErrorFilter, time: Double, frequency: Double, quality: Double, slack: Double = 0.005
    ) -> Double {
        let width = quality / (2.0.squareRoot() * .pi * frequency)
        let reach = Int((4 * width * rate).rounded(.up))
        let lead = whitening.coefficients.count
        func template(_ phase: Double) -> [Double] {
            let plain = (0..<lead + 2 * reach + lead).map { i -> Double in
                let t = Double(i - lead - reach) / rate
                return exp(-t * t / (width * width)) * cos(2 * .pi * frequency * t + phase)
            }
            return whitening.apply(plain)
        }
        let (a, b) = (template(0), template(.pi / 2))
        func product(_ x: [Double], _ y: [Double]) -> Double { zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } }
        let (aa, ab, bb) = (product(a, a), product(a, b), product(b, b))
        let determinant = aa * bb - ab * ab
        guard determinant > 0 else { return 0 }
        var best = 0.0
        let middle = Int((time * rate).rounded())
        let steps = Int((slack * rate).rounded())
        for shift in -steps...steps {
            let begin = middle + shift - lead - reach
            guard begin >= 0, begin + a.count <= series.count else { continue }
            let piece = Array(series[begin..<begin + a.count])
            let (xa, xb) = (product(piece, a), product(piece, b))
            best = max(best, (bb * xa * xa - 2 * ab * xa * xb + aa * xb * xb) / determinant)
        }
        return best.squareRoot()
    }
}
