import CInstructionSet
import Numerics

/// result[o][site] = bias[o] + sum over channels and taps of weights[o][channel][tap] * source[channel][what the tap reads]:
/// a convolution, or one phase of its transpose.
///
/// Source channels are taken in chunks of about `tapsPerChunk` taps whose sources stay in the cache while all result
/// channels of a block of sites use them; between chunks the sums wait in the result.
struct Correlation: Sendable {
    private let sourceChannels: Int
    private let resultChannels: Int
    private let sourceSites: Int
    private let resultSites: Int
    private let tapCount: Int
    private let channelsPerChunk: Int
    private let map: SiteClasses
    /// The same classes for the last, shorter chunk, if there is one.
    private let lastChannels: Int
    private let lastMap: SiteClasses?

    init(axes: [AxisMap], sourceChannels: Int, resultChannels: Int, sourceExtents: [Int], resultExtents: [Int]) {
        let tapsPerChunk = 320, sitesPerBlock = 128
        self.sourceChannels = sourceChannels
        self.resultChannels = resultChannels
        sourceSites = sourceExtents.reduce(1, *)
        resultSites = resultExtents.reduce(1, *)
        tapCount = axes.map(\.tapCount).reduce(1, *)
        channelsPerChunk = min(sourceChannels, max(1, tapsPerChunk / max(1, tapCount)))
        lastChannels = sourceChannels % channelsPerChunk
        map = SiteClasses(
            axes: axes, sourceExtents: sourceExtents, resultExtents: resultExtents,
            channelsPerChunk: channelsPerChunk, sitesPerBlock: sitesPerBlock)
        lastMap =
            lastChannels == 0
            ? nil
            : SiteClasses(
                axes: axes, sourceExtents: sourceExtents, resultExtents: resultExtents,
                channelsPerChunk: lastChannels, sitesPerBlock: sitesPerBlock)
    }

    /// - Parameter weights: `[result channel][source channel][tap]`.
    func run(
        source: UnsafePointer<Lane>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?, result: UnsafeMutablePointer<Lane>
    ) {
        for block in map.blocks.indices {
            var channel = 0
            while channel < sourceChannels {
                let isLast = channel + channelsPerChunk > sourceChannels
                let chunk = isLast ? lastMap ?? map : map
                run(chunk, block: block, channel: channel, source: source, weights: weights, bias: bias, result: result)
                channel += channelsPerChunk
            }
        }
    }

    private func run(
        _ map: SiteClasses, block: Int, channel: Int,
        source: UnsafePointer<Lane>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?, result: UnsafeMutablePointer<Lane>
    ) {
        map.offsets.withUnsafeBufferPointer { offsets in
        map.runs.withUnsafeBufferPointer { runs in
        map.origins.withUnsafeBufferPointer { origins in
        map.targets.withUnsafeBufferPointer { targets in
            guard let origin = origins.baseAddress, let target = targets.baseAddress, let run = runs.baseAddress, let offset = offsets.baseAddress else { return }
            var row = 0
            while row < resultChannels {
                let rows = min(4, resultChannels - row)
                for index in map.blocks[block].segments {
                    let segment = map.segments[index]
                    let siteClass = map.classes[segment.siteClass]
                    let pass = CorrelationPass(
                        source: UnsafeRawPointer(source + channel * sourceSites), origins: origin, targets: target,
                        runs: run + siteClass.runs.lowerBound, runCount: siteClass.runs.count, offsets: offset + siteClass.firstOffset,
                        weights: weights + (row * sourceChannels + channel) * tapCount, weightStride: sourceChannels * tapCount,
                        bias: bias.map { $0 + row }, isFirst: channel == 0,
                        result: UnsafeMutableRawPointer(result + row * resultSites), resultStride: resultSites * MemoryLayout<Lane>.size)
                    pass.run(rows: rows, sites: segment.sites)
                }
                row += rows
            }
        }}}}
    }
}

/// One class of sites, one chunk of source channels, up to four result channels.
struct CorrelationPass {
    let source: UnsafeRawPointer
    let origins: UnsafePointer<Int32>
    let targets: UnsafePointer<Int32>
    let runs: UnsafePointer<TapRun>
    let runCount: Int
    let offsets: UnsafePointer<Int32>
    let weights: UnsafePointer<Float>
    let weightStride: Int
    let bias: UnsafePointer<Float>?
    /// The first chunk starts from the bias, the others from the result.
    let isFirst: Bool
    let result: UnsafeMutableRawPointer
    let resultStride: Int

