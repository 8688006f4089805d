import PulsarFrames
import PulsarKernels

/// Brings a frame into the form that a network takes. One object serves one thread.
public final class FramePreparer {
    /// Numbers of a prepared frame.
    public let count: Int
    private let model: ClassifierModel
    private let features: FrameFeatures?
    private let channels: RobustChannels

    /// - Throws: `ClassifierError` for axes that do not suit the network.
    public init(_ model: ClassifierModel) throws {
        try model.validate()
        self.model = model
        features = model.kind == .didymos ? try FrameFeatures(model) : nil
        count = features?.count ?? model.axes.channels * model.axes.samples
        channels = RobustChannels(model.axes)
    }

    /// - Parameters:
    ///   - frame: sample t of channel c at `c * stride + t`, channel 0 the highest frequency; finite numbers.
    ///   - out: room for `count` numbers, and one more.
    public func prepare(_ frame: UnsafePointer<Float>, stride: Int, into out: UnsafeMutablePointer<Float>) {
        if let features { return features.prepare(frame, stride: stride, into: out) }
        switch model.preparation {
        case .robust: channels.prepare(frame, stride: stride, into: out)
        case .published: published(frame, stride, out)
        }
    }

    private func published(_ frame: UnsafePointer<Float>, _ stride: Int, _ out: UnsafeMutablePointer<Float>) {
        let (channels, samples) = (model.axes.channels, model.axes.samples)
        var (low, high) = (Float.infinity, -Float.infinity)
        for c in 0..<channels {
            for t in 0..<samples {
                let x = frame[c * stride + t]
                low = min(low, x)
                high = max(high, x)
            }
        }
        let gain = high > low ? 255 / (high - low) : 0
        for c in 0..<channels {
            for t in 0..<samples { out[c * samples + t] = ((frame[c * stride + t] - low) * gain).rounded(.down) }
        }
    }
}
