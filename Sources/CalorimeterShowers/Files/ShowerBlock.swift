/// Some consecutive showers with what is known of their primary particles.
public struct ShowerBlock: Sendable {
    public let grid: ShowerGrid
    /// Index in the file of the first shower.
    public let first: Int
    /// Energy of each cell in GeV, `[shower][x][y][layer]`.
    public var cells: [Float]
    /// Energy of the primary particle in GeV.
    public var energy: [Double]
    /// Polar angle in rad; pi/2 is perpendicular to the layers.
    public var theta: [Double]
    /// Particle, as the Particle Data Group numbers them: 11 electron, 22 photon.
    public var particle: [Int32]

    public var count: Int { energy.count }

    public init(grid: ShowerGrid, first: Int, cells: [Float], energy: [Double], theta: [Double], particle: [Int32]) {
        precondition(
            cells.count == energy.count * grid.cells && theta.count == energy.count && particle.count == energy.count,
            "a block holds all of every shower")
        (self.grid, self.first, self.cells) = (grid, first, cells)
        (self.energy, self.theta, self.particle) = (energy, theta, particle)
    }

    /// The places in `cells` of shower `i` of the block.
    public func range(_ i: Int) -> Range<Int> { i * grid.cells..<(i + 1) * grid.cells }

    /// The showers at `indices` of this block, together.
    func selecting(_ indices: [Int]) -> ShowerBlock {
        ShowerBlock(
            grid: grid, first: first + (indices.first ?? 0), cells: indices.flatMap { cells[range($0)] }, energy: indices.map { energy[$0] },
            theta: indices.map { theta[$0] }, particle: indices.map { particle[$0] })
    }
}
