import LatticeFields
import MessagePassing

/// The links just outside a block: beyond its upper or its lower face along each axis, no corners.
final class LinkHalo {
    private let extents: [Int]
    /// `[axis]`: the neighbour's slice, `[site of the slice][mu][18]`, the sites in the order of the block without that axis.
    private let slices: [UnsafeMutablePointer<Double>]

    enum Side {
        /// Sites one step forward from the block.
        case forward
        /// Sites one step backward from it.
        case backward
    }

    /// Fetches the slices from the neighbours. *Collective.*
    init(_ links: GaugeLinks, _ side: Side) throws {
        let grid = links.geometry.grid
        extents = links.geometry.localExtents
        let counts = extents.map { links.geometry.localVolume / $0 * GaugeLinks.numbersPerSite }
        slices = counts.map { UnsafeMutablePointer.allocate(capacity: $0) }
        for (slice, count) in zip(slices, counts) { slice.initialize(repeating: 0, count: count) }
        for axis in 0..<4 {
            let last = extents[axis] - 1
            let mine = Self.slice(links, axis: axis, at: side == .forward ? 0 : last)
            if grid.dimensions[axis] == 1 {
                mine.withUnsafeBufferPointer { if let base = $0.baseAddress { slices[axis].update(from: base, count: counts[axis]) } }
                continue
            }
            let from = grid.neighbour(dimension: axis, direction: side == .forward ? 1 : -1)
            let to = grid.neighbour(dimension: axis, direction: side == .forward ? -1 : 1)
            try mine.withUnsafeBufferPointer { sent in
                let request = try grid.communicator.startReceive(UnsafeMutableBufferPointer(start: slices[axis], count: counts[axis]), from: from, tag: axis)
                try grid.communicator.send(sent, to: to, tag: axis)
                try request.wait()
            }
        }
    }

    deinit { for slice in slices { slice.deallocate() } }

    /// The 72 numbers of the site beyond the face that `local`, at the face, is next to along `axis`.
    @inline(__always)
    func site(beyond local: SIMD4<Int>, axis: Int) -> UnsafePointer<Double> {
        var place = 0
        for other in 0..<4 where other != axis { place = place * extents[other] + local[other] }
        return UnsafePointer(slices[axis] + place * GaugeLinks.numbersPerSite)
    }

    private static func slice(_ links: GaugeLinks, axis: Int, at coordinate: Int) -> [Double] {
        var slice: [Double] = []
        slice.reserveCapacity(links.values.count / links.geometry.localExtents[axis])
        links.forEachSite { site, local in
            guard local[axis] == coordinate else { return }
            slice += links.values[site * GaugeLinks.numbersPerSite..<(site + 1) * GaugeLinks.numbersPerSite]
        }
        return slice
    }
}
