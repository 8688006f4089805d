import LatticeFields
import LatticeKernels
import MessagePassing
import Testing

extension OneRank {
    @Suite("The scalar action")
    struct ScalarActionTests {
        @Test("the conventions of the literature are one line of couplings: m² = -4 of Albergo is normflow's and Bosetti's at λ = 1/2")
        func oneLine() throws {
            let lambda = 6.008
            let kappa = (2 / lambda).squareRoot()
            let albergo = try ScalarAction.albergo(massSquared: -4, lambda: lambda, dimension: 2).rescaled(by: (kappa / 2).squareRoot(), dimension: 2)
            let normflow = try ScalarAction.normflow(kappa: kappa, massSquared: -4 * kappa, lambda: 0.5, dimension: 2)
            let bosetti = try ScalarAction.bosetti(beta: kappa, lambda: 0.5, dimension: 2)
            let nicoli = try ScalarAction.nicoli(kappa: kappa / 2, lambda: 0.5, dimension: 2)
            for other in [normflow, bosetti, nicoli] {
                #expect(abs(albergo.b - other.b) < 1e-14 && abs(albergo.c - other.c) < 1e-14 && abs(albergo.d - other.d) < 1e-14)
            }
            let standard = try ScalarAction.standard(massSquared: 0.3, coupling: 2.4, dimension: 3)
            let wanted = try ScalarAction(b: 1, c: 3.15, d: 0.1, dimension: 3)
            #expect(abs(standard.c - wanted.c) < 1e-14 && abs(standard.d - wanted.d) < 1e-16 && standard.b == wanted.b)
        }

        @Test("an action without a lower bound is refused")
        func unbounded() {
            #expect(throws: LatticeError.self) { try ScalarAction(b: 1, c: 1, d: -0.1, dimension: 2) }
            #expect(throws: LatticeError.self) { try ScalarAction(b: 1, c: 2, d: 0, dimension: 2) }
            #expect(throws: LatticeError.self) { try ScalarAction(b: .nan, c: 2, d: 1, dimension: 2) }
        }

        @Test("the force is minus the action's gradient by central differences", arguments: [[7], [4, 5], [2, 3], [3, 4, 2], [2, 3, 3, 4]])
        func force(extents: [Int]) throws {
            let geometry = try LatticeGeometry(extents: extents, communicator: MessagePassing.start())
            let action = try ScalarAction(b: 0.7, c: -0.3, d: 0.45, dimension: extents.count)
            let hmc = try HybridMonteCarlo(geometry: geometry, settings: HybridMonteCarloSettings(action: action, seed: 5))
            hmc.startHot(width: 0.8)
            let lattice = try PeriodicLattice(extents: extents)
            let start = hmc.field.block()
            for site in 0..<lattice.sites {
                let h = 1e-4
                let energies = try [h, -h].map { shift -> Double in
                    var moved = start
                    moved[site] += shift
                    hmc.field.setBlock(moved)
                    return try hmc.action()
                }
                let sum = (0..<2 * extents.count).reduce(0.0) { $0 + start[Int(lattice.neighbours[site * 2 * extents.count + $1])] }
                let phi = start[site]
                let force = action.b * sum - phi * (2 * action.c + 4 * action.d * phi * phi)
                #expect(abs((energies[1] - energies[0]) / (2 * h) - force) < 1e-6)
            }
            // And the kernel's kick is that force.
            hmc.field.setBlock(start)
            try hmc.field.exchangeHalo()
            let kicked = try kick(hmc.field, action)
            for site in 0..<lattice.sites {
                let sum = (0..<2 * extents.count).reduce(0.0) { $0 + start[Int(lattice.neighbours[site * 2 * extents.count + $1])] }
                let phi = start[site]
                #expect(abs(kicked[site] - (action.b * sum - phi * (2 * action.c + 4 * action.d * phi * phi))) < 1e-12)
            }
        }

        /// π after one kick of unit length from rest, row by row through the kernel.
        private func kick(_ field: ScalarField, _ action: ScalarAction) throws -> [Double] {
            let geometry = field.geometry
            let momentum = try ScalarField(geometry)
            let length = geometry.localExtents[geometry.dimension - 1]
            var starts: [Int] = [0]
            for axis in 0..<geometry.dimension - 1 {
                starts = starts.flatMap { start in (1...geometry.localExtents[axis]).map { start + $0 * geometry.strides[axis] } }
            }
            starts = starts.map { $0 + 1 }
            let strides = Array(geometry.strides.dropLast()) + [0]
            starts.withUnsafeBufferPointer { starts in
                strides.withUnsafeBufferPointer { strides in
                    guard let first = starts.baseAddress, let stride = strides.baseAddress else { return }
                    let rows = LatticeRows(
                        starts: first, count: starts.count, columns: 0..<length, strides: stride, strideCount: geometry.dimension - 1)
                    ScalarFieldKernel.kick(
                        rows, field: field.storage, momentum: momentum.storage, b: action.b, c: action.c, d: action.d, step: 1)
                }
            }
            return momentum.block()
        }
    }
}
