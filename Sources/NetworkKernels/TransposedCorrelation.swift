import Numerics

/// The transpose of a convolution as one correlation per phase of the stride, each with the taps that meet that phase.
struct TransposedCorrelation: Sendable {
    private struct Phase: Sendable {
        let correlation: Correlation
        /// Index in the kernel of each tap of the phase.
        let taps: [Int32]
    }
    private let inputChannels: Int
    private let outputChannels: Int
    private let kernelTaps: Int
    private let phases: [Phase]
    /// Where a periodic input is not in step with the output, the gradient of the padded input is made and folded.
    private let fold: SiteGather?
    private let packedLanes: Int
    private let boxLanes: Int
    let scratchLanes: Int

    /// - Parameter parity: of the input sites that are computed, where the input is in step with the output; else all are.
    init(_ shape: ConvolutionShape, parity: Int? = nil) {
        let rank = shape.spatialRank
        var target = shape
        var fold: SiteGather?
        if shape.boundary == .periodic, !(0..<rank).allSatisfy({ shape.outputExtents[$0] * shape.strides[$0] == shape.inputExtents[$0] }) {
            fold = SiteGather(shape)
            target = shape.withoutPadding
        }
        let phaseExtents = target.strides
        let kernelStrides = Extents.strides(of: target.kernelExtents)
        var phases: [Phase] = []
        Extents.forEach(phaseExtents) { phase in
            let axes = (0..<rank).map { AxisMap.transposed(target, axis: $0, phase: phase[$0]) }
            let axisTaps = (0..<rank).map { AxisMap.tapsOfPhase(target, axis: $0, phase: phase[$0]) }
            var taps: [Int32] = []
            Extents.forEach(axisTaps.map(\.count)) { m in
                taps.append(Int32((0..<rank).reduce(0) { $0 + axisTaps[$1][m[$1]] * kernelStrides[$1] }))
            }
            phases.append(
                Phase(
                    correlation: Correlation(
                        axes: axes, sourceChannels: target.outputChannels, resultChannels: target.inputChannels,
                        parity: fold == nil ? parity : nil),
                    taps: taps))
        }
        inputChannels = shape.inputChannels
        outputChannels = shape.outputChannels
        kernelTaps = shape.tapCount
        self.phases = phases
        self.fold = fold
        let mostTaps = phases.map(\.taps.count).max() ?? 0
        packedLanes = (inputChannels * outputChannels * mostTaps + laneWidth - 1) / laneWidth
        boxLanes = phases.map(\.correlation.scratchLanes).max() ?? 0
        scratchLanes = packedLanes + boxLanes + (fold == nil ? 0 : inputChannels * target.inputSites)
    }

    func run(
        outputGradient: UnsafePointer<Lane>, weights: UnsafePointer<Float>,
        inputGradient: UnsafeMutablePointer<Lane>, scratch: UnsafeMutablePointer<Lane>
    ) {
        let boxes = scratch + packedLanes, padded = boxes + boxLanes
        scratch.withMemoryRebound(to: Float.self, capacity: packedLanes * laneWidth) { packed in
            for phase in phases {
                phase.taps.withUnsafeBufferPointer { pack(weights, taps: $0, into: packed) }
                phase.correlation.run(
                    source: outputGradient, weights: packed, bias: nil, result: fold == nil ? inputGradient : padded, scratch: boxes)
            }
        }
        fold?.fold(padded, channels: inputChannels, into: inputGradient)
    }

    /// [output][input][all taps] -> [input][output][taps of a phase].
    private func pack(_ weights: UnsafePointer<Float>, taps: UnsafeBufferPointer<Int32>, into packed: UnsafeMutablePointer<Float>) {
        var to = packed
        for i in 0..<inputChannels {
            for o in 0..<outputChannels {
                let from = weights + (o * inputChannels + i) * kernelTaps
                for tap in taps {
                    to.pointee = from[Int(tap)]
                    to += 1
                }
            }
        }
    }
}
