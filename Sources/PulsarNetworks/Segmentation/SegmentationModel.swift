import Batch
import PulsarFrames
import Pulsars
import RadioStreams

/// A U-Net that says of each part of a frame whether a pulse is there: all that its shape and meaning depend on, apart from its weights.
public struct SegmentationModel: Hashable, Sendable {
    /// What `model.network` calls it.
    public static let name = "unet"
    public var axes: FrameAxes
    /// Channels of the first level; each of the four below has twice as many as the one above.
    public var base: Int
    /// Rows and columns of what the network sees: neighbouring channels and samples of a frame are added up to so many.
    public var side: Int
    /// With which the paths of pulses are turned into dispersion measures.
    public var constant: DispersionConstant

    public init(axes: FrameAxes, base: Int = 32, side: Int = 128, constant: DispersionConstant = .handbook) {
        (self.axes, self.base, self.side, self.constant) = (axes, base, side, constant)
    }

    /// The section `model`. *Not collective.* Throws `ConfigurationError`.
    public init(_ section: Configuration, axes: FrameAxes) throws {
        self.init(
            axes: axes, base: try section.int("base", default: 32, in: 1...256), side: try section.int("side", default: 128, in: 16...1024),
            constant: try section.choice("dispersion_constant", default: .handbook))
    }

    /// Throws `ClassifierError` where the axes do not suit the network.
    public func validate() throws {
        try axes.validate(network: Self.name)
        func wrong(_ what: String, _ found: Any, _ wanted: String) -> ClassifierError {
            ClassifierError("network \(Self.name): \(what): found \(found), wanted \(wanted)")
        }
        guard side % 16 == 0, side > 0 else { throw wrong("model.side", side, "a multiple of 16: the network halves it four times") }
        guard (1...256).contains(base) else { throw wrong("model.base", base, "1 to 256") }
        guard axes.channels % side == 0 else { throw wrong("channels of a frame", axes.channels, "a multiple of model.side, \(side)") }
        guard axes.samples % side == 0, axes.samples % 128 == 0 else {
            throw wrong("samples of a frame", axes.samples, "a multiple of 128 and of model.side, \(side)")
        }
    }

    /// Channels and samples of the frame in a row and a column of the mask.
    var channelFactor: Int { axes.channels / side }
    var sampleFactor: Int { axes.samples / side }
}
