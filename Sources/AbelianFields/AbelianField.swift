import AbelianKernels
import LatticeFields
import MessagePassing
import Numerics

extension RandomPurpose {
    static let abelianMomentum = RandomPurpose(rawValue: 208)
    static let abelianDecision = RandomPurpose(rawValue: 209)
    static let abelianStart = RandomPurpose(rawValue: 210)
    static let abelianHeatBath = RandomPurpose(rawValue: 211)
}

/// The angles of compact U(1) links on a cut 2D lattice, and their plaquettes.
///
/// Two scalar fields of angles θ₀ and θ₁, one for each direction, and a third of plaquettes or their sines: with it nothing but faces travels.
public final class AbelianField {
    public let geometry: LatticeGeometry
    /// θ along the first and the second axis.
    public let links: [ScalarField]
    /// P, or sin P, whichever was asked for last.
    let loops: ScalarField
    let rows: LinkRows

    /// All angles zero. *Collective.*
    /// - Throws: `AbelianError` unless the lattice has two axes.
    public init(_ geometry: LatticeGeometry) throws {
        guard geometry.dimension == 2 else { throw AbelianError("lattice.extents has \(geometry.dimension) numbers; U(1) here is two-dimensional, wanted 2") }
        self.geometry = geometry
        links = [try ScalarField(geometry), try ScalarField(geometry)]
        loops = try ScalarField(geometry)
        rows = LinkRows(rows: geometry.localExtents[0], columns: geometry.localExtents[1], stride: geometry.strides[0])
    }

    /// Uniform angles times `width` (1 is a hot start, 0 a cold one): the same on any process grid. *Not collective.*
    public func start(width: Double, seed: UInt64) {
        let stream = RandomStream(seed: seed, purpose: .abelianStart)
        for (direction, field) in links.enumerated() {
            field.fill { site in width * Double.pi * (2 * stream.uniform(epoch: 0, index: UInt64(site), draw: UInt32(direction)) - 1) }
        }
    }

    /// Fills `loops` with P, not reduced, without halo. *Collective.*
    func computePlaquettes() throws {
        try links[0].exchangeHalo()
        try links[1].exchangeHalo()
        LinkRowKernel.plaquettes(rows, first: links[0].storage, second: links[1].storage, plaquette: loops.storage)
    }

    /// Fills `loops` with sin P and its halo. *Collective.*
    func computeSines() throws {
        try computePlaquettes()
        LinkRowKernel.sines(rows, plaquette: loops.storage, sine: loops.storage, cosine: nil)
        try loops.exchangeHalo()
    }

    /// Reduces every angle to [-π, π]. *Not collective.*
    func wrap() { for field in links { LinkRowKernel.wrap(rows, field: field.storage) } }

    /// All links of the lattice on every rank, sites in lexicographic order. *Collective.*
    public func gathered() throws -> (first: [Double], second: [Double]) {
        let volume = geometry.volume
        let columns = geometry.extents[1]
        let place = geometry.localOffsets + geometry.localExtents
        let all = try geometry.grid.communicator.allGather(place.map(Double.init) + links[0].block() + links[1].block())
        var result = [[Double](repeating: 0, count: volume), [Double](repeating: 0, count: volume)]
        for numbers in all {
            let (row, column, height, width) = (Int(numbers[0]), Int(numbers[1]), Int(numbers[2]), Int(numbers[3]))
            for direction in 0..<2 {
                var source = 4 + direction * height * width
                for x in 0..<height {
                    let target = (row + x) * columns + column
                    result[direction].replaceSubrange(target..<target + width, with: numbers[source..<source + width])
                    source += width
                }
            }
        }
        return (result[0], result[1])
    }

    /// Measures the field, square loops up to `loops` a side. *Collective.*
    public func measure(loops: Int) throws -> AbelianMeasurement {
        let links = try gathered()
        let result = AbelianMeasurement(first: links.first, second: links.second, extents: geometry.extents, loops: loops)
        guard result.plaquette.isFinite else { throw AbelianError("measurement: a link is not a number somewhere", exitCode: 70) }
        return result
    }
}
