/// Sites that see the same taps at the same distances, so that one list of offsets serves them all.
///
/// Inner sites are one class; the sites near each edge or corner are others. With classes nothing has to be padded:
/// a wrapped neighbour is an offset, and a tap beyond a zero boundary is left out.
struct SiteClasses: Sendable {
    private(set) var taps: TapLists
    private(set) var segments: [SiteSegment] = []
    /// The segments of each block: sites that are done together, for the sake of the cache.
    private(set) var blocks: [Range<Int>] = []
    /// For each entry of the site tables, lane of its origin in a source channel and lane in a result channel.
    private(set) var origins: [Int32] = []
    private(set) var targets: [Int32] = []

    /// - Parameters:
    ///   - channelsPerChunk: source channels whose taps are listed one after the other.
    ///   - sitesPerBlock: wanted size of a block; whole rows are taken.
    ///   - parity: of the result sites' coordinate sums, if only one colour of the checkerboard is wanted.
    init(axes: [AxisMap], channelsPerChunk: Int, sitesPerBlock: Int, parity: Int? = nil) {
        let sourceExtents = axes.map(\.sourceExtent)
        let sourceStrides = Extents.strides(of: sourceExtents), resultStrides = Extents.strides(of: axes.map(\.resultExtent))
        taps = TapLists(
            tapCount: axes.map(\.tapCount).reduce(1, *), channels: channelsPerChunk, channelLanes: sourceExtents.reduce(1, *))
        let classes = axes.map(AxisClasses.init)
        let classStrides = Extents.strides(of: classes.map(\.patterns.count))
        Extents.forEach(classes.map(\.patterns.count)) { id in
            var seen: [(index: Int, offset: Int)] = []
            var index = 0
            Extents.forEach(axes.map(\.tapCount)) { tap in
                let steps = axes.indices.map { classes[$0].patterns[id[$0]][tap[$0]] }
                if steps.allSatisfy({ $0 != nil }) { seen.append((index, Extents.dot(steps.map { $0 ?? 0 }, sourceStrides))) }
                index += 1
            }
            _ = taps.add(seen)
        }
        let siteExtents = axes.map(\.sites.count), row = siteExtents[axes.count - 1], total = siteExtents.reduce(1, *)
        let rowsPerBlock = max(1, (sitesPerBlock + row / 2) / max(1, row))
        var pending: [(list: Int, origin: Int, target: Int)] = []
        var count = 0
        Extents.forEach(siteExtents) { site in
            var list = 0, origin = 0, target = 0, colour = 0
            for axis in axes.indices {
                colour += axes[axis].sites[site[axis]].result
                list += classes[axis].ids[site[axis]] * classStrides[axis]
                origin += classes[axis].origins[site[axis]] * sourceStrides[axis]
                target += axes[axis].sites[site[axis]].result * resultStrides[axis]
            }
            if parity == nil || parity == colour % 2 { pending.append((list, origin, target)) }
            count += 1
            if count % (rowsPerBlock * row) == 0 || count == total {
                closeBlock(pending)
                pending.removeAll(keepingCapacity: true)
            }
        }
    }

    /// The classes of one axis: sites whose taps lie at the same distances from the first one that reads something.
    private struct AxisClasses {
        var patterns: [[Int?]] = []
        var ids: [Int] = []
        var origins: [Int] = []

        init(_ axis: AxisMap) {
            for site in axis.sites {
                let origin = site.taps.lazy.compactMap { $0 }.first ?? 0
                let pattern = site.taps.map { $0.map { $0 - origin } }
                let id = patterns.firstIndex(of: pattern) ?? patterns.count
                if id == patterns.count { patterns.append(pattern) }
                ids.append(id)
                origins.append(origin)
            }
        }
    }

    private mutating func closeBlock(_ sites: [(list: Int, origin: Int, target: Int)]) {
        let firstSegment = segments.count
        let sorted = sites.enumerated().sorted { ($0.element.list, $0.offset) < ($1.element.list, $1.offset) }.map(\.element)
        var start = 0
        while start < sorted.count {
            var end = start
            while end < sorted.count, sorted[end].list == sorted[start].list { end += 1 }
            let base = origins.count
            for site in sorted[start..<end] {
                origins.append(Int32(site.origin))
                targets.append(Int32(site.target))
            }
            segments.append(taps.segment(list: sorted[start].list, sites: base..<origins.count))
            start = end
        }
        blocks.append(firstSegment..<segments.count)
    }
}
