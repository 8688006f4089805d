import Glibc

/// Rings and sectors about the axis of the window, in which the files of the CaloChallenge hold a shower; the layers stay.
///
/// The energy of a pad spreads evenly over its area, sampled at 16 x 16 points: the shares are multiples of 1/256 and add up to exactly 1, so the
/// energy of every layer is kept to the rounding of the sums.
public struct CylindricalBinning: Sendable {
    /// Edges of the rings in mm, from 0 to the corner of the window.
    public let edges: [Double]
    public let sectors: Int
    public let layers: Int
    public var rings: Int { edges.count - 1 }
    public var voxels: Int { layers * sectors * rings }
    /// Of each pad, row-major: the voxels of a layer that it feeds.
    private let shares: [[(voxel: Int, share: Double)]]

    private static let points = 16
    /// Edges that are taken where none are given, in pads: as fine as the pads in the core of a shower, coarser outside.
    private static let defaultEdges = [0.0, 1, 2, 3, 4, 5, 6, 8, 10, 13, 17, 22, 29]

    /// - Parameters:
    ///   - extents: pads in x, pads in y, layers.
    ///   - padSize: mm.
    ///   - edges: in mm, rising from 0; a last ring reaches to the corner of the window. Nil for rings of one pad in the core.
    /// - Throws: `ShowerNetworkError` for edges that do not rise.
    public init(extents: [Int], padSize: Double, edges: [Double]?, sectors: Int) throws {
        let half = [Double(extents[0]) / 2, Double(extents[1]) / 2]
        // To 0.1 mm, outwards, so that the text of the edges is short.
        let corner = (10 * padSize * (half[0] * half[0] + half[1] * half[1]).squareRoot()).rounded(.up) / 10
        let inner = edges ?? Self.defaultEdges.map { (1e6 * padSize * $0).rounded() / 1e6 }
        guard inner.first == 0, zip(inner, inner.dropFirst()).allSatisfy(<) else {
            throw ShowerNetworkError("'generation.rings' is \(inner), wanted edges in mm that rise from 0")
        }
        let all = inner.filter { $0 < corner } + [corner]
        self.edges = all
        self.sectors = sectors
        layers = extents[2]
        var shares: [[(voxel: Int, share: Double)]] = []
        let points = Self.points
        for x in 0..<extents[0] {
            for y in 0..<extents[1] {
                var counts: [Int: Int] = [:]
                for i in 0..<points {
                    for j in 0..<points {
                        let u = padSize * (Double(x) + (Double(i) + 0.5) / Double(points) - half[0])
                        let v = padSize * (Double(y) + (Double(j) + 0.5) / Double(points) - half[1])
                        let ring = (all.lastIndex { $0 * $0 <= u * u + v * v } ?? 0)
                        let sector = Int(((atan2(v, u) + .pi) / (2 * .pi) * Double(sectors)).rounded(.down))
                        counts[min(max(sector, 0), sectors - 1) * (all.count - 1) + min(ring, all.count - 2), default: 0] += 1
                    }
                }
                shares.append(counts.sorted { $0.key < $1.key }.map { ($0.key, Double($0.value) / Double(points * points)) })
            }
        }
        self.shares = shares
    }

    /// Energies of the voxels, `[layer][sector][ring]`, from those of the cells, `[x][y][layer]`, each times `scale`.
    public func voxels(of cells: ArraySlice<Float>, scale: Double) -> [Double] {
        precondition(cells.count == shares.count * layers, "one shower of the window")
        var result = [Double](repeating: 0, count: voxels)
        var cell = cells.startIndex
        for pad in shares {
            for layer in 0..<layers {
                let energy = scale * Double(cells[cell])
                cell += 1
                if energy == 0 { continue }
                for (voxel, share) in pad { result[layer * sectors * rings + voxel] += energy * share }
            }
        }
        return result
    }

    /// The binning as the CaloChallenge's programs read it; sectors begin at -pi, counted from x to y.
    ///
    /// Source: CaloChallenge, homepage/code/XMLHandler.py.
    public func xml(particle: String, pdg: Int) -> String {
        let list = edges.map { "\($0)" }.joined(separator: ",")
        let rows = (0..<layers).map { "    <Layer id=\"\($0)\" r_edges=\"\(list)\" n_bin_alpha=\"\(sectors)\" />\n" }.joined()
        return "<Bins>\n  <Bin pid=\"\(pdg)\" name=\"\(particle)\">\n\(rows)  </Bin>\n</Bins>\n"
    }
}
