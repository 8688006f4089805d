import PulsarFrames
import PulsarKernels

/// Brings each channel of a frame into units of its own noise: less its robust location, over its robust scale, within ±8. One object serves one thread.
final class RobustChannels {
    private let axes: FrameAxes
    private var series: [Float]

    /// - Parameter axes: with samples in multiples of 128.
    init(_ axes: FrameAxes) {
        self.axes = axes
        series = [Float](repeating: 0, count: 2 * axes.samples + 1)
    }

    /// - Parameters:
    ///   - frame: sample t of channel c at `c * stride + t`; finite numbers.
    ///   - out: room for the frame, and one more.
    func prepare(_ frame: UnsafePointer<Float>, stride: Int, into out: UnsafeMutablePointer<Float>) {
        let samples = axes.samples
        series.withUnsafeMutableBufferPointer { series in
            guard let series = series.baseAddress else { return }
            for c in 0..<axes.channels {
                let row = frame + c * stride
                let (location, scale) = FrameStatisticsKernel.robust(row, count: samples)
                _ = FrameStatisticsKernel.normalise(
                    row, count: samples, location: location, gain: scale > 0 ? 1 / scale : 0, limit: 8, into: out + c * samples, series: series,
                    squares: series + samples)
            }
        }
    }
}
