import CInstructionSet
import Numerics

/// One block of sites, one chunk of source channels, up to four result channels.
struct CorrelationPass {
    let source: UnsafeRawPointer
    let origins: UnsafeBufferPointer<Int32>
    let targets: UnsafeBufferPointer<Int32>
    let offsets: UnsafeBufferPointer<Int32>
    let runs: UnsafeBufferPointer<TapRun>
    let channels: Int
    /// Taps of all channels, for sites that miss none.
    let wholeCount: Int
    let weights: UnsafePointer<Float>
    let weightStride: Int
    let bias: UnsafePointer<Float>?
    /// The first chunk starts from the bias, the others from the result.
    let isFirst: Bool
    let result: UnsafeMutableRawPointer
    let resultStride: Int

    /// Runs the tiles that fill the registers of the machine; smaller ones do what is left of a segment.
    func run(rows: Int, segments: UnsafeBufferPointer<SiteSegment>) {
        typealias Half = SIMD8<Float>
        if didymos_vector_floats() == 16 {
            switch rows {
            case 4: sweep(segments, Tile<Lane, 4, 6, 6>.self, Tile<Lane, 4, 2, 2>.self, Tile<Lane, 4, 1, 1>.self)
            case 3: sweep(segments, Tile<Lane, 3, 6, 6>.self, Tile<Lane, 3, 2, 2>.self, Tile<Lane, 3, 1, 1>.self)
            case 2: sweep(segments, Tile<Lane, 2, 6, 6>.self, Tile<Lane, 2, 3, 3>.self, Tile<Lane, 2, 1, 1>.self)
            default: sweep(segments, Tile<Lane, 1, 8, 8>.self, Tile<Lane, 1, 3, 3>.self, Tile<Lane, 1, 1, 1>.self)
            }
        } else {
            switch rows {
            case 4: sweep(segments, Tile<Half, 4, 3, 3>.self, Tile<Half, 4, 2, 2>.self, Tile<Half, 4, 1, 2>.self)
            case 3: sweep(segments, Tile<Half, 3, 2, 4>.self, Tile<Half, 3, 2, 4>.self, Tile<Half, 3, 1, 2>.self)
            case 2: sweep(segments, Tile<Half, 2, 3, 6>.self, Tile<Half, 2, 2, 4>.self, Tile<Half, 2, 1, 2>.self)
            default: sweep(segments, Tile<Half, 1, 6, 12>.self, Tile<Half, 1, 3, 6>.self, Tile<Half, 1, 1, 2>.self)
            }
        }
    }

    @inline(never)
    private func sweep<Main: CorrelatingTile, Rest: CorrelatingTile, Last: CorrelatingTile>(
        _ segments: UnsafeBufferPointer<SiteSegment>, _: Main.Type, _: Rest.Type, _: Last.Type
    ) {
        for segment in segments {
            var site = Int(segment.firstSite)
            let end = Int(segment.endSite)
            while site &+ Main.siteCount <= end {
                Main.correlate(self, segment, site)
                site &+= Main.siteCount
            }
            while site &+ Rest.siteCount <= end {
                Rest.correlate(self, segment, site)
                site &+= Rest.siteCount
            }
            while site &+ Last.siteCount <= end {
                Last.correlate(self, segment, site)
                site &+= Last.siteCount
            }
        }
    }
}

protocol CorrelatingTile {
    static var siteCount: Int { get }
    static func correlate(_ pass: CorrelationPass, _ segment: SiteSegment, _ site: Int)
}

extension Tile: CorrelatingTile {
    @inline(__always) static var siteCount: Int { sites }

    @inline(__always)
    static func correlate(_ pass: CorrelationPass, _ segment: SiteSegment, _ site: Int) {
        for part in 0..<partsPerLane {
            let shift = part &* partBytes
            let inputs = Pointers { pass.source + (Int(pass.origins[site &+ $0]) &* 64 &+ shift) }
            let outputs = InlineArray<sites, UnsafeMutableRawPointer> { pass.result + (Int(pass.targets[site &+ $0]) &* 64 &+ shift) }
            var sums = Sums(repeating: InlineArray<columns, Vector>(repeating: .zero))
            if !pass.isFirst {
                for row in 0..<rows {
                    for column in 0..<columns {
                        sums[row][column] = outputs[column / vectorsPerSite].load(
                            fromByteOffset: row &* pass.resultStride &+ (column % vectorsPerSite) &* vectorBytes, as: Vector.self)
                    }
                }
            } else if let bias = pass.bias {
                for row in 0..<rows {
                    for column in 0..<columns { sums[row][column] = Vector(repeating: bias[row]) }
                }
            }
            guard var offsets = pass.offsets.baseAddress else { return }
            offsets += Int(segment.firstOffset)
            if segment.runsPerChannel < 0 {
                accumulate(
                    &sums, inputs: inputs, offsets: offsets, count: pass.wholeCount, weights: pass.weights, weightStride: pass.weightStride)
            } else {
                for run in 0..<Int(segment.runsPerChannel) &* pass.channels {
                    let taps = pass.runs[Int(segment.firstRun) &+ run]
                    accumulate(
                        &sums, inputs: inputs, offsets: offsets, count: Int(taps.count),
                        weights: pass.weights + Int(taps.first), weightStride: pass.weightStride)
                    offsets += Int(taps.count)
                }
            }
            for row in 0..<rows {
                for column in 0..<columns {
                    outputs[column / vectorsPerSite].storeBytes(
                        of: sums[row][column], toByteOffset: row &* pass.resultStride &+ (column % vectorsPerSite) &* vectorBytes,
                        as: Vector.self)
                }
            }
        }
    }
}
