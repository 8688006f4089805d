/// Frames of several sources in turn, eight of each: training that sees more than one telescope.
public struct VariedFrames: LabelledFrameSource {
    public let sources: [any LabelledFrameSource]
    public let axes: FrameAxes
    /// Frames that one source gives before the next: as many as there are classes that come in turn.
    public static let run: UInt64 = 8

    /// nil without a source, and for sources of different axes.
    public init?(_ sources: [any LabelledFrameSource]) {
        guard let first = sources.first, sources.allSatisfy({ $0.axes == first.axes }) else { return nil }
        self.sources = sources
        axes = first.axes
    }

    public func write(frame index: UInt64, into values: UnsafeMutableBufferPointer<Float>) -> FrameTruth {
        let (turn, place) = (index / Self.run, index % Self.run)
        let count = UInt64(sources.count)
        return sources[Int(turn % count)].write(frame: turn / count * Self.run + place, into: values)
    }
}
