/// Shape of a pooling layer: a window of fixed extents slides over each channel by itself, never beyond the edge.
public struct WindowShape: Hashable, Sendable {
    public let channels: Int
    public let inputExtents: [Int]
    public let windowExtents: [Int]
    public let strides: [Int]
    /// floor((input - window) / stride) + 1 on each axis.
    public let outputExtents: [Int]

    /// - Parameter strides: the window's extents if nil.
    /// - Throws: `KernelShapeError` if the axes disagree in number, an extent is not positive or the window does not fit.
    public init(channels: Int, inputExtents: [Int], windowExtents: [Int], strides: [Int]? = nil) throws {
        let strides = strides ?? windowExtents
        guard channels > 0, !inputExtents.isEmpty, windowExtents.count == inputExtents.count, strides.count == inputExtents.count else {
            throw KernelShapeError(
                "pooling: \(channels) channels of \(inputExtents), window \(windowExtents), strides \(strides): all need the same number of axes, at least one")
        }
        guard (inputExtents + windowExtents + strides).allSatisfy({ $0 > 0 }), zip(windowExtents, inputExtents).allSatisfy({ $0 <= $1 }) else {
            throw KernelShapeError("pooling: window \(windowExtents) with strides \(strides) does not fit into \(inputExtents)")
        }
        self.channels = channels
        self.inputExtents = inputExtents
        self.windowExtents = windowExtents
        self.strides = strides
        outputExtents = (0..<inputExtents.count).map { (inputExtents[$0] - windowExtents[$0]) / strides[$0] + 1 }
    }

    public var inputSites: Int { inputExtents.reduce(1, *) }
    public var outputSites: Int { outputExtents.reduce(1, *) }
    public var windowSites: Int { windowExtents.reduce(1, *) }
}
