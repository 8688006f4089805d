import Numerics

/// Blocks of sites whose sources are copied into a small box, so that rows and channels never collide in the cache and every
/// site of a row sees the same taps: the last axis is padded in the box, and on the others taps that read zeros are left out.
struct PackedBlocks: Sendable {
    /// A row of the box and the lane of its source row.
    struct RowCopy: Sendable {
        let local: Int32
        let source: Int32
    }
    /// Consecutive lanes of a row; source -1 is zeros.
    struct ColumnCopy: Sendable {
        let local: Int32
        let source: Int32
        let count: Int32
    }
    struct Block: Sendable {
        let segments: Range<Int>
        let rows: Range<Int>
        let columns: Range<Int>
        /// Lane of the block's first site in a result channel.
        let target: Int
    }

    private(set) var taps: TapLists
    private(set) var segments: [SiteSegment] = []
    private(set) var rows: [RowCopy] = []
    private(set) var columns: [ColumnCopy] = []
    private(set) var blocks: [Block] = []
    /// Lanes of a site's first tap in the box and of the site from the block's first.
    private(set) var origins: [Int32] = []
    private(set) var targets: [Int32] = []
    private(set) var lanesPerRow = 0
    /// Lanes of a channel's box: an odd number, so that channels spread over the sets of a cache.
    private(set) var lanesPerChannel = 0

    /// Sites of the same kind of block share their lists.
    private struct Kind: Hashable {
        let outer: [[Bool]]
        let rows: [[Bool]]
        let columns: Int
    }

    init(axes: [AxisMap], channelsPerChunk: (_ lanesPerChannel: Int) -> Int, sitesPerBlock: Int) {
        let outer = axes.dropLast(2), row = axes[axes.count - 2], column = axes[axes.count - 1]
        let columnBlocks = Self.pieces(column.sites.count, of: sitesPerBlock)
        let rowBlocks = Self.pieces(row.sites.count, of: max(1, sitesPerBlock / (columnBlocks.first?.count ?? 1)))
        let rowReach = rowBlocks.map { Self.reach(row.sites[$0]) }, columnReach = columnBlocks.map { Self.reach(column.sites[$0]) }
        let boxRows = rowReach.map(\.count).max() ?? 0
        lanesPerRow = columnReach.map(\.count).max() ?? 0
        let planes = outer.map(\.tapCount).reduce(1, *)
        lanesPerChannel = planes * boxRows * lanesPerRow | 1
        taps = TapLists(
            tapCount: axes.map(\.tapCount).reduce(1, *), channels: channelsPerChunk(lanesPerChannel), channelLanes: lanesPerChannel)

        let sourceStrides = Extents.strides(of: axes.map(\.sourceExtent)), resultStrides = Extents.strides(of: axes.map(\.resultExtent))
        let rowStride = sourceStrides[axes.count - 2]
        let columnCopies = zip(columnBlocks, columnReach).map { appendColumns(column.sites[$0], reach: $1) }
        var known: [Kind: Range<Int>] = [:]
        Extents.forEach(outer.map(\.sites.count)) { plane in
            let outerSites = plane.indices.map { outer[$0].sites[plane[$0]] }
            for (rowBlock, reach) in zip(rowBlocks, rowReach) {
                let rowSites = row.sites[rowBlock]
                let firstRow = rows.count
                var tapPlane = 0
                Extents.forEach(outer.map(\.tapCount)) { tap in
                    let sources = outerSites.indices.map { outerSites[$0].taps[tap[$0]] }
                    if sources.allSatisfy({ $0 != nil }) {
                        let base = Extents.dot(sources.map { $0 ?? 0 }, sourceStrides)
                        for local in reach {
                            guard let source = Self.source(of: local, rowSites) else { continue }
                            rows.append(
                                RowCopy(local: Int32(tapPlane * boxRows + local - reach.lowerBound), source: Int32(base + source * rowStride)))
                        }
                    }
                    tapPlane += 1
                }
                let rowCopies = firstRow..<rows.count
                for (index, columnBlock) in columnBlocks.enumerated() {
                    let columnSites = column.sites[columnBlock]
                    let kind = Kind(
                        outer: outerSites.map { $0.taps.map { $0 != nil } }, rows: rowSites.map { $0.taps.map { $0 != nil } },
                        columns: columnBlock.count)
                    let sites =
                        known[kind]
                        ?? appendSites(
                            kind, rowSites, columnSites, reach: (reach, columnReach[index]), boxRows: boxRows,
                            resultStrides: (resultStrides[axes.count - 2], resultStrides[axes.count - 1]))
                    known[kind] = sites
                    let corner =
                        Extents.dot(outerSites.map(\.result), resultStrides)
                        + (rowSites.first?.result ?? 0) * resultStrides[axes.count - 2] + (columnSites.first?.result ?? 0)
                    blocks.append(Block(segments: sites, rows: rowCopies, columns: columnCopies[index], target: corner))
                }
            }
        }
    }

