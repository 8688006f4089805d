import Numerics
import ShowerKernels

/// Which random numbers a dropout draws.
struct DropoutKey {
    let stream: RandomStream
    let epoch: UInt64
    /// Places of this rank's shards in the batch.
    let shards: [Int]
}

/// A row of convolution layers, run layer by layer over all shards of this rank, because a normalisation needs the whole batch.
///
/// Kept for each shard: every layer's activation before its normalisation, the bits of the dropouts, and one gradient. What the next layer
/// reads, normalised and dropped out, is made anew whenever it is needed: that costs a pass over memory, and half the memory less.
final class StageStack {
    let stages: [Stage]
    let epsilon: Float
    let capacity: Int
    /// `[shard][stage]`.
    private(set) var activations: [[LaneBlock]] = []
    private(set) var kept: [[MaskBlock?]] = []
    private(set) var gradients: [LaneBlock] = []
    /// What a layer reads, or its result at the end of the row.
    let inputScratch: LaneBlock
    let gradientScratch: LaneBlock
    let kernelScratch: LaneBlock
    /// Of the last forward pass, one per stage; empty where nothing is normalised.
    private(set) var statistics: [ChannelStatistics?]
    private(set) var inverses: [[Float]]
    private var scales: [[Float]]
    private var shifts: [[Float]]
    /// Whether the last forward pass dropped anything.
    private var drops = false

    /// - Parameters:
    ///   - capacity: most shards of a batch that this rank holds; 0 for a stack that only infers.
    init(_ stages: [Stage], epsilon: Float, capacity: Int) {
        self.stages = stages
        self.epsilon = epsilon
        self.capacity = capacity
        let widest = stages.map { max($0.lanes, $0.inputLanes) }.max() ?? 1
        inputScratch = LaneBlock(widest)
        gradientScratch = LaneBlock(widest)
        kernelScratch = LaneBlock(stages.map(\.scratchLanes).max() ?? 1)
        statistics = Array(repeating: nil, count: stages.count)
        inverses = stages.map { Array(repeating: 1, count: $0.channels) }
        scales = inverses
        shifts = stages.map { Array(repeating: 0, count: $0.channels) }
        let widestOutput = stages.map(\.lanes).max() ?? 1
        for _ in 0..<capacity {
            activations.append(stages.map { LaneBlock($0.lanes) })
            kept.append(stages.map { $0.layer.dropout > 0 ? MaskBlock($0.lanes) : nil })
            gradients.append(LaneBlock(widestOutput))
        }
    }

    /// Lanes that a rank with `shards` shards holds.
    static func lanes(_ stages: [Stage], shards: Int) -> Int {
        let widest = stages.map { max($0.lanes, $0.inputLanes) }.max() ?? 0, widestOutput = stages.map(\.lanes).max() ?? 0
        let each = stages.reduce(widestOutput) { $0 + $1.lanes + ($1.layer.dropout > 0 ? $1.lanes / 32 : 0) }
        return 2 * widest + (stages.map(\.scratchLanes).max() ?? 0) + shards * each
    }

    /// The statistics of the last forward pass, of the layers that are normalised.
    var batchStatistics: [ChannelStatistics] { statistics.compactMap(\.self) }

    /// What the last forward pass kept of a layer.
    func kept(_ l: Int, shard: Int) -> (values: UnsafeBufferPointer<Lane>, bits: UnsafePointer<UInt16>?) {
        (UnsafeBufferPointer(start: activations[shard][l].lanes, count: stages[l].lanes), kept[shard][l].map { UnsafePointer($0.words) })
    }

    // MARK: Forward

