import LatticeFields
import MessagePassing

/// The links just outside a block: beyond its upper or its lower face along each axis, no corners.
struct LinkHalo {
    private let geometry: LatticeGeometry
    /// `[axis]`: the neighbour's slice, `[site of the slice][mu][18]`, the sites in the order of the block without that axis.
    private let slices: [[Double]]

    enum Side {
        /// Sites one step forward from the block.
        case forward
        /// Sites one step backward from it.
        case backward
    }

    /// Fetches the slices from the neighbours. *Collective.*
    init(_ links: GaugeLinks, _ side: Side) throws {
        geometry = links.geometry
        let grid = geometry.grid
        var slices: [[Double]] = []
        for axis in 0..<4 {
            let last = links.geometry.localExtents[axis] - 1
            let mine = Self.slice(links, axis: axis, at: side == .forward ? 0 : last)
            if grid.dimensions[axis] == 1 {
                slices.append(mine)
                continue
            }
            var theirs = [Double](repeating: 0, count: mine.count)
            let from = grid.neighbour(dimension: axis, direction: side == .forward ? 1 : -1)
            let to = grid.neighbour(dimension: axis, direction: side == .forward ? -1 : 1)
            try mine.withUnsafeBufferPointer { sent in
                try theirs.withUnsafeMutableBufferPointer { received in
                    let request = try grid.communicator.startReceive(received, from: from, tag: axis)
                    try grid.communicator.send(sent, to: to, tag: axis)
                    try request.wait()
                }
            }
            slices.append(theirs)
        }
        self.slices = slices
    }

    /// Calls `body` with the eighteen numbers of link mu at the site beyond the face that `local`, at the face, is next to along `axis`.
    func withLink<R>(_ mu: Int, beyond local: SIMD4<Int>, axis: Int, _ body: (UnsafePointer<Double>) -> R) -> R? {
        slices[axis].withUnsafeBufferPointer { slice in
            slice.baseAddress.map { body($0 + (Self.place(local, axis, geometry.localExtents) * 4 + mu) * GaugeLinks.numbersPerLink) }
        }
    }

    private static func place(_ local: SIMD4<Int>, _ axis: Int, _ extents: [Int]) -> Int {
        var place = 0
        for other in 0..<4 where other != axis { place = place * extents[other] + local[other] }
        return place
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
