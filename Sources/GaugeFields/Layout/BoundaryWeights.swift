import GaugeKernels
import LatticeFields

/// What closes the lattice along time, axis 0.
public enum TimeBoundary: String, CaseIterable, Sendable {
    case periodic
    /// Time ends at the first and the last slice: no link leads from one to the other, and plaquettes of space on either count half.
    ///
    /// Source: Lüscher and Schaefer, JHEP 07 (2011) 036 (arXiv:1105.4749), section 2, with c_G = 1; topology flows through such ends, where a periodic lattice freezes.
    case open
}

/// Weights of plaquettes and the links that are not there, of a lattice with open ends of time.
///
/// The links from the last slice to the first are kept as zero matrices: every loop through them is 0, and so is every force by them.
final class BoundaryWeights {
    /// Of a link of space, `[vector][along time, in space]`: in the action, and in the gradient flow, whose derivative by links of space on the ends counts twice
    /// (Lüscher and Schaefer, Comput. Phys. Commun. 184 (2013) 519, appendix B).
    let action, flow: UnsafeMutablePointer<SiteLane>
    /// 1 between the ends, 0 on them: where there are clovers.
    let interior: UnsafeMutablePointer<SiteLane>
    /// Vectors with sites of the last slice, and which of their lanes.
    let last: [(vector: Int, lanes: [Int])]

    /// - Parameter slice: of each lane's site; nil for padding.
    init(vectors: Int, extent: Int, slice: (_ vector: Int, _ lane: Int) -> Int?) {
        action = SiteMemory.allocate(2 * vectors)
        flow = SiteMemory.allocate(2 * vectors)
        interior = SiteMemory.allocate(vectors)
        var last: [(vector: Int, lanes: [Int])] = []
        for v in 0..<vectors {
            var lanes: [Int] = []
            (action[2 * v], action[2 * v + 1], flow[2 * v], flow[2 * v + 1], interior[v]) = (wide(1), wide(1), wide(1), wide(1), wide(1))
            for lane in 0..<siteLaneWidth {
                guard let t = slice(v, lane), t == 0 || t == extent - 1 else { continue }
                action[2 * v + 1][lane] = 0.5
                flow[2 * v][lane] = 2
                interior[v][lane] = 0
                if t == extent - 1 { lanes.append(lane) }
            }
            if !lanes.isEmpty { last.append((v, lanes)) }
        }
        self.last = last
    }

    deinit { for memory in [action, flow, interior] { memory.deallocate() } }
}

@inline(__always) private func wide(_ x: Double) -> SiteLane { SiteLane(repeating: x) }
