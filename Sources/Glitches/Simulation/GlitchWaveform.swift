import Glibc

/// What a glitch adds to a channel, over time from its middle; amplitudes in the channel's unit.
public enum GlitchWaveform: Sendable, Equatable {
    /// A exp(-t²/τ²) sin(2πft + φ), τ = Q / (√2 π f).
    case sineGaussian(amplitude: Double, frequency: Double, quality: Double, phase: Double)
    /// The square of a sine-Gaussian of amplitude 1, times A: a coupling of second order.
    case squaredSineGaussian(amplitude: Double, frequency: Double, quality: Double, phase: Double)
    /// Light scattered back by something that swings: A sin(φ(t) + φ) where φ' / 2π = `fringe` cos(2π `motion` t), for half a swing, faded in and out
    /// (Accadia et al., Class. Quantum Grav. 27, 194011, 2010).
    case arch(amplitude: Double, fringe: Double, motion: Double, phase: Double)
    /// The swing behind an arch: A sin(2π `motion` t), faded over two swings.
    case swing(amplitude: Double, motion: Double)
    /// A sine-Gaussian times a line of amplitude 1, cos(2π `carrier` T) of the time T from the start of all data.
    case modulated(amplitude: Double, frequency: Double, quality: Double, phase: Double, carrier: Double)

    private static func width(_ frequency: Double, _ quality: Double) -> Double { quality / (2.0.squareRoot() * .pi * frequency) }

    /// Seconds to either side beyond which there is nothing.
    public var reach: Double {
        switch self {
        case .sineGaussian(_, let f, let q, _), .squaredSineGaussian(_, let f, let q, _), .modulated(_, let f, let q, _, _): 5 * Self.width(f, q)
        case .arch(_, _, let motion, _): 0.25 / motion
        case .swing(_, let motion): 1 / motion
        }
    }

    /// The value `t` seconds from the middle; `time` is seconds from the start of all data.
    public func value(_ t: Double, time: Double) -> Double {
        guard abs(t) < reach else { return 0 }
        switch self {
        case .sineGaussian(let amplitude, let f, let q, let phase):
            let x = t / Self.width(f, q)
            return amplitude * exp(-x * x) * sin(2 * .pi * f * t + phase)
        case .squaredSineGaussian(let amplitude, let f, let q, let phase):
            let x = t / Self.width(f, q)
            let root = exp(-x * x) * sin(2 * .pi * f * t + phase)
            return amplitude * root * root
        case .arch(let amplitude, let fringe, let motion, let phase):
            return amplitude * cos(2 * .pi * motion * t) * sin(fringe / motion * sin(2 * .pi * motion * t) + phase)
        case .swing(let amplitude, let motion):
            let fade = cos(0.5 * .pi * motion * t)
            return amplitude * fade * fade * sin(2 * .pi * motion * t)
        case .modulated(let amplitude, let f, let q, let phase, let carrier):
            let x = t / Self.width(f, q)
            let turns = carrier * time
            return amplitude * exp(-x * x) * sin(2 * .pi * f * t + phase) * cos(2 * .pi * (turns - turns.rounded(.down)))
        }
    }

    /// Frequency where its power is, Hz.
    public var frequency: Double {
        switch self {
        case .sineGaussian(_, let f, _, _): f
        case .squaredSineGaussian(_, let f, _, _): 2 * f
        case .arch(_, let fringe, _, _): fringe
        case .swing(_, let motion): motion
        case .modulated(_, let f, _, _, let carrier): carrier + f
        }
    }

    /// Integral of the square of the part around `frequency`, for an amplitude of 1, seconds.
    public var unitEnergy: Double {
        let root = (Double.pi / 2).squareRoot()
        return switch self {
        case .sineGaussian(_, let f, let q, _): Self.width(f, q) * root / 2
        // -cos(2 omega t) exp(-2 x²) / 2.
        case .squaredSineGaussian(_, let f, let q, _): Self.width(f, q) * root / 2.0.squareRoot() / 8
        case .arch(_, _, let motion, _): 0.125 / motion
        case .swing(_, let motion): 0.375 / motion
        case .modulated(_, let f, let q, _, _): Self.width(f, q) * root / 4
        }
    }

    /// The amplitude that gives a matched filter `signalToNoise` in noise of amplitude spectral density `density` at `frequency`.
    public func amplitude(signalToNoise: Double, density: Double) -> Double { signalToNoise * density / (2 * unitEnergy).squareRoot() }

    /// The same waveform of another amplitude.
    public func scaled(to amplitude: Double) -> GlitchWaveform {
        switch self {
        case .sineGaussian(_, let f, let q, let phase): .sineGaussian(amplitude: amplitude, frequency: f, quality: q, phase: phase)
        case .squaredSineGaussian(_, let f, let q, let phase): .squaredSineGaussian(amplitude: amplitude, frequency: f, quality: q, phase: phase)
        case .arch(_, let fringe, let motion, let phase): .arch(amplitude: amplitude, fringe: fringe, motion: motion, phase: phase)
        case .swing(_, let motion): .swing(amplitude: amplitude, motion: motion)
        case .modulated(_, let f, let q, let phase, let carrier):
            .modulated(amplitude: amplitude, frequency: f, quality: q, phase: phase, carrier: carrier)
        }
    }

    public var amplitude: Double {
        switch self {
        case .sineGaussian(let a, _, _, _), .squaredSineGaussian(let a, _, _, _), .arch(let a, _, _, _), .swing(let a, _), .modulated(let a, _, _, _, _): a
        }
    }
}