    func run(rows: Int, sites: Range<Int>) {
        let end = sites.upperBound
        var s = sites.lowerBound
        if didymos_vector_floats() == 16 {
            switch rows {
            case 4:
                s = Tile<Lane, 4, 6, 6>.sweep(self, s, end)
                s = Tile<Lane, 4, 2, 2>.sweep(self, s, end)
                _ = Tile<Lane, 4, 1, 1>.sweep(self, s, end)
            case 3:
                s = Tile<Lane, 3, 6, 6>.sweep(self, s, end)
                s = Tile<Lane, 3, 2, 2>.sweep(self, s, end)
                _ = Tile<Lane, 3, 1, 1>.sweep(self, s, end)
            case 2:
                s = Tile<Lane, 2, 6, 6>.sweep(self, s, end)
                s = Tile<Lane, 2, 2, 2>.sweep(self, s, end)
                _ = Tile<Lane, 2, 1, 1>.sweep(self, s, end)
            default:
                s = Tile<Lane, 1, 8, 8>.sweep(self, s, end)
                s = Tile<Lane, 1, 2, 2>.sweep(self, s, end)
                _ = Tile<Lane, 1, 1, 1>.sweep(self, s, end)
            }
        } else {
            switch rows {
            case 4:
                s = Tile<SIMD8<Float>, 4, 3, 3>.sweep(self, s, end)
                _ = Tile<SIMD8<Float>, 4, 1, 2>.sweep(self, s, end)
            case 3:
                s = Tile<SIMD8<Float>, 3, 2, 4>.sweep(self, s, end)
                _ = Tile<SIMD8<Float>, 3, 1, 2>.sweep(self, s, end)
            case 2:
                s = Tile<SIMD8<Float>, 2, 3, 6>.sweep(self, s, end)
                s = Tile<SIMD8<Float>, 2, 2, 4>.sweep(self, s, end)
                _ = Tile<SIMD8<Float>, 2, 1, 2>.sweep(self, s, end)
            default:
                s = Tile<SIMD8<Float>, 1, 6, 12>.sweep(self, s, end)
                s = Tile<SIMD8<Float>, 1, 3, 6>.sweep(self, s, end)
                _ = Tile<SIMD8<Float>, 1, 1, 2>.sweep(self, s, end)
            }
        }
    }
}

extension Tile {
    /// Does as many whole tiles as fit into first..<end; returns the first site that is left.
    @inline(never)
    static func sweep(_ pass: CorrelationPass, _ first: Int, _ end: Int) -> Int {
        var s = first
        while s &+ sites <= end {
            for part in 0..<partsPerLane {
                let shift = part &* partBytes
                let inputs = Pointers { pass.source + (Int(pass.origins[s &+ $0]) &* 64 &+ shift) }
                let outputs = InlineArray<sites, UnsafeMutableRawPointer> { pass.result + (Int(pass.targets[s &+ $0]) &* 64 &+ shift) }
                var sums = Sums(repeating: InlineArray<columns, Vector>(repeating: .zero))
                if !pass.isFirst {
                    for row in 0..<rows {
                        for column in 0..<columns {
                            sums[row][column] = outputs[column / vectorsPerSite].load(
                                fromByteOffset: row &* pass.resultStride &+ (column % vectorsPerSite) &* (Vector.scalarCount &* 4), as: Vector.self)
                        }
                    }
                } else if let bias = pass.bias {
                    for row in 0..<rows {
                        for column in 0..<columns { sums[row][column] = Vector(repeating: bias[row]) }
                    }
                }
                var offsets = pass.offsets
                for run in 0..<pass.runCount {
                    let taps = pass.runs[run]
                    accumulate(
                        &sums, inputs: inputs, offsets: offsets, count: Int(taps.count),
                        weights: pass.weights + Int(taps.first), weightStride: pass.weightStride)
                    offsets += Int(taps.count)
                }
                for row in 0..<rows {
                    for column in 0..<columns {
                        outputs[column / vectorsPerSite].storeBytes(
                            of: sums[row][column], toByteOffset: row &* pass.resultStride &+ (column % vectorsPerSite) &* (Vector.scalarCount &* 4),
                            as: Vector.self)
                    }
                }
            }
            s &+= sites
        }
        return s
    }
}
