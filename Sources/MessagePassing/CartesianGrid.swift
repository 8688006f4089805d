/// The ranks of a communicator as a periodic or open grid, last dimension fastest, and how it cuts a lattice.
///
/// A rank's share of an extent is a contiguous block; where the extent does not divide, the first blocks are one
/// site longer. Knows only processes, nothing of what lives on the sites.
public struct CartesianGrid: Sendable {
    /// The neighbour beyond the edge of a grid that is not periodic; messages to it and from it do nothing.
    public static let nobody = -1

    public let communicator: Communicator
    /// Number of ranks in each dimension; their product is the communicator's size.
    public let dimensions: [Int]
    /// Whether the last rank of a dimension neighbours the first.
    public let periodic: Bool
    /// This rank's place in the grid.
    public let coordinates: [Int]

    /// Arranges the ranks of `communicator`. *Not collective.* Throws if the dimensions do not multiply to its size.
    public init(communicator: Communicator, dimensions: [Int], periodic: Bool = true) throws {
        guard !dimensions.isEmpty, dimensions.allSatisfy({ $0 > 0 }),
            dimensions.reduce(1, { $0.multipliedReportingOverflow(by: $1).partialValue }) == communicator.size
        else {
            throw CartesianGridError(
                description: "process grid \(dimensions.map(String.init).joined(separator: "x")) does not have "
                    + "\(communicator.size) places, one for each rank; choose dimensions whose product is \(communicator.size)")
        }
        self.communicator = communicator
        self.dimensions = dimensions
        self.periodic = periodic
        var remainder = communicator.rank
        var coordinates = dimensions
        for d in dimensions.indices.reversed() {
            coordinates[d] = remainder % dimensions[d]
            remainder /= dimensions[d]
        }
        self.coordinates = coordinates
    }

    /// The rank at `coordinates`, wrapped around if the grid is periodic, otherwise `nobody` outside it. *Not collective.*
    public func rank(at coordinates: [Int]) -> Int {
        precondition(coordinates.count == dimensions.count, "a grid place has one coordinate per dimension")
        var rank = 0
        for (c, n) in zip(coordinates, dimensions) {
            if !periodic, c < 0 || c >= n { return Self.nobody }
            rank = rank * n + (c % n + n) % n
        }
        return rank
    }

    /// The rank `direction` steps away in `dimension`; `nobody` beyond an open edge. *Not collective.*
    public func neighbour(dimension: Int, direction: Int) -> Int {
        var place = coordinates
        place[dimension] += direction
        return rank(at: place)
    }

    /// Number of this rank's sites along `dimension` of a lattice with `globalExtent` sites there. *Not collective.*
    public func localExtent(of globalExtent: Int, dimension: Int) -> Int {
        Self.share(of: globalExtent, parts: dimensions[dimension], part: coordinates[dimension]).count
    }

    /// First of this rank's sites along `dimension` of a lattice with `globalExtent` sites there. *Not collective.*
    public func offset(of globalExtent: Int, dimension: Int) -> Int {
        Self.share(of: globalExtent, parts: dimensions[dimension], part: coordinates[dimension]).lowerBound
    }

    /// Block `part` of `0..<extent` cut into `parts` contiguous blocks, the longer ones first. *Not collective.*
    public static func share(of extent: Int, parts: Int, part: Int) -> Range<Int> {
        let length = extent / parts
        let longer = extent % parts
        let start = part * length + min(part, longer)
        return start..<start + length + (part < longer ? 1 : 0)
    }

    /// The grid of `ranks` processes that gives the busiest rank the fewest sites, then the smallest surface.
    ///
    /// Among equals the most even one, then the one that cuts the earliest dimensions, whose faces are contiguous. *Not collective.*
    /// Throws if every grid would leave a rank without a site.
    public static func bestGrid(ranks: Int, extents: [Int]) throws -> [Int] {
        var best: (grid: [Int], cost: (volume: Int, surface: Int, longest: Int))?
        forEachGrid(ranks: ranks, extents: extents[...], prefix: []) { grid in
            let local = zip(extents, grid).map { ($0 + $1 - 1) / $1 }
            let volume = local.reduce(1, *)
            let surface = local.indices.reduce(0) { $0 + (grid[$1] > 1 ? 2 * volume / local[$1] : 0) }
            let cost = (volume, surface, grid.max() ?? 1)
            if let best, best.cost <= cost { return }
            best = (grid, cost)
        }
        guard let best else {
            throw CartesianGridError(
                description: "\(ranks) ranks cannot share a lattice of \(extents.map(String.init).joined(separator: "x")) sites: "
                    + "every process grid would leave a rank without a site; use fewer ranks or a larger lattice")
        }
        return best.grid
    }

    /// Calls `body` with every factorisation of `ranks` that has a site for each rank, the first dimension largest first.
    private static func forEachGrid(ranks: Int, extents: ArraySlice<Int>, prefix: [Int], _ body: ([Int]) -> Void) {
        guard let extent = extents.first else {
            if ranks == 1 { body(prefix) }
            return
        }
        for factor in stride(from: min(ranks, extent), through: 1, by: -1) where ranks % factor == 0 {
            forEachGrid(ranks: ranks / factor, extents: extents.dropFirst(), prefix: prefix + [factor], body)
        }
    }
}

/// A process grid that does not fit the ranks or the lattice.
public struct CartesianGridError: Error, ExitCoded, CustomStringConvertible {
    public let description: String
    /// Bad input.
    public var exitCode: Int32 { 65 }
}
