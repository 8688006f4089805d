/// Frames of which it is known where their pulse lies.
public protocol MaskedFrameSource: LabelledFrameSource {
    /// Writes frame `index` as `write(frame:into:)` does, and where its pulse is.
    ///
    /// *Not collective.* `mask` has as many numbers as `values`, in the same order: 1 where the pulse is, 0 elsewhere.
    func write(frame index: UInt64, into values: UnsafeMutableBufferPointer<Float>, mask: UnsafeMutableBufferPointer<Float>) -> FrameTruth
}

extension VariedFrames: MaskedFrameSource where Source: MaskedFrameSource {
    public func write(frame index: UInt64, into values: UnsafeMutableBufferPointer<Float>, mask: UnsafeMutableBufferPointer<Float>) -> FrameTruth {
        let (source, frame) = place(of: index)
        return sources[source].write(frame: frame, into: values, mask: mask)
    }
}
