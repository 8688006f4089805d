/// Frames of several sources in turn, eight of each: training that sees more than one telescope.
public struct VariedFrames<Source: LabelledFrameSource>: LabelledFrameSource {
    public let sources: [Source]
    public let axes: FrameAxes
    /// Frames that one source gives before the next: as many as there are classes that come in turn.
    public static var run: UInt64 { 8 }

    /// nil without a source, and for sources of different axes.
    public init?(_ sources: [Source]) {
        guard let first = sources.first, sources.allSatisfy({ $0.axes == first.axes }) else { return nil }
        self.sources = sources
        axes = first.axes
    }

    public func write(frame index: UInt64, into values: UnsafeMutableBufferPointer<Float>) -> FrameTruth {
        let (source, frame) = place(of: index)
        return sources[source].write(frame: frame, into: values)
    }

    /// Which source a frame comes from, and which of its frames it is.
    func place(of index: UInt64) -> (source: Int, frame: UInt64) {
        let (turn, place) = (index / Self.run, index % Self.run)
        let count = UInt64(sources.count)
        return (Int(turn % count), turn / count * Self.run + place)
    }
}