    private mutating func appendColumns(_ sites: ArraySlice<AxisMap.Site>, reach: Range<Int>) -> Range<Int> {
        let first = columns.count
        for local in reach {
            let source = Self.source(of: local, sites) ?? -1
            let position = Int32(local - reach.lowerBound)
            if columns.count > first, let last = columns.last,
                last.source < 0 ? source < 0 : last.source + last.count == Int32(source)
            {
                columns[columns.count - 1] = ColumnCopy(local: last.local, source: last.source, count: last.count + 1)
            } else {
                columns.append(ColumnCopy(local: position, source: Int32(source), count: 1))
            }
        }
        return first..<columns.count
    }

    /// One segment for each set of taps that rows of the block can see.
    private mutating func appendSites(
        _ kind: Kind, _ rowSites: ArraySlice<AxisMap.Site>, _ columnSites: ArraySlice<AxisMap.Site>,
        reach: (row: Range<Int>, column: Range<Int>), boxRows: Int, resultStrides: (row: Int, column: Int)
    ) -> Range<Int> {
        let first = segments.count
        guard let firstRow = rowSites.first, let firstColumn = columnSites.first else { return first..<first }
        var patterns: [[Bool]] = []
        for pattern in kind.rows where !patterns.contains(pattern) { patterns.append(pattern) }
        for pattern in patterns {
            var seen: [(index: Int, offset: Int)] = []
            var index = 0
            let tapExtents = kind.outer.map(\.count) + [pattern.count, firstColumn.reach.count]
            let planeStrides = Extents.strides(of: kind.outer.map(\.count))
            Extents.forEach(tapExtents) { tap in
                let rowTap = tap[tap.count - 2], columnTap = tap[tap.count - 1]
                if pattern[rowTap], kind.outer.indices.allSatisfy({ kind.outer[$0][tap[$0]] }) {
                    let plane = Extents.dot(tap, planeStrides)
                    seen.append(
                        (
                            index,
                            (plane * boxRows + firstRow.reach[rowTap] - firstRow.reach[0]) * lanesPerRow
                                + firstColumn.reach[columnTap] - firstColumn.reach[0]
                        ))
                }
                index += 1
            }
            let list = taps.add(seen)
            let base = origins.count
            for (rowSite, rowPattern) in zip(rowSites, kind.rows) where rowPattern == pattern {
                for columnSite in columnSites {
                    origins.append(
                        Int32(
                            (rowSite.reach[0] - reach.row.lowerBound) * lanesPerRow + columnSite.reach[0] - reach.column.lowerBound))
                    targets.append(
                        Int32(
                            (rowSite.result - firstRow.result) * resultStrides.row
                                + (columnSite.result - firstColumn.result) * resultStrides.column))
                }
            }
            segments.append(taps.segment(list: list, sites: base..<origins.count))
        }
        return first..<segments.count
    }

    /// 0..<count in pieces as equal as possible, none longer than `limit`.
    private static func pieces(_ count: Int, of limit: Int) -> [Range<Int>] {
        let pieces = (count + limit - 1) / limit
        return (0..<pieces).map { $0 * count / pieces..<($0 + 1) * count / pieces }
    }

    private static func reach(_ sites: ArraySlice<AxisMap.Site>) -> Range<Int> {
        let all = sites.flatMap(\.reach)
        guard let low = all.min(), let high = all.max() else { return 0..<0 }
        return low..<high + 1
    }

    private static func source(of reach: Int, _ sites: ArraySlice<AxisMap.Site>) -> Int? {
        for site in sites {
            if let tap = site.reach.firstIndex(of: reach) { return site.taps[tap] }
        }
        return nil
    }

    /// Copies what a block reads from some channels into their boxes. Rows that no tap reads keep what they hold.
    func pack(
        _ block: Block, _ source: UnsafePointer<Lane>, channels: Int, sourceSites: Int, into box: UnsafeMutablePointer<Lane>
    ) {
        for channel in 0..<channels {
            let from = source + channel * sourceSites, to = box + channel * lanesPerChannel
            for row in rows[block.rows] {
                let rowFrom = from + Int(row.source), rowTo = to + Int(row.local) * lanesPerRow
                for piece in columns[block.columns] {
                    let target = rowTo + Int(piece.local)
                    if piece.source < 0 {
                        for i in 0..<Int(piece.count) { target[i] = .zero }
                    } else {
                        let origin = rowFrom + Int(piece.source)
                        for i in 0..<Int(piece.count) { target[i] = origin[i] }
                    }
                }
            }
        }
    }

    /// Share of what a block reads that finds no room in an eight-way cache of 512 KiB, if it is read in place:
    /// with rows and channels at distances that are powers of two nearly all of it.
    func shareOutsideCache(sourceSites: Int) -> Double {
        guard let block = blocks.first else { return 0 }
        let sets = 1024, ways = 8
        var load = Array(repeating: 0, count: sets), outside = 0, all = 0
        for channel in 0..<taps.channels {
            for row in rows[block.rows] {
                for piece in columns[block.columns] where piece.source >= 0 {
                    for i in 0..<Int(piece.count) {
                        let set = (channel * sourceSites + Int(row.source) + Int(piece.source) + i) % sets
                        load[set] += 1
                        all += 1
                        if load[set] > ways { outside += 1 }
                    }
                }
            }
        }
        return all == 0 ? 0 : Double(outside) / Double(all)
    }
}
