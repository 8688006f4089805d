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
        links.values.withUnsafeBufferPointer { values in
            guard let base = values.baseAddress else { return }
            links.forEachSite { site, local in
                func link(_ mu: Int, ahead axis: Int) -> SU3Matrix {
                    var next = local
                    next[axis] += 1
                    guard next[axis] == geometry.localExtents[axis] else {
                        return SU3Matrix(base + links.site(next) * GaugeLinks.numbersPerSite + mu * GaugeLinks.numbersPerLink)
                    }
                    return halo.withLink(mu, beyond: local, axis: axis) { SU3Matrix($0) } ?? SU3Matrix()
                }
                let here = InlineArray<4, SU3Matrix> { SU3Matrix(base + site * GaugeLinks.numbersPerSite + $0 * GaugeLinks.numbersPerLink) }
                for mu in 0..<4 {
                    sums[2].add(here[mu].realTrace)
                    let found = here[mu].unitarityDefect
                    if !(found <= defect) { defect = found }
                    for nu in mu + 1..<4 {
                        let corner = here[mu] * link(nu, ahead: GaugeLinks.axis(mu))
                        let other = here[nu] * link(mu, ahead: GaugeLinks.axis(nu))
                        sums[nu == 3 ? 1 : 0].add(corner.realTrace(withAdjointOf: other))
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
}
