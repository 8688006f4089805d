import GaugeFields
import GaugeFiles
import GaugeKernels
import LatticeFields
import TestSupport
import Testing

extension OneRank {
    @Suite("Gradient flow, topological charge, files of links")
    struct FlowAndTopologyTests {
        /// The Abelian field of constant strength 2π a / (L0 L1) in the plane (0, 1) and 2π b / (L2 L3) in (2, 3), along diag(1, -1(, 0)).
        private func abelian(_ extents: [Int], _ group: GaugeGroup, _ a: Int, _ b: Int) throws -> (field: GaugeField, f: Double, g: Double) {
            let field = try OneRank.field(extents, group)
            let f = 2 * Double.pi * Double(a) / Double(extents[0] * extents[1]), g = 2 * Double.pi * Double(b) / Double(extents[2] * extents[3])
            let plain = PlainLinks(field)
            var block: [Double] = []
            for site in 0..<plain.sites {
                let x = plain.coordinates(site)
                // U_1 = exp(i f x0), and what closes the plane's last step: U_0 = exp(-i f L0 x1) at x0 = L0 - 1.
                let angles = [
                    x[0] == extents[0] - 1 ? -f * Double(extents[0] * x[1]) : 0, f * Double(x[0]),
                    x[2] == extents[2] - 1 ? -g * Double(extents[2] * x[3]) : 0, g * Double(x[2]),
                ]
                for angle in angles {
                    let (c, s) = (cosine(angle), sine(angle))
                    block += group == .su2 ? [c, 0, 0, s] : [c, s, 0, 0, 0, 0, 0, 0, c, -s, 0, 0, 0, 0, 0, 0, 1, 0]
                }
            }
            field.setBlock(block)
            return (field, f, g)
        }

        @Test("a constant Abelian field has its exact action, energy and charge, no force, and does not flow", arguments: [GaugeGroup.su2, .su3])
        func constantAbelian(group: GaugeGroup) throws {
            let extents = [4, 6, 4, 8]
            let (field, f, g) = try abelian(extents, group, 1, 2)
            let volume = Double(extents.reduce(1, *)), n = Double(group.degree)
            let observables = try GaugeObservables(field)
            let action = try GaugeAction(group: group, beta: 6)
            let wanted = 6 * volume * (2 * (1 - cosine(f)) + 2 * (1 - cosine(g))) / n
            #expect(abs(try observables.action(action).value - wanted) < 1e-12 * wanted)
            // Every clover is that of one plaquette: F_3 = 2 sin f, so E = 2 (sin² f + sin² g), Q = V 4 sin f sin g / 8π².
            let clovers = try observables.cloverEnergyAndCharge()
            #expect(abs(clovers.energy - 2 * (sine(f) * sine(f) + sine(g) * sine(g))) < 1e-13)
            #expect(abs(clovers.charge - volume * sine(f) * sine(g) / (2 * Double.pi * Double.pi)) < 1e-11)
            let hmc = try GaugeHybridMonteCarlo(field, action: action, dynamics: GaugeDynamics(), seed: 1)
            #expect(try hmc.force().map(abs).max() ?? 1 < 1e-13)
            let before = field.block()
            let flow = try GradientFlow(field.order, group: group)
            _ = try flow.run(from: field, step: 0.1, every: 1, count: 5)
            #expect(zip(flow.field.block(), before).map { abs($0 - $1) }.max() ?? 1 < 1e-13)
        }

        @Test("the flow is of third order, lowers the action, and keeps links in the group", arguments: [GaugeGroup.su2, .su3])
        func flow(group: GaugeGroup) throws {
            let field = try OneRank.field([4, 4, 4, 4], group)
            let flow = try GradientFlow(field.order, group: group)
            // A disordered field has modes too fast for these steps; they are gone after a short flow.
            _ = try flow.run(from: field, step: 0.01, every: 40, count: 1)
            let smooth = try GaugeField(field.order, group: group)
            smooth.setBlock(flow.field.block())
            func energy(_ step: Double, _ count: Int) throws -> Double {
                try #require(try flow.run(from: smooth, step: step, every: count, count: 1).last).plaquetteEnergy
            }
            let (coarse, middle, fine) = try (energy(0.05, 8), energy(0.025, 16), energy(0.0125, 32))
            let ratio = (coarse - middle) / (middle - fine)
            #expect(abs(ratio / 8 - 1) < 0.2, "\(ratio)")
            let points = try flow.run(from: field, step: 0.02, every: 10, count: 5)
            #expect(zip(points, points.dropFirst()).allSatisfy { $0.plaquetteEnergy > $1.plaquetteEnergy })
            #expect(try flow.field.unitarityDefect() < 1e-13)
            #expect(points.map(\.time) == (0...5).map { Double($0 * 10) * 0.02 })
        }

        @Test("scales of a flow whose t² E is known")
        func scales() throws {
            let times = (0...40).map { 0.1 * Double($0) }
            // t² E = 0.1 t: t0 = 3; t d/dt = 0.1 t: w0² = 3.
            let energies = times.map { $0 == 0 ? 0 : 0.1 / $0 }
            #expect(abs(try #require(FlowScale.t0(times: times, energies: energies)) - 3) < 1e-12)
            #expect(abs(try #require(FlowScale.w0Squared(times: times, energies: energies)) - 3) < 1e-12)
            #expect(FlowScale.t0(times: times, energies: energies, reference: 0.5) == nil)
        }

        @Test("ILDG files hold the links, with the plaquettes that are measured here")
        func files() throws {
            let scratch = try TemporaryDirectory()
            let field = try OneRank.field([4, 2, 6, 4], .su3)
            let written = try GaugeFile.write(field.fileLinks(), to: scratch.path("links.ildg"), GaugeFile.WritingOptions(format: .ildg))
            let plaquettes = try GaugeObservables(field).plaquettes()
            #expect(abs(written.observables.plaquette - plaquettes.all) < 1e-14)
            #expect(abs(written.observables.timePlaquette - plaquettes.time) < 1e-14)
            let other = try GaugeField(field.order, group: .su3)
            try other.setLinks(GaugeFile.read(scratch.path("links.ildg"), communicator: field.order.geometry.grid.communicator).links)
            #expect(other.block() == field.block())
        }
    }
}
