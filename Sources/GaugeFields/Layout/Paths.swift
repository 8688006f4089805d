import GaugeKernels
import LatticeFields

/// A step along an axis, forwards or backwards.
struct Move {
    let axis: Int
    let forwards: Bool

    static func ahead(_ axis: Int) -> Move { Move(axis: axis, forwards: true) }
    static func back(_ axis: Int) -> Move { Move(axis: axis, forwards: false) }
    var reversed: Move { Move(axis: axis, forwards: !forwards) }
}

extension SiteOrder {
    /// The links of a path that starts at an offset from the site.
    /// - Throws: `LatticeError` where the path goes farther than the order reaches.
    func path(from start: [Int], _ moves: [Move]) throws -> LinkPath {
        var place = start
        var steps: [LinkPath.Step] = []
        for move in moves {
            if !move.forwards { place[move.axis] -= 1 }
            let offset: Int
            if place.allSatisfy({ $0 == 0 }) {
                offset = -1
            } else {
                guard let number = number(of: place) else {
                    throw LatticeError("a path of links goes to \(place) from its site, farther than sites are ordered for", exitCode: 70)
                }
                offset = number
            }
            steps.append(LinkPath.Step(offset: offset, direction: move.axis, adjoint: !move.forwards))
            if move.forwards { place[move.axis] += 1 }
        }
        return LinkPath(steps)
    }

    private var origin: [Int] { [Int](repeating: 0, count: geometry.dimension) }

    /// For each direction the six paths a plane from the end of a link around its rectangles of two by one to its start.
    func rectangleStaples() throws -> [[LinkPath]] {
        try (0..<geometry.dimension).map { mu in
            var start = origin
            start[mu] = 1
            var paths: [LinkPath] = []
            for nu in 0..<geometry.dimension where nu != mu {
                for side in [Move.ahead(nu), Move.back(nu)] {
                    paths.append(try path(from: start, [side, side, .back(mu), side.reversed, side.reversed]))
                    paths.append(try path(from: start, [.ahead(mu), side, .back(mu), .back(mu), side.reversed]))
                    paths.append(try path(from: start, [side, .back(mu), .back(mu), side.reversed, .ahead(mu)]))
                }
            }
            return paths
        }
    }

    /// The rectangles of two by one at a site, long side along each axis in turn.
    func rectangles() throws -> [LinkPath] {
        var paths: [LinkPath] = []
        for mu in 0..<geometry.dimension {
            for nu in 0..<geometry.dimension where nu != mu {
                paths.append(try path(from: origin, [.ahead(mu), .ahead(mu), .ahead(nu), .back(mu), .back(mu), .back(nu)]))
            }
        }
        return paths
    }

    /// The four leaves of the clover in each plane (0,1), (0,2), ... (1,2), ...
    func cloverLeaves() throws -> [[LinkPath]] {
        var planes: [[LinkPath]] = []
        for mu in 0..<geometry.dimension {
            for nu in mu + 1..<geometry.dimension {
                planes.append([
                    try path(from: origin, [.ahead(mu), .ahead(nu), .back(mu), .back(nu)]),
                    try path(from: origin, [.ahead(nu), .back(mu), .back(nu), .ahead(mu)]),
                    try path(from: origin, [.back(mu), .back(nu), .ahead(mu), .ahead(nu)]),
                    try path(from: origin, [.back(nu), .ahead(mu), .ahead(nu), .back(mu)]),
                ])
            }
        }
        return planes
    }
}
