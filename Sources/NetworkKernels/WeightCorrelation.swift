import CInstructionSet
import Numerics

/// weightGradient[o][i][k] = sum over sites and samples of outputGradient[o][y] * input[i][y * stride + k - lowerPadding].
///
/// A tile is up to four output channels times a few taps; it runs over a block of sites short enough that the gradients
/// stay in the first cache while all taps use them, then its sums are added up across the lane.
struct WeightCorrelation: Sendable {
    /// What is done: the layer's own shape, or its mirror image, whose gradient is the same with the roles of input and output exchanged.
    private let shape: ConvolutionShape
    private let isMirrored: Bool
    private let padding: SiteGather
    private let channelsPerChunk: Int
    /// Offsets in bytes of each (channel of a chunk, tap) and of each output site, in the padded input.
    private let tapOffsets: [Int]
    private let siteOffsets: [Int32]
    private let boxLanes: Int
    let scratchLanes: Int
    /// A block's gradients of four channels take half of a first cache of 32 KiB.
    private let sitesPerBlock = 64
    /// The sums of the largest tile.
    private static let sumLanes = 24

    init(_ layer: ConvolutionShape) {
        // The side with fewer channels is the one to be copied into a padded box; the other one fills the rows of a tile.
        var shape = layer
        if let mirror = layer.mirrored, layer.inputChannels > layer.outputChannels, 8 * layer.inputSites <= 9 * layer.outputSites { shape = mirror }
        self.shape = shape
        isMirrored = shape != layer
        padding = SiteGather(shape)
        let sites = padding.paddedSites
        // Small layers go in one chunk; a chunk of a padded input has to be copied, so it should fit the second cache.
        channelsPerChunk =
            padding.isIdentity
            ? shape.inputChannels
            : min(shape.inputChannels, max(1, 96 / shape.tapCount, 4096 / sites))
        boxLanes = padding.isIdentity ? 0 : channelsPerChunk * sites
        scratchLanes = Self.sumLanes + boxLanes + (isMirrored ? (shape.weightCount + laneWidth - 1) / laneWidth : 0)
        let strides = Extents.strides(of: padding.paddedExtents)
        var taps: [Int] = [], outputs: [Int32] = []
        for channel in 0..<channelsPerChunk {
            Extents.forEach(shape.kernelExtents) { taps.append((channel * sites + Extents.dot($0, strides)) * 64) }
        }
        Extents.forEach(shape.outputExtents) { site in
            outputs.append(Int32(Extents.dot(zip(site, shape.strides).map { $0 * $1 }, strides) * 64))
        }
        tapOffsets = taps
        siteOffsets = outputs
    }

    func run(
        input: UnsafePointer<Lane>, outputGradient: UnsafePointer<Lane>, weightGradient: UnsafeMutablePointer<Float>,
        scratch: UnsafeMutablePointer<Lane>
    ) {
        guard isMirrored else { return correlate(input: input, outputGradient: outputGradient, weightGradient: weightGradient, scratch: scratch) }
        let taps = shape.tapCount, inputs = shape.outputChannels, outputs = shape.inputChannels
        (scratch + Self.sumLanes + boxLanes).withMemoryRebound(to: Float.self, capacity: shape.weightCount) { mirror in
            correlate(input: outputGradient, outputGradient: input, weightGradient: mirror, scratch: scratch)
            // [input][output][mirrored taps] -> [output][input][taps]
            for o in 0..<outputs {
                for i in 0..<inputs {
                    let to = weightGradient + (o * inputs + i) * taps, from = mirror + (i * outputs + o) * taps
                    for tap in 0..<taps { to[tap] = from[taps - 1 - tap] }
                }
            }
        }
    }

    private func correlate(
        input: UnsafePointer<Lane>, outputGradient: UnsafePointer<Lane>, weightGradient: UnsafeMutablePointer<Float>,
        scratch: UnsafeMutablePointer<Lane>
    ) {
        weightGradient.update(repeating: 0, count: shape.weightCount)
        tapOffsets.withUnsafeBufferPointer { tap in
            siteOffsets.withUnsafeBufferPointer { site in
                guard let tap = tap.baseAddress, let site = site.baseAddress else { return }
                var channel = 0
                while channel < shape.inputChannels {
                    let channels = min(channelsPerChunk, shape.inputChannels - channel)
                    var source = input + channel * shape.inputSites
                    if !padding.isIdentity {
                        padding.gather(source, channels: channels, into: scratch + Self.sumLanes)
                        source = UnsafePointer(scratch + Self.sumLanes)
                    }
                    run(
                        source: source, taps: UnsafeBufferPointer(start: tap, count: channels * shape.tapCount), sites: site,
                        outputGradient: outputGradient, weightGradient: weightGradient + channel * shape.tapCount,
                        sums: UnsafeMutableRawPointer(scratch))
                    channel += channels
                }
            }
        }
    }

