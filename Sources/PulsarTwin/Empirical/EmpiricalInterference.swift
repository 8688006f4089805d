import Glibc
import Numerics
import PulsarFrames
import PulsarKernels

/// Interference of one frame, drawn from what a recording holds, or from the ranges of the settings where it holds none. In units of each channel's noise.
struct EmpiricalInterference {
    let learned: LearnedRecording
    let settings: FrameSettings
    let noise: RandomStream
    let frame: UInt64
    let base: UnsafeMutablePointer<Float>

    private var axes: FrameAxes { learned.axes }

    /// One carrier, and as many more as a window of the recording has.
    func addCarriers(_ draws: inout Draws) {
        let numbers = learned.carriersPerWindow.filter { $0 > 0 }
        let number = numbers.isEmpty ? 1 + draws.integer(below: 3) : min(6, numbers[draws.integer(below: numbers.count)])
        for k in 0..<number {
            guard !learned.carriers.isEmpty else {
                addDrawnCarrier(&draws)
                continue
            }
            let carrier = learned.carriers[draws.integer(below: learned.carriers.count)]
            let isElsewhere = draws.uniform() < 0.3
            let place = draws.integer(below: max(1, axes.channels - carrier.profile.count + 1))
            let strength = Float(draws.logarithmic(0.7...1.4))
            let shift = draws.integer(below: LearnedCarrier.segments)
            add(carrier, at: isElsewhere ? place : carrier.firstChannel, strength: strength, shift: shift, series: UInt64(k))
        }
    }

    private func add(_ carrier: LearnedCarrier, at first: Int, strength: Float, shift: Int, series: UInt64) {
        let count = axes.samples
        withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { buffer in
            guard let restless = buffer.baseAddress else { return }
            for (i, level) in carrier.profile.enumerated() where first + i < axes.channels {
                let row = base + (first + i) * count
                EmpiricalNoiseKernel.series(restless, count: count, correlation: 0, stream: noise, epoch: frame, number: series << 20 | UInt64(i))
                for t in 0..<count {
                    let course = carrier.envelope[(t * LearnedCarrier.segments / count + shift) % LearnedCarrier.segments]
                    row[t] += strength * (level * course + carrier.unrest * restless[t])
                }
            }
        }
    }

    private func addDrawnCarrier(_ draws: inout Draws) {
        let middle = draws.integer(below: axes.channels)
        let strength = Float(draws.logarithmic(settings.carrierStrength))
        let deviation = draws.logarithmic(0.1...1.2)
        let isPassing = draws.uniform() < 0.4
        let begin = isPassing ? Int(Double(axes.samples) * draws.uniform(0...0.7)) : 0
        let length = isPassing ? Int(Double(axes.samples) * draws.uniform(0.1...0.6)) : axes.samples
        for c in max(0, middle - 4)...min(axes.channels - 1, middle + 4) {
            let x = Double(c - middle) / deviation
            let height = strength * Float(exp(-0.5 * x * x))
            for t in begin..<min(axes.samples, begin + max(1, length)) where height > 0.01 * strength { base[c * axes.samples + t] += height }
        }
    }

    /// One to three undispersed impulses.
    func addImpulses(_ draws: inout Draws) {
        for _ in 0..<1 + draws.integer(below: 3) {
            let middle = Double(axes.samples) * draws.uniform(0.02...0.98)
            if learned.impulses.isEmpty {
                let height = Float(draws.logarithmic(settings.impulseStrength))
                add(middle, deviation: draws.logarithmic(0.3...4), heights: [Float](repeating: height, count: LearnedImpulse.bands))
            } else {
                let impulse = learned.impulses[draws.integer(below: learned.impulses.count)]
                let strength = Float(draws.logarithmic(0.7...1.4))
                add(middle, deviation: Double(impulse.width) / 2.5 * draws.logarithmic(0.7...1.4), heights: impulse.heights.map { $0 * strength })
            }
        }
    }

    private func add(_ middle: Double, deviation: Double, heights: [Float]) {
        let scale = 1 / (deviation * 2.0.squareRoot())
        let reach = Int(5 * deviation) + 2
        let range = max(0, Int(middle) - reach)..<min(axes.samples, Int(middle) + reach)
        let shape = range.map { t in
            Float(deviation * (2 * Double.pi).squareRoot() * 0.5 * (erf((Double(t + 1) - middle) * scale) - erf((Double(t) - middle) * scale)))
        }
        for c in 0..<axes.channels {
            let height = heights[c * heights.count / axes.channels]
            for (t, share) in zip(range, shape) { base[c * axes.samples + t] += height * share }
        }
    }

    /// A dropped block, saturation, or a carrier that runs through the band.
    func addUnusual(_ draws: inout Draws) {
        let kind = draws.integer(below: 3)
        let begin = Int(Double(axes.samples) * draws.uniform(0...0.6))
        let end = min(axes.samples, begin + max(2, Int(Double(axes.samples) * draws.uniform(0.1...0.4))))
        if kind == 0 {
            let strength = Float(draws.logarithmic(3...max(4, settings.carrierStrength.upperBound)))
            let isRising = draws.uniform() < 0.5
            let length = Double(end - begin) * 1.5
            for t in begin..<min(axes.samples, begin + Int(length)) {
                let place = Int(Double(axes.channels) * Double(t - begin) / length)
                let channel = isRising ? axes.channels - 1 - place : place
                for c in max(0, channel - 1)...min(axes.channels - 1, channel + 1) { base[c * axes.samples + t] += c == channel ? strength : strength / 2 }
            }
            return
        }
        for c in 0..<axes.channels where learned.states[c] != .dead {
            let bounds = (learned.lowest[c], learned.highest[c])
            // Beyond what the digitiser holds; of numbers without bounds, to zero or far up.
            let low = bounds.0 > -.greatestFiniteMagnitude ? -1e6 : -Float(learned.means[c] / learned.deviations[c])
            let high: Float = bounds.1 < .greatestFiniteMagnitude ? 1e6 : 50
            for t in begin..<end { base[c * axes.samples + t] = kind == 1 ? low : high }
        }
    }
}
