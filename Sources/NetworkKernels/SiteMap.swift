/// Which source coordinate each tap of each result coordinate reads, along one axis.
///
/// Everything about padding, wrapping and strides is here and nowhere else.
struct AxisMap {
    struct Site {
        let result: Int
        /// One source coordinate per tap; nil reads a zero.
        let taps: [Int?]
    }
    let sites: [Site]
    let tapCount: Int

    /// A convolution: output y reads input y * stride + k - lowerPadding.
    static func forward(_ shape: ConvolutionShape, axis: Int) -> AxisMap {
        let extent = shape.inputExtents[axis]
        let sites = (0..<shape.outputExtents[axis]).map { y in
            Site(
                result: y,
                taps: (0..<shape.kernelExtents[axis]).map { k in
                    inside(y * shape.strides[axis] + k - shape.lowerPadding[axis], extent, shape.boundary)
                })
        }
        return AxisMap(sites: sites, tapCount: shape.kernelExtents[axis])
    }

    /// Its transpose for the inputs x with (x + lowerPadding) mod stride = phase: they read the outputs
    /// (x + lowerPadding) / stride - m through the taps k = phase + m * stride.
    static func transposed(_ shape: ConvolutionShape, axis: Int, phase: Int) -> AxisMap {
        let stride = shape.strides[axis], lower = shape.lowerPadding[axis]
        let taps = tapsOfPhase(shape, axis: axis, phase: phase).count
        let sites = (0..<shape.inputExtents[axis]).filter { ($0 + lower) % stride == phase }.map { x in
            Site(result: x, taps: (0..<taps).map { inside((x + lower) / stride - $0, shape.outputExtents[axis], shape.boundary) })
        }
        return AxisMap(sites: sites, tapCount: taps)
    }

    static func tapsOfPhase(_ shape: ConvolutionShape, axis: Int, phase: Int) -> [Int] {
        Array(stride(from: phase, to: shape.kernelExtents[axis], by: shape.strides[axis]))
    }

    private static func inside(_ x: Int, _ extent: Int, _ boundary: Boundary) -> Int? {
        switch boundary {
        case .periodic: Extents.wrap(x, extent)
        case .zero: x >= 0 && x < extent ? x : nil
        }
    }
}

/// A run of consecutive taps that all read something.
struct TapRun: Sendable {
    let first: Int32
    let count: Int32
}

/// Sites that see the same taps at the same distances, so that one list of offsets serves them all.
///
/// Inner sites are one class; the sites near each edge or corner are others. With classes nothing is ever padded:
/// a wrapped neighbour is an offset, and a tap beyond a zero boundary is left out.
struct SiteClasses: Sendable {
    struct Class: Sendable {
        let runs: Range<Int>
        let firstOffset: Int
    }
    /// Consecutive entries of the site tables that belong to one class.
    struct Segment: Sendable {
        let siteClass: Int
        let sites: Range<Int>
    }
    /// Sites that are done together, for the sake of the cache.
    struct Block: Sendable {
        let segments: Range<Int>
    }

    private(set) var classes: [Class] = []
    /// Runs of taps, counted through all channels of a chunk, and their offsets in bytes from a site's origin.
    private(set) var runs: [TapRun] = []
    private(set) var offsets: [Int32] = []
    private(set) var segments: [Segment] = []
    private(set) var blocks: [Block] = []
    /// For each entry of the site tables, lane of its origin in a source channel and lane in a result channel.
    private(set) var origins: [Int32] = []
    private(set) var targets: [Int32] = []

