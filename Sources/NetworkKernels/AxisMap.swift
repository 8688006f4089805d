/// Which source coordinate each tap of each result coordinate reads, along one axis.
///
/// Everything about padding, wrapping and strides is here and nowhere else.
struct AxisMap {
    struct Site {
        let result: Int
        /// Where each tap would read on an endless axis.
        let reach: [Int]
        /// Where it reads: wrapped, or nil for a zero beyond the edge.
        let taps: [Int?]
    }
    let sites: [Site]
    let tapCount: Int
    let sourceExtent: Int
    let resultExtent: Int

    /// A convolution: output y reads input y * stride + k - lowerPadding.
    static func forward(_ shape: ConvolutionShape, axis: Int) -> AxisMap {
        let taps = shape.kernelExtents[axis]
        return AxisMap(
            tapCount: taps, sourceExtent: shape.inputExtents[axis], resultExtent: shape.outputExtents[axis], boundary: shape.boundary,
            sites: (0..<shape.outputExtents[axis]).map { y in
                (y, (0..<taps).map { y * shape.strides[axis] + $0 - shape.lowerPadding[axis] })
            })
    }

    /// Its transpose for the inputs x with (x + lowerPadding) mod stride = phase: they read the outputs
    /// (x + lowerPadding) / stride - m through the taps k = phase + m * stride.
    static func transposed(_ shape: ConvolutionShape, axis: Int, phase: Int) -> AxisMap {
        let stride = shape.strides[axis], lower = shape.lowerPadding[axis]
        let taps = tapsOfPhase(shape, axis: axis, phase: phase).count
        return AxisMap(
            tapCount: taps, sourceExtent: shape.outputExtents[axis], resultExtent: shape.inputExtents[axis], boundary: shape.boundary,
            sites: (0..<shape.inputExtents[axis]).filter { ($0 + lower) % stride == phase }.map { x in
                (x, (0..<taps).map { (x + lower) / stride - $0 })
            })
    }

    static func tapsOfPhase(_ shape: ConvolutionShape, axis: Int, phase: Int) -> [Int] {
        Array(stride(from: phase, to: shape.kernelExtents[axis], by: shape.strides[axis]))
    }

    /// An axis of one site, so that a line is a plane of one row.
    static let single = AxisMap(tapCount: 1, sourceExtent: 1, resultExtent: 1, boundary: .zero, sites: [(0, [0])])

    private init(tapCount: Int, sourceExtent: Int, resultExtent: Int, boundary: Boundary, sites: [(result: Int, reach: [Int])]) {
        self.tapCount = tapCount
        self.sourceExtent = sourceExtent
        self.resultExtent = resultExtent
        self.sites = sites.map { site in
            Site(
                result: site.result, reach: site.reach,
                taps: site.reach.map { x in
                    switch boundary {
                    case .periodic: Extents.wrap(x, sourceExtent)
                    case .zero: x >= 0 && x < sourceExtent ? x : nil
                    }
                })
        }
    }
}
