import LatticeFields
import Testing

@Suite("Exact φ⁴ by transfer matrix")
struct TransferMatrixTests {
    struct Reference: Sendable {
        let width: Int
        let length: Int
        let coefficients: (b: Double, c: Double, d: Double)
        let logPartition, square, fourth, susceptibility, neighbour: Double
    }

    /// From an independent quadrature of the transfer operator, to ten digits.
    static let references = [
        Reference(width: 2, length: 2, coefficients: (2, 0, 6.975), logPartition: 1.1731847108, square: 0.1956262102, fourth: 0.0711283841, susceptibility: 0.5442096309, neighbour: 0.1230602395),
        Reference(width: 2, length: 8, coefficients: (2, 0, 6.975), logPartition: 3.8162178145, square: 0.1759326075, fourth: 0.0603007947, susceptibility: 0.7391748950, neighbour: 0.0691420928),
        Reference(width: 2, length: 2, coefficients: (2, 0, 6.008), logPartition: 1.4880730550, square: 0.2284533982, fourth: 0.0934986364, susceptibility: 0.6752111858, neighbour: 0.1558699037),
        Reference(width: 2, length: 8, coefficients: (0.67, 0, 0.5), logPartition: 16.2382582041, square: 0.8647846946, fourth: 1.2875447523, susceptibility: 6.7164988703, neighbour: 0.5266490582),
        Reference(width: 1, length: 8, coefficients: (1, 0.5, 0.5), logPartition: 5.082929152181, square: 0.449624799353, fourth: 0.449828913404, susceptibility: 1.017291779082, neighbour: 0.174641313081),
        Reference(width: 1, length: 32, coefficients: (1, 0.5, 0.5), logPartition: 20.329677654654, square: 0.449360718309, fourth: 0.449394120107, susceptibility: 1.017891657187, neighbour: 0.174074479261),
    ]

    @Test("partition function and expectation values are the reference's to ten digits", arguments: TransferMatrixTests.references.indices)
    func reference(index: Int) throws {
        let r = Self.references[index]
        let exact = try solve(r)
        for (name, found, wanted) in [
            ("ln Z", exact.logPartitionFunction, r.logPartition), ("<φ²>", exact.fieldSquared, r.square), ("<φ⁴>", exact.fieldFourth, r.fourth),
            ("V<M²>", exact.susceptibility, r.susceptibility), ("nn", exact.temporalNeighbour, r.neighbour),
        ] { #expect(abs(found - wanted) < 6e-11, "\(name): \(found), reference \(wanted)") }
    }

    @Test("the Schwinger-Dyson identity 2c<φ²> + 4d<φ⁴> - 2b Σ_μ nn_μ = 1 holds", arguments: TransferMatrixTests.references.indices)
    func schwingerDyson(index: Int) throws {
        let r = Self.references[index]
        let exact = try solve(r)
        let neighbours = exact.temporalNeighbour + (exact.spatialNeighbour ?? 0)
        let sum = 2 * r.coefficients.c * exact.fieldSquared + 4 * r.coefficients.d * exact.fieldFourth - 2 * r.coefficients.b * neighbours
        #expect(abs(sum - 1) < 1e-11)
    }

    @Test("single sites (zero dimensions) are one-dimensional integrals")
    func singleSite() throws {
        let one = try TransferMatrix(action: ScalarAction(b: 0, c: -0.6, d: 0.5, dimension: 1), width: 1, length: 1)
        #expect(abs(one.logPartitionFunction - 1.1127730821593) < 1e-12)
        #expect(abs(one.fieldSquared - 0.68751946852) < 1e-12)
        #expect(abs(one.fieldFourth - 0.912511681112) < 1e-12)
    }

    @Test("at zero quartic coupling it is the free field's closed form, correlation function included")
    func freeField() throws {
        let chain = try TransferMatrix(action: .free(massSquared: 1.5, dimension: 1), width: 1, length: 6, maximumOccupation: 60)
        let free = FreeField(extents: [6], massSquared: 1.5)
        #expect(abs(chain.logPartitionFunction - free.logPartition) < 1e-11)
        #expect(abs(chain.fieldSquared - free.square) < 1e-11)
        #expect(abs(chain.temporalNeighbour - free.neighbour) < 1e-11)
        for (found, wanted) in zip(chain.zeroMomentumCorrelation, free.zeroMomentumCorrelation) { #expect(abs(found - wanted) < 1e-11) }
    }

    @Test("a series that has not converged is refused")
    func notConverged() throws {
        let action = try ScalarAction(b: 2, c: 0, d: 0.1, dimension: 2)
        #expect(throws: LatticeError.self) { try TransferMatrix(action: action, width: 1, length: 4, maximumOccupation: 6) }
        #expect(throws: LatticeError.self) { try TransferMatrix(action: action, width: 3, length: 4) }
    }

    private func solve(_ r: Reference) throws -> TransferMatrix {
        let (b, c, d) = r.coefficients
        return try TransferMatrix(action: ScalarAction(b: b, c: c, d: d, dimension: r.width), width: r.width, length: r.length)
    }
}

@Suite("The free field's closed forms")
struct FreeFieldTests {
    @Test("log Z, <φ²> and nn of the literature's masses", arguments: [
        ([8, 8], 1.25, 8.608333638412, 0.233967001547, 0.057081689530), ([8, 8], 0.25, 17.847395223633, 0.385501189089, 0.159595013407),
        ([16, 16], 0.0625, 81.411498040667, 0.501678047402, 0.259516766893),
        ([32, 32], 0.015625, 338.425954149727, 0.614154933103, 0.366553975810),
    ])
    func closedForms(extents: [Int], massSquared: Double, logPartition: Double, square: Double, neighbour: Double) {
        let free = FreeField(extents: extents, massSquared: massSquared)
        #expect(abs(free.logPartition - logPartition) < 1e-10)
        #expect(abs(free.square - square) < 1e-11)
        #expect(abs(free.neighbour - neighbour) < 1e-11)
        let correlation = free.zeroMomentumCorrelation
        #expect(abs(correlation.reduce(0, +) - free.susceptibility) < 1e-9)
    }
}
