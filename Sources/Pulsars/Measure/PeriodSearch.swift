import Glibc
import Numerics

/// A period of a series, with what speaks for it.
public struct PeriodMeasurement: Equatable, Sendable {
    /// s.
    public var period: Double
    public var error: Double
    /// Harmonics that were added up, and their power in units of the noise's mean.
    public var harmonics: Int
    public var power: Double
    /// Probability that noise gives as much in one of all frequencies and sums looked at.
    public var falseAlarm: Double
    /// χ² of the folded profile against a flat one, over its degrees of freedom.
    public var foldedChiSquared: Double
    /// Folded profile, mean 0, in units of its bins' noise.
    public var profile: [Double]
}

/// Looks for a period by Fourier transform with sums of harmonics, then by folding. (Ransom, Eikenberry & Middleditch 2002, AJ 124, 1788)
public enum PeriodSearch {
    static let bins = 64
    static let harmonicSums = [1, 2, 4, 8, 16]

    /// - Parameters:
    ///   - step: s between the numbers of `series`.
    ///   - shortest, longest: s.
    /// - Returns: the best period, nil where the series is too short for any.
    public static func best(_ series: [Float], step: Double, shortest: Double, longest: Double) throws -> PeriodMeasurement? {
        let count = series.count / 2 * 2
        guard count >= 1024 else { return nil }
        let whole = Double(count) * step
        let powers = try whitened(series, count: count)
        let top = powers.count - 1
        let (lowest, highest) = (max(2, Int((whole / longest).rounded(.up))), min(top, Int(whole / shortest)))
        guard lowest < highest else { return nil }
        // Steps of the highest harmonic's bin, so that it is met too: harmonic k of sum h at bin j k / h. The place is that of the highest.
        var best: (place: Int, harmonics: Int, power: Double, chance: Double)?
        var trials = 0.0
        for sum in harmonicSums where lowest * sum <= top {
            for place in lowest * sum...min(top, highest * sum) {
                trials += 1
                var power = 0.0
                for k in 1...sum { power += powers[(2 * place * k + sum) / (2 * sum)] }
                guard power > Double(sum) else { continue }
                let chance = logSurvival(power, terms: sum)
                if chance < best?.chance ?? 0 { best = (place, sum, power, chance) }
            }
        }
        guard let found = best else { return nil }
        let falseAlarm = min(1, exp(log(trials) + found.chance))
        // Folding about the frequency found, over two bins of the highest harmonic to both sides in sixteenths of it.
        let origin = Double(found.place) / Double(found.harmonics) / whole
        let fine = 1 / (whole * 16 * Double(found.harmonics))
        var folded = (frequency: origin, chi: -1.0, profile: [Double]())
        for i in -32...32 {
            let frequency = origin + Double(i) * fine
            let (chi, profile) = fold(series, count: count, cycles: frequency * step)
            if chi > folded.chi { folded = (frequency, chi, profile) }
        }
        let strength = weightedPower(folded.profile, harmonics: min(found.harmonics, bins / 2))
        // That of a sum of harmonics; a drift of a bin over the whole, which folding does not see; and the steps.
        let noise = 1.5 / (.pi * .pi * whole * whole * max(1e-9, strength))
        let drift = 1 / (12 * Double(bins * bins) * whole * whole)
        let error = (noise + drift + fine * fine / 12).squareRoot()
        let period = 1 / folded.frequency
        return PeriodMeasurement(
            period: period, error: error * period * period, harmonics: found.harmonics, power: found.power, falseAlarm: falseAlarm,
            foldedChiSquared: folded.chi / Double(bins - 1), profile: folded.profile)
    }

    /// Logarithm of the probability that a sum of `terms` exponential numbers of mean 1 exceeds `power`: exp(-x) Σ x^k / k!.
    static func logSurvival(_ power: Double, terms: Int) -> Double {
        var (term, sum) = (1.0, 1.0)
        for k in 1..<max(1, terms) {
            term *= power / Double(k)
            sum += term
        }
        return log(sum) - power
    }

