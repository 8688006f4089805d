import GaugeKernels
import LatticeFields
import MessagePassing
import Numerics

/// What files of links are checked by: averages over the whole lattice, the same bits on any ranks.
public struct LinkObservables: Hashable, Sendable {
    /// Average of Re tr of a plaquette over 3, over all six planes; 1 for unit links.
    public let plaquette: Double
    /// The same over the planes of two space directions, and over those with time.
    public let spacePlaquette: Double
    public let timePlaquette: Double
    /// Average of Re tr of a link over 3.
    public let linkTrace: Double
    /// Largest element of U U^dagger - 1, or |det U - 1|, over all links.
    public let unitarityDefect: Double

    /// *Collective.*
    public init(_ links: GaugeLinks) throws {
        let geometry = links.geometry
        let halo = try LinkHalo(links, .forward)
        // Space planes, time planes, links.
        var sums = [ExactSum](repeating: ExactSum(), count: 3)
        var defect = 0.0
        let lanes = SiteMemory.allocate(LinkCheckKernel.hereLanes + LinkCheckKernel.aheadLanes + LinkCheckKernel.scratchLanes)
        defer { lanes.deallocate() }
        let ahead = lanes + LinkCheckKernel.hereLanes, scratch = ahead + LinkCheckKernel.aheadLanes
        links.values.withUnsafeBufferPointer { values in
            guard let base = values.baseAddress else { return }
            let row = geometry.localExtents[3]
            links.forEachRow { site, local in
                for first in stride(from: 0, to: row, by: siteLaneWidth) {
                    let count = min(siteLaneWidth, row - first)
                    for lane in 0..<siteLaneWidth {
                        // Lanes beyond the row repeat its last site.
                        let x = first + min(lane, count - 1)
                        var place = local
                        place[3] = x
                        Self.spread(base + (site + x) * GaugeLinks.numbersPerSite, GaugeLinks.numbersPerSite, lanes, lane)
                        for mu in 0..<4 {
                            let axis = GaugeLinks.axis(mu)
                            var next = place
                            next[axis] += 1
                            let there =
                                next[axis] == geometry.localExtents[axis]
                                ? halo.site(beyond: place, axis: axis) : base + links.site(next) * GaugeLinks.numbersPerSite
                            Self.spread(there, GaugeLinks.numbersPerSite, ahead + mu * LinkCheckKernel.hereLanes, lane)
                        }
                    }
                    let found = LinkCheckKernel.evaluate(here: lanes, ahead: ahead, scratch: scratch)
                    for lane in 0..<count {
                        sums[0].add(found.space[lane])
                        sums[1].add(found.time[lane])
                        sums[2].add(found.trace[lane])
                        if !(found.defect[lane] <= defect) { defect = found.defect[lane] }
                    }
                }
            }
        }
        let communicator = geometry.grid.communicator
        try communicator.allReduce(&sums)
        // NaN compares as nothing: it travels as infinity.
        unitarityDefect = try communicator.allReduce(defect.isNaN ? .infinity : defect, .max)
        let volume = Double(geometry.volume)
        spacePlaquette = sums[0].value / (9 * volume)
        timePlaquette = sums[1].value / (9 * volume)
        plaquette = 0.5 * (spacePlaquette + timePlaquette)
        linkTrace = sums[2].value / (12 * volume)
    }

    /// Numbers of one site into one lane.
    @inline(__always)
    private static func spread(_ numbers: UnsafePointer<Double>, _ count: Int, _ lanes: UnsafeMutablePointer<SiteLane>, _ lane: Int) {
        let out = UnsafeMutableRawPointer(lanes).assumingMemoryBound(to: Double.self) + lane
        for k in 0..<count { out[k &* siteLaneWidth] = numbers[k] }
    }
}