    /// Runs all layers on `inputs`, one pointer for each of this rank's shards. *Collective.*
    func forward(_ inputs: [UnsafePointer<Lane>], parameters: UnsafePointer<Float>, sum: BatchSum, dropout: DropoutKey?) throws {
        precondition(inputs.count <= capacity, "room for \(capacity) shards")
        drops = dropout != nil
        for (l, stage) in stages.enumerated() {
            var sums = [ExactSum](repeating: ExactSum(), count: 2 * stage.channels)
            for s in inputs.indices {
                let output = activations[s][l].lanes
                stage.forward(input(of: l, shard: s, first: inputs[s]), parameters: parameters, output: output, scratch: kernelScratch.lanes)
                for c in 0..<stage.channels {
                    let (total, squares) = ChannelPasses.activate(output + c * stage.sites, sites: stage.sites, slope: stage.layer.negativeSlope)
                    sums[2 * c].add(total)
                    sums[2 * c + 1].add(squares)
                }
                if let dropout, let mask = kept[s][l] {
                    DropoutMask.fill(
                        mask.words, count: stage.lanes, rate: stage.layer.dropout, stream: dropout.stream, epoch: dropout.epoch,
                        firstSample: UInt64(dropout.shards[s] * laneWidth), firstDraw: stage.firstDraw)
                }
            }
            guard stage.layer.isNormalised else { continue }
            let totals = try sum.total(&sums, layer: stage.layer.name)
            let count = Double(sum.samples * stage.sites)
            let means = (0..<stage.channels).map { totals[2 * $0] / count }
            let values = ChannelStatistics(
                mean: means.map(Float.init),
                variance: (0..<stage.channels).map { Float(max(0, totals[2 * $0 + 1] / count - means[$0] * means[$0])) })
            statistics[l] = values
            setAffine(l, values, parameters: parameters)
        }
    }

    /// Runs one shard by given statistics, without keeping anything. *Not collective.*
    /// - Returns: the last layer's activation, `[channel][site]`, valid until the next call.
    func infer(_ input: UnsafePointer<Lane>, parameters: UnsafePointer<Float>, moving: MovingStatistics) -> UnsafeMutablePointer<Lane> {
        var source = input
        var next = 0
        for (l, stage) in stages.enumerated() {
            let output = gradientScratch.lanes
            stage.forward(source, parameters: parameters, output: output, scratch: kernelScratch.lanes)
            for c in 0..<stage.channels {
                _ = ChannelPasses.activate(output + c * stage.sites, sites: stage.sites, slope: stage.layer.negativeSlope)
            }
            if stage.layer.isNormalised {
                setAffine(l, moving.layers[next].values, parameters: parameters)
                next += 1
            }
            for c in 0..<stage.channels {
                ChannelPasses.normalise(
                    output + c * stage.sites, sites: stage.sites, scale: scales[l][c], shift: shifts[l][c],
                    into: inputScratch.lanes + c * stage.sites)
            }
            source = UnsafePointer(inputScratch.lanes)
        }
        return inputScratch.lanes
    }

    private func setAffine(_ l: Int, _ values: ChannelStatistics, parameters: UnsafePointer<Float>) {
        let stage = stages[l]
        guard let scale = stage.scale, let shift = stage.shift else { return }
        for c in 0..<stage.channels {
            let inverse = 1 / (values.variance[c] + epsilon).squareRoot()
            inverses[l][c] = inverse
            scales[l][c] = parameters[scale.lowerBound + c] * inverse
            shifts[l][c] = parameters[shift.lowerBound + c] - values.mean[c] * scales[l][c]
        }
    }

    private func input(of l: Int, shard: Int, first: UnsafePointer<Lane>) -> UnsafePointer<Lane> { l == 0 ? first : result(of: l - 1, shard: shard) }

    /// What stage `l` hands on: its activation, normalised and dropped out. Valid until the next call.
    func result(of l: Int, shard: Int) -> UnsafePointer<Lane> {
        let stage = stages[l], values = activations[shard][l].lanes
        let mask = drops ? kept[shard][l] : nil
        if !stage.layer.isNormalised, mask == nil { return UnsafePointer(values) }
        let gain = mask == nil ? 1 : 1 / (1 - stage.layer.dropout)
        for c in 0..<stage.channels {
            let offset = c * stage.sites, scale = scales[l][c] * gain, shift = shifts[l][c] * gain
            if let mask {
                ChannelPasses.normalise(
                    values + offset, sites: stage.sites, scale: scale, shift: shift, kept: mask.words + offset, into: inputScratch.lanes + offset)
            } else {
                ChannelPasses.normalise(values + offset, sites: stage.sites, scale: scale, shift: shift, into: inputScratch.lanes + offset)
            }
        }
        return UnsafePointer(inputScratch.lanes)
    }