    /// Powers in units of the noise's mean there: the median of neighbouring frequencies, in blocks that widen, over ln 2.
    static func whitened(_ series: [Float], count: Int) throws -> [Double] {
        let plan = try FourierPlan(real: [count])
        let mean = series[..<count].reduce(0.0) { $0 + Double($1) } / Double(count)
        let input = series[..<count].map { Double($0) - mean }
        var spectrum = [SIMD2<Double>](repeating: .zero, count: plan.frequencies)
        plan.forward(input, &spectrum)
        var powers = spectrum.map { $0.x * $0.x + $0.y * $0.y }
        powers[0] = 0
        var begin = 1
        var width = 16
        while begin < powers.count {
            var end = min(powers.count, begin + width)
            if powers.count - end < width / 2 { end = powers.count }
            let sorted = powers[begin..<end].sorted()
            let level = (sorted[sorted.count / 2] + sorted[(sorted.count - 1) / 2]) / 2 / log(2.0)
            for i in begin..<end { powers[i] = level > 0 ? powers[i] / level : 0 }
            begin = end
            width = min(1024, width * 5 / 4)
        }
        return powers
    }

    /// Profile of `bins` bins for so many turns a sample; χ² against a flat one, from the scatter of the series.
    static func fold(_ series: [Float], count: Int, cycles: Double) -> (chi: Double, profile: [Double]) {
        var sums = [Double](repeating: 0, count: bins)
        var numbers = [Double](repeating: 0, count: bins)
        var (sum, square) = (0.0, 0.0)
        var phase = 0.0
        for t in 0..<count {
            let value = Double(series[t])
            let bin = min(bins - 1, Int(phase * Double(bins)))
            sums[bin] += value
            numbers[bin] += 1
            sum += value
            square += value * value
            phase += cycles
            phase -= phase.rounded(.down)
        }
        let mean = sum / Double(count)
        let noise = max(1e-300, square / Double(count) - mean * mean).squareRoot()
        let profile = (0..<bins).map { numbers[$0] > 0 ? (sums[$0] / numbers[$0] - mean) * numbers[$0].squareRoot() / noise : 0 }
        return (profile.reduce(0) { $0 + $1 * $1 }, profile)
    }

    /// Σ k² P_k over harmonics of a profile in units of its noise, P_k in units of the noise's mean.
    private static func weightedPower(_ profile: [Double], harmonics: Int) -> Double {
        (1...max(1, harmonics)).reduce(0.0) { total, k in
            var (real, imaginary) = (0.0, 0.0)
            for (b, value) in profile.enumerated() {
                let angle = 2 * Double.pi * Double(k * b) / Double(bins)
                real += value * cos(angle)
                imaginary += value * sin(angle)
            }
            return total + Double(k * k) * (real * real + imaginary * imaginary) / Double(bins)
        }
    }

    /// A period from arrival times that are whole turns apart: a straight line through arrivals and numbers of turns.
    /// - Returns: period, error and the root mean square of what is left, s; nil for fewer than 3 arrivals or turns that cannot be told apart.
    public static func fromArrivals(_ arrivals: [Double], errors: [Double], near period: Double) -> (period: Estimate, scatter: Double)? {
        guard arrivals.count >= 3, arrivals.count == errors.count, period > 0, let origin = arrivals.first else { return nil }
        let turns = arrivals.map { (($0 - origin) / period).rounded() }
        guard Set(turns).count >= 3, let line = try? Statistics.linearFit(turns, arrivals, errors: errors.map { max($0, 1e-12) }) else { return nil }
        let rest = zip(arrivals, turns).map { $0 - line.parameters[0].value - line.parameters[1].value * $1 }
        let scatter = (rest.reduce(0) { $0 + $1 * $1 } / Double(rest.count)).squareRoot()
        guard scatter < 0.1 * period else { return nil }
        let inflation = max(1, line.chiSquared / Double(line.degreesOfFreedom)).squareRoot()
        return (Estimate(value: line.parameters[1].value, error: line.parameters[1].error * inflation), scatter)
    }
}
