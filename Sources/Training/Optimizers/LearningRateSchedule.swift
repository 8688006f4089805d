import Glibc

/// The learning rate as a function of the step, counted from 0.
///
/// The formulas are the closed forms of the schedulers of the same names in `torch.optim.lr_scheduler`.
public indirect enum LearningRateSchedule: Sendable, Equatable {
    case constant(Double)
    /// Half a cosine from `from` to `to` in `steps` steps, `to` from there on. Loshchilov and Hutter, arXiv:1608.03983, eq. 5.
    case cosine(from: Double, to: Double, steps: Int)
    /// `from` times `factor` to the power step / `every`.
    case exponential(from: Double, factor: Double, every: Int)
    /// `from` times `factor` once every `every` steps.
    case staircase(from: Double, factor: Double, every: Int)
    /// Linear from `first` times the rate of `then` to the full one during `steps` steps; `then` starts after them.
    case warmUp(steps: Int, first: Double, then: LearningRateSchedule)
    /// A cosine up to `peak` in the first `rising` of all steps, a cosine down in the rest. Smith and Topin, arXiv:1708.07120.
    case oneCycle(peak: Double, steps: Int, rising: Double = 0.3, initialDivisor: Double = 25, finalDivisor: Double = 1e4)

    /// What trainings of networks take: a rise in the first hundred steps (or tenth of all) from `first` of the rate, then half a cosine down to `last` of it; or the rate as
    /// it is.
    public static func risingAndFalling(_ rate: Double, steps: Int, first: Double = 0.05, last: Double = 0.01, isConstant: Bool) -> LearningRateSchedule {
        let rising = min(100, steps / 10)
        return isConstant ? .constant(rate) : .warmUp(steps: rising, first: first, then: .cosine(from: rate, to: last * rate, steps: steps - rising))
    }

    /// The learning rate of step `step`.
    public func rate(step: Int) -> Double {
        switch self {
        case .constant(let rate):
            return rate
        case .cosine(let from, let to, let steps):
            return Self.halfCosine(from: from, to: to, at: Double(step) / Double(max(steps, 1)))
        case .exponential(let from, let factor, let every):
            return from * pow(factor, Double(step) / Double(max(every, 1)))
        case .staircase(let from, let factor, let every):
            return from * pow(factor, Double(step / max(every, 1)))
        case .warmUp(let steps, let first, let then):
            if step >= steps { return then.rate(step: step - steps) }
            return then.rate(step: 0) * (first + (1 - first) * Double(step) / Double(steps))
        case .oneCycle(let peak, let steps, let rising, let initialDivisor, let finalDivisor):
            let initial = peak / initialDivisor
            let turn = rising * Double(steps) - 1
            let end = Double(steps - 1)
            if Double(step) <= turn { return Self.halfCosine(from: initial, to: peak, at: Double(step) / turn) }
            return Self.halfCosine(from: peak, to: initial / finalDivisor, at: (Double(step) - turn) / max(end - turn, 1))
        }
    }

    private static func halfCosine(from: Double, to: Double, at fraction: Double) -> Double {
        to + (from - to) * (1 + cos(.pi * min(max(fraction, 0), 1))) / 2
    }
}
