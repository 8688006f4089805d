import MessagePassing

/// A periodic lattice of 1 to 4 dimensions cut into blocks on a grid of ranks.
///
/// Sites are numbered lexicographically, the last axis fastest, over the whole lattice; nothing random or stored depends on the cut.
/// A rank's block lies inside a frame of one halo site on each side.
public struct LatticeGeometry: Sendable {
    public let grid: CartesianGrid
    /// Sites of the whole lattice along each axis.
    public let extents: [Int]
    /// Sites of this rank's block, and the coordinates of its first site.
    public let localExtents: [Int]
    public let localOffsets: [Int]
    /// Sites of the block with its halo.
    public let framedExtents: [Int]
    /// Distance in memory to the next site along each axis.
    public let strides: [Int]

    public var dimension: Int { extents.count }
    /// Sites of the whole lattice.
    public var volume: Int { extents.reduce(1, *) }
    /// Sites of this rank's block, without and with halo.
    public var localVolume: Int { localExtents.reduce(1, *) }
    public var framedVolume: Int { framedExtents.reduce(1, *) }

    /// - Parameter processGrid: ranks along each axis; nil chooses the grid with the smallest surface.
    /// - Throws: `LatticeError` when the lattice is not one, or the grid does not fit it. *Collective* in effect: same arguments on all ranks.
    public init(extents: [Int], processGrid: [Int]? = nil, communicator: Communicator) throws {
        guard (1...4).contains(extents.count), extents.allSatisfy({ $0 >= 2 }) else {
            throw LatticeError("lattice extents \(extents): wanted 1 to 4 numbers, each at least 2")
        }
        guard extents.reduce(1.0, { $0 * Double($1) }) < 0x1p47 else {
            throw LatticeError("lattice extents \(extents): wanted fewer than 2^47 sites")
        }
        let dimensions = try Self.processGrid(processGrid, extents: extents, ranks: communicator.size)
        grid = try CartesianGrid(communicator: communicator, dimensions: dimensions)
        self.extents = extents
        let grid = grid
        localExtents = extents.indices.map { grid.localExtent(of: extents[$0], dimension: $0) }
        localOffsets = extents.indices.map { grid.offset(of: extents[$0], dimension: $0) }
        framedExtents = localExtents.map { $0 + 2 }
        var strides = [Int](repeating: 1, count: extents.count)
        for axis in stride(from: extents.count - 2, through: 0, by: -1) { strides[axis] = strides[axis + 1] * framedExtents[axis + 1] }
        self.strides = strides
    }

    /// The grid that was asked for where it fits the lattice, or the one with the smallest surface. *Not collective.*
    /// - Throws: `LatticeError` or `CartesianGridError` saying what does not fit.
    public static func processGrid(_ requested: [Int]?, extents: [Int], ranks: Int) throws -> [Int] {
        let dimensions = try requested ?? CartesianGrid.bestGrid(ranks: ranks, extents: extents)
        guard dimensions.count == extents.count else {
            throw LatticeError(
                "process grid \(text(dimensions)) has \(dimensions.count) axes, lattice \(text(extents)) has \(extents.count): wanted one number for each axis")
        }
        for (axis, (ranks, extent)) in zip(dimensions, extents).enumerated() where ranks > extent {
            throw LatticeError("process grid \(text(dimensions)): \(ranks) ranks for the \(extent) sites of axis \(axis); wanted at most one rank a site")
        }
        guard dimensions.reduce(1, { $0.multipliedReportingOverflow(by: $1).partialValue }) == ranks else {
            throw LatticeError("process grid \(text(dimensions)) does not have \(ranks) places, one for each rank; choose numbers whose product is \(ranks)")
        }
        return dimensions
    }

    /// Lexicographic number of a site of the whole lattice.
    public func globalIndex(_ coordinates: [Int]) -> Int {
        zip(extents, coordinates).reduce(0) { $0 * $1.0 + $1.1 }
    }

    static func text(_ numbers: [Int]) -> String { numbers.map(String.init).joined(separator: "x") }
}

/// What went wrong with a lattice, a field or a simulation, in one sentence that names the field, what was found and what was wanted.
public struct LatticeError: Error, ExitCoded, CustomStringConvertible, Equatable {
    public let description: String
    /// 65 for bad input, 70 for a failed computation.
    public let exitCode: Int32

    public init(_ description: String, exitCode: Int32 = 65) {
        self.description = description
        self.exitCode = exitCode
    }
}