    private func run(
        source: UnsafePointer<Lane>, taps: UnsafeBufferPointer<Int>, sites: UnsafePointer<Int32>,
        outputGradient: UnsafePointer<Lane>, weightGradient: UnsafeMutablePointer<Float>,
        sums: UnsafeMutableRawPointer
    ) {
        guard let tap = taps.baseAddress else { return }
        let total = shape.outputSites
        let blocks = max(1, (total + sitesPerBlock / 2) / sitesPerBlock)
        for block in 0..<blocks {
            let first = block * total / blocks, end = (block + 1) * total / blocks
            var row = 0
            while row < shape.outputChannels {
                let rows = min(4, shape.outputChannels - row)
                WeightPass(
                    source: UnsafeRawPointer(source), taps: tap, sites: sites + first, siteCount: end - first,
                    gradient: UnsafeRawPointer(outputGradient + row * total + first), gradientStride: total * MemoryLayout<Lane>.size,
                    sums: sums,
                    result: weightGradient + row * shape.inputChannels * shape.tapCount, resultStride: shape.inputChannels * shape.tapCount
                ).run(rows: rows, taps: taps.count)
                row += rows
            }
        }
    }
}

/// One block of sites, one chunk of input channels, up to four output channels.
struct WeightPass {
    let source: UnsafeRawPointer
    let taps: UnsafePointer<Int>
    let sites: UnsafePointer<Int32>
    let siteCount: Int
    let gradient: UnsafeRawPointer
    let gradientStride: Int
    let sums: UnsafeMutableRawPointer
    let result: UnsafeMutablePointer<Float>
    let resultStride: Int

    func run(rows: Int, taps: Int) {
        var t = 0
        if didymos_vector_floats() == 16 {
            switch rows {
            case 4:
                t = Tile<Lane, 4, 6, 6>.reduce(self, t, taps)
                _ = Tile<Lane, 4, 1, 1>.reduce(self, t, taps)
            case 3:
                t = Tile<Lane, 3, 6, 6>.reduce(self, t, taps)
                _ = Tile<Lane, 3, 1, 1>.reduce(self, t, taps)
            case 2:
                t = Tile<Lane, 2, 6, 6>.reduce(self, t, taps)
                _ = Tile<Lane, 2, 1, 1>.reduce(self, t, taps)
            default:
                t = Tile<Lane, 1, 8, 8>.reduce(self, t, taps)
                _ = Tile<Lane, 1, 1, 1>.reduce(self, t, taps)
            }
        } else {
            switch rows {
            case 4:
                t = Tile<SIMD8<Float>, 4, 3, 3>.reduce(self, t, taps)
                _ = Tile<SIMD8<Float>, 4, 1, 1>.reduce(self, t, taps)
            case 3:
                t = Tile<SIMD8<Float>, 3, 4, 4>.reduce(self, t, taps)
                _ = Tile<SIMD8<Float>, 3, 1, 1>.reduce(self, t, taps)
            case 2:
                t = Tile<SIMD8<Float>, 2, 6, 6>.reduce(self, t, taps)
                t = Tile<SIMD8<Float>, 2, 3, 3>.reduce(self, t, taps)
                _ = Tile<SIMD8<Float>, 2, 1, 1>.reduce(self, t, taps)
            default:
                t = Tile<SIMD8<Float>, 1, 9, 9>.reduce(self, t, taps)
                t = Tile<SIMD8<Float>, 1, 3, 3>.reduce(self, t, taps)
                _ = Tile<SIMD8<Float>, 1, 1, 1>.reduce(self, t, taps)
            }
        }
    }
}

extension Tile {
    /// Adds the sums over a block of sites for as many whole tiles of taps as fit into first..<end; returns the first tap that is left.
    @inline(never)
    static func reduce(_ pass: WeightPass, _ first: Int, _ end: Int) -> Int {
        var t = first
        while t &+ sites <= end {
            var sums = Sums(repeating: InlineArray<columns, Vector>(repeating: .zero))
            let inputs = Pointers { pass.source + pass.taps[t &+ $0] }
            accumulate(
                &sums, inputs: inputs, siteOffsets: pass.sites, count: pass.siteCount,
                gradient: pass.gradient, gradientStride: pass.gradientStride)
            // Through memory: summed in place, the sums would live on the stack during the loop as well.
            for row in 0..<rows {
                for column in 0..<columns {
                    pass.sums.storeBytes(of: sums[row][column], toByteOffset: (row &* columns &+ column) &* MemoryLayout<Vector>.size, as: Vector.self)
                }
            }
            for row in 0..<rows {
                for column in 0..<columns {
                    let sum = pass.sums.load(fromByteOffset: (row &* columns &+ column) &* MemoryLayout<Vector>.size, as: Vector.self)
                    pass.result[row &* pass.resultStride &+ t &+ column] += sum.horizontalSum
                }
            }
            t &+= sites
        }
        return t
    }
}
