import Glibc
import PulsarKernels
import RadioStreams

/// Where in a frame a pulse is about: the best boxcar along paths that begin in the frame, over dispersion measures.
enum FrameGuess {
    static let filters = 7

    /// The strongest of dispersion measures up to `highest` and boxcars of 1 to 64 samples; paths count with the channels that they cross in the frame. nil
    /// where nothing varies.
    static func best(_ window: PulseWindow, highest: Double, constant: DispersionConstant) -> CandidateRow? {
        guard !window.columns.isEmpty, window.count > 0 else { return nil }
        let reference = window.frequencies.max() ?? 1
        let delays = window.frequencies.map { constant.delay(dispersionMeasure: 1, frequency: $0, reference: reference) / window.samplingTime }
        let longest = max(1e-9, delays.max() ?? 1)
        let step = max(highest / 2000, 1.5 / longest)
        var best: CandidateRow?
        var sums = [Float](repeating: 0, count: window.count + 1)
        var members = sums
        var trial = 0
        while Double(trial) * step <= highest {
            let measure = Double(trial) * step
            for t in sums.indices { (sums[t], members[t]) = (0, 0) }
            for (c, column) in window.columns.enumerated() {
                let delay = Int((delays[c] * measure).rounded())
                guard delay < window.count else { continue }
                for t in 0..<window.count - delay {
                    sums[t] += column[t + delay]
                    members[t] += 1
                }
            }
            for filter in 0..<filters {
                let width = 1 << filter
                guard width <= window.count / 2 else { break }
                var (sum, number): (Float, Float) = (0, 0)
                for t in 0..<window.count {
                    sum += sums[t]
                    number += members[t]
                    if t >= width {
                        sum -= sums[t - width]
                        number -= members[t - width]
                    }
                    guard t + 1 >= width, number > 0 else { continue }
                    let ratio = Double(sum / number.squareRoot())
                    if ratio > best?.signalToNoise ?? 0 {
                        best = CandidateRow(signalToNoise: ratio, sample: t + 1 - width / 2 - (width == 1 ? 1 : 0), filter: filter, dispersionMeasure: measure)
                    }
                }
            }
            trial += 1
        }
        return best
    }
}