    /// - Parameters:
    ///   - channelsPerChunk: source channels whose taps are listed one after the other.
    ///   - sitesPerBlock: wanted size of a block; whole rows are taken.
    init(axes: [AxisMap], sourceExtents: [Int], resultExtents: [Int], channelsPerChunk: Int, sitesPerBlock: Int) {
        let sourceStrides = Extents.strides(of: sourceExtents), resultStrides = Extents.strides(of: resultExtents)
        let sourceSites = sourceExtents.reduce(1, *)
        // Classes of each axis: sites whose taps lie at the same distances from their first readable tap.
        var patterns: [[[Int?]]] = [], classOf: [[Int]] = [], originOf: [[Int]] = []
        for axis in axes {
            var known: [[Int?]: Int] = [:]
            var list: [[Int?]] = [], ids: [Int] = [], firsts: [Int] = []
            for site in axis.sites {
                let first = site.taps.lazy.compactMap { $0 }.first ?? 0
                let pattern = site.taps.map { $0.map { $0 - first } }
                let id = known[pattern] ?? list.count
                if id == list.count {
                    known[pattern] = id
                    list.append(pattern)
                }
                ids.append(id)
                firsts.append(first)
            }
            patterns.append(list)
            classOf.append(ids)
            originOf.append(firsts)
        }
        // A class of sites is one class of each axis.
        let classExtents = patterns.map(\.count), classStrides = Extents.strides(of: classExtents)
        let tapExtents = axes.map(\.tapCount), tapCount = tapExtents.reduce(1, *)
        Extents.forEach(classExtents) { id in
            var taps: [(index: Int, offset: Int)] = []
            var index = 0
            Extents.forEach(tapExtents) { tap in
                var offset: Int? = 0
                for axis in axes.indices {
                    if let step = patterns[axis][id[axis]][tap[axis]], let sum = offset { offset = sum + step * sourceStrides[axis] } else { offset = nil }
                }
                if let offset { taps.append((index, offset)) }
                index += 1
            }
            let firstRun = runs.count
            let firstOffset = offsets.count
            for channel in 0..<channelsPerChunk {
                for tap in taps {
                    let position = Int32(channel * tapCount + tap.index)
                    if runs.count > firstRun, let last = runs.last, last.first + last.count == position {
                        runs[runs.count - 1] = TapRun(first: last.first, count: last.count + 1)
                    } else {
                        runs.append(TapRun(first: position, count: 1))
                    }
                    offsets.append(Int32((channel * sourceSites + tap.offset) * 64))
                }
            }
            classes.append(Class(runs: firstRun..<runs.count, firstOffset: firstOffset))
        }
        // Blocks of rows, sorted by class.
        let siteExtents = axes.map(\.sites.count), row = siteExtents[axes.count - 1]
        guard siteExtents.allSatisfy({ $0 > 0 }) else { return }
        let rowsPerBlock = max(1, (sitesPerBlock + row / 2) / row)
        var pending: [(siteClass: Int, origin: Int, target: Int)] = []
        var count = 0
        let total = siteExtents.reduce(1, *)
        Extents.forEach(siteExtents) { site in
            var siteClass = 0, origin = 0, target = 0
            for axis in axes.indices {
                siteClass += classOf[axis][site[axis]] * classStrides[axis]
                origin += originOf[axis][site[axis]] * sourceStrides[axis]
                target += axes[axis].sites[site[axis]].result * resultStrides[axis]
            }
            pending.append((siteClass, origin, target))
            count += 1
            if count % (rowsPerBlock * row) == 0 || count == total {
                closeBlock(pending)
                pending.removeAll(keepingCapacity: true)
            }
        }
    }

    private mutating func closeBlock(_ sites: [(siteClass: Int, origin: Int, target: Int)]) {
        let firstSegment = segments.count
        let sorted = sites.enumerated().sorted { ($0.element.siteClass, $0.offset) < ($1.element.siteClass, $1.offset) }.map(\.element)
        var start = 0
        while start < sorted.count {
            var end = start
            while end < sorted.count, sorted[end].siteClass == sorted[start].siteClass { end += 1 }
            let base = origins.count
            for site in sorted[start..<end] {
                origins.append(Int32(site.origin))
                targets.append(Int32(site.target))
            }
            segments.append(Segment(siteClass: sorted[start].siteClass, sites: base..<origins.count))
            start = end
        }
        blocks.append(Block(segments: firstSegment..<segments.count))
    }
}
