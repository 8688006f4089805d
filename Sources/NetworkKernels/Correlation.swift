import Numerics

/// result[o][site] = bias[o] + sum over channels and taps of weights[o][channel][tap] * source[channel][what the tap reads]:
/// a convolution, or one phase of its transpose.
///
/// Source channels are taken in chunks whose sources stay in the cache while all result channels of a block of sites use them;
/// between chunks the sums wait in the result.
struct Correlation: Sendable {
    private enum Tables: Sendable {
        case direct(SiteClasses)
        case packed(PackedBlocks)
    }
    private let sourceChannels: Int
    private let resultChannels: Int
    private let sourceSites: Int
    private let resultSites: Int
    private let tables: Tables
    let scratchLanes: Int

    /// - Parameter parity: of the result sites that are computed; the others are left as they are.
    init(axes: [AxisMap], sourceChannels: Int, resultChannels: Int, parity: Int? = nil) {
        self.sourceChannels = sourceChannels
        self.resultChannels = resultChannels
        sourceSites = axes.map(\.sourceExtent).reduce(1, *)
        resultSites = axes.map(\.resultExtent).reduce(1, *)
        let tapCount = axes.map(\.tapCount).reduce(1, *), sites = axes.map(\.sites.count).reduce(1, *)
        // The results of a block fill at most half of a second cache of 512 KiB.
        let sitesPerBlock = max(48, min(144, 4096 / resultChannels))
        if tapCount > 0, sites > 0, parity == nil {
            let blocks = PackedBlocks(
                axes: axes.count > 1 ? axes : [.single] + axes,
                channelsPerChunk: { min(sourceChannels, max(1, min(160 / tapCount, 3072 / $0))) },
                sitesPerBlock: sitesPerBlock)
            // A copy costs about as much as 3 multiply-adds of a lane: worth it only where the cache could not hold the original.
            let copied = blocks.blocks.reduce(0) { $0 + $1.rows.count } * blocks.lanesPerRow
            if copied * 3 * 12 < sites * tapCount * resultChannels, blocks.shareOutsideCache(sourceSites: sourceSites) > 0.25 {
                tables = .packed(blocks)
                scratchLanes = blocks.taps.channels * blocks.lanesPerChannel
                return
            }
        }
        tables = .direct(
            SiteClasses(
                axes: axes, channelsPerChunk: min(sourceChannels, max(1, 160 / max(1, tapCount))), sitesPerBlock: sitesPerBlock,
                parity: parity))
        scratchLanes = 0
    }

    /// - Parameter weights: `[result channel][source channel][tap]`.
    func run(
        source: UnsafePointer<Lane>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?, result: UnsafeMutablePointer<Lane>,
        scratch: UnsafeMutablePointer<Lane>
    ) {
        switch tables {
        case .direct(let classes):
            for block in classes.blocks {
                forEachChunk(classes.taps.channels) { first, count in
                    run(
                        classes.taps, segments: classes.segments[block], origins: classes.origins, targets: classes.targets,
                        channels: first..<first + count, source: source + first * sourceSites, weights: weights, bias: bias, result: result)
                }
            }
        case .packed(let blocks):
            for block in blocks.blocks {
                forEachChunk(blocks.taps.channels) { first, count in
                    blocks.pack(block, source + first * sourceSites, channels: count, sourceSites: sourceSites, into: scratch)
                    run(
                        blocks.taps, segments: blocks.segments[block.segments], origins: blocks.origins, targets: blocks.targets,
                        channels: first..<first + count, source: scratch, weights: weights, bias: bias, result: result + block.target)
                }
            }
        }
    }

    @inline(__always)
    private func forEachChunk(_ channels: Int, _ body: (_ first: Int, _ count: Int) -> Void) {
        var first = 0
        while first < sourceChannels {
            body(first, min(channels, sourceChannels - first))
            first += channels
        }
    }

    private func run(
        _ taps: TapLists, segments: ArraySlice<SiteSegment>, origins: [Int32], targets: [Int32], channels: Range<Int>,
        source: UnsafePointer<Lane>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?, result: UnsafeMutablePointer<Lane>
    ) {
        segments.withUnsafeBufferPointer { segments in
            taps.offsets.withUnsafeBufferPointer { offsets in
                taps.runs.withUnsafeBufferPointer { runs in
                    origins.withUnsafeBufferPointer { origins in
                        targets.withUnsafeBufferPointer { targets in
                            var row = 0
                            while row < resultChannels {
                                let rows = min(4, resultChannels - row)
                                CorrelationPass(
                                    source: UnsafeRawPointer(source), origins: origins, targets: targets, offsets: offsets, runs: runs,
                                    channels: channels.count, wholeCount: channels.count * taps.tapCount,
                                    weights: weights + (row * sourceChannels + channels.lowerBound) * taps.tapCount,
                                    weightStride: sourceChannels * taps.tapCount,
                                    bias: bias.map { $0 + row }, isFirst: channels.lowerBound == 0,
                                    result: UnsafeMutableRawPointer(result + row * resultSites),
                                    resultStride: resultSites * MemoryLayout<Lane>.size
                                ).run(rows: rows, segments: segments)
                                row += rows
                            }
                        }
                    }
                }
            }
        }
    }
}