    // MARK: Backward

    /// Gradients of the last forward pass. *Collective.*
    ///
    /// - Parameters:
    ///   - parameterGradients: one vector for each shard, written; nil where the network is frozen.
    ///   - outer: writes a shard's gradient by what the last stage hands on.
    ///   - inputGradients: where each shard's gradient by the input goes; nil if it is not wanted.
    func backward(
        _ inputs: [UnsafePointer<Lane>], parameters: UnsafePointer<Float>, parameterGradients: [UnsafeMutablePointer<Float>]?, sum: BatchSum,
        inputGradients: [UnsafeMutablePointer<Lane>]?, outer: (_ shard: Int, _ gradient: UnsafeMutablePointer<Lane>) -> Void
    ) throws {
        guard let last = stages.indices.last else { return }
        var sums = freshSums(last)
        for s in inputs.indices {
            outer(s, gradientScratch.lanes)
            collect(last, s, &sums, parameterGradients?[s])
        }
        for l in stages.indices.reversed() {
            let stage = stages[l]
            let terms = try coefficients(l, &sums, sum)
            var next = l > 0 ? freshSums(l - 1) : []
            for s in inputs.indices {
                let gradient = gradients[s].lanes
                for c in 0..<stage.channels {
                    let offset = c * stage.sites
                    ChannelPasses.descend(
                        gradient + offset, values: activations[s][l].lanes + offset, sites: stage.sites, a: terms[c].0, b: terms[c].1,
                        c: terms[c].2, slope: stage.layer.negativeSlope)
                }
                let input = parameterGradients == nil ? nil : input(of: l, shard: s, first: inputs[s])
                stage.backward(
                    input, outputGradient: gradient, parameters: parameters, gradient: parameterGradients?[s],
                    inputGradient: l > 0 ? gradientScratch.lanes : inputGradients?[s], scratch: kernelScratch.lanes)
                if l > 0 { collect(l - 1, s, &next, parameterGradients?[s]) }
            }
            sums = next
        }
    }

    private func freshSums(_ l: Int) -> [ExactSum] { Array(repeating: ExactSum(), count: 2 * stages[l].channels) }

    /// Takes the gradient by what stage `l` hands on back through the dropout, and adds up what the normalisation needs.
    private func collect(_ l: Int, _ s: Int, _ sums: inout [ExactSum], _ parameterGradient: UnsafeMutablePointer<Float>?) {
        let stage = stages[l]
        let mask = drops ? kept[s][l] : nil
        for c in 0..<stage.channels {
            let offset = c * stage.sites
            let (total, products) = ChannelPasses.collect(
                gradientScratch.lanes + offset, values: activations[s][l].lanes + offset, sites: stage.sites,
                mean: statistics[l]?.mean[c] ?? 0, inverse: inverses[l][c], kept: mask.map { $0.words + offset },
                gain: 1 / (1 - stage.layer.dropout), into: gradients[s].lanes + offset)
            sums[2 * c].add(total)
            sums[2 * c + 1].add(products)
            if let parameterGradient, let scale = stage.scale, let shift = stage.shift {
                parameterGradient[scale.lowerBound + c] = Float(products)
                parameterGradient[shift.lowerBound + c] = Float(total)
            }
        }
    }

    /// The gradient by the activation is a g + b x + c: Ioffe and Szegedy, arXiv:1502.03167, section 3, with the means over the whole batch.
    private func coefficients(_ l: Int, _ sums: inout [ExactSum], _ sum: BatchSum) throws -> [(Float, Float, Float)] {
        let stage = stages[l]
        guard let values = statistics[l], stage.layer.isNormalised else { return Array(repeating: (1, 0, 0), count: stage.channels) }
        let totals = try sum.total(&sums, layer: stage.layer.name)
        let count = Double(sum.samples * stage.sites)
        return (0..<stage.channels).map { c in
            let scale = Double(scales[l][c]), inverse = Double(inverses[l][c])
            let slope = scale * inverse * totals[2 * c + 1] / count
            return (Float(scale), Float(-slope), Float(slope * Double(values.mean[c]) - scale * totals[2 * c] / count))
        }
    }
}
