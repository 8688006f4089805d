import AbelianFields
import AbelianFlows
import AbelianKernels
import Glibc
import Numerics
import Testing

@Suite("Flows of U(1) plaquettes")
struct PlaquetteFlowTests {
    private static let stream = RandomStream(seed: 4, purpose: .test)

    private final class Field {
        let lanes: UnsafeMutablePointer<DoubleLane>
        let count: Int
        init(_ count: Int) {
            self.count = count
            lanes = .allocate(capacity: count)
            lanes.initialize(repeating: .zero, count: count)
        }
        deinit { lanes.deallocate() }
        func noise(_ shard: Int) { PlaquetteFlow.fill(lanes, count: count, stream: PlaquetteFlowTests.stream, epoch: 0, firstSample: UInt64(16 * shard)) }
        var values: [DoubleLane] { (0..<count).map { lanes[$0] } }
    }

    /// A flow whose parameters are far from where training starts.
    private func flow(_ extents: [Int], prior: PlaquetteFlowSettings.Prior, couplings: Int, quadrature: Int = 12) throws -> (PlaquetteFlow, [Float]) {
        var settings = PlaquetteFlowSettings()
        settings.prior = prior
        settings.bins = 6
        settings.quadrature = quadrature
        settings.couplings = couplings
        settings.hidden = [3]
        let flow = try PlaquetteFlow(extents: extents, settings: settings)
        var parameters = flow.initialParameters(seed: 1)
        for i in parameters.indices {
            let scale = flow.layout.tensors.first { $0.range.contains(i) }.map { $0.name.hasPrefix("plaquette") ? 0.6 : 0.5 } ?? 0
            parameters[i] += Float(scale * (2 * Self.stream.uniform(epoch: 9, index: UInt64(i), draw: 0) - 1))
        }
        return (flow, parameters)
    }

    @Test("the circular spline: inverse, density by differences, derivative by differences, and the lanes' form of both")
    func spline() throws {
        let spline = CircularSpline(bins: 5)
        for (k, (x, y)) in zip([0.05, 0.2, 0.3, 0.41], [0.02, 0.05, 0.14, 0.33]).enumerated() { (spline.x[k + 1], spline.y[k + 1]) = (x, y) }
        for k in 0...5 { spline.slope[k] = [0.3, 0.5, 0.4, 1.2, 1.9, 2.5][k] }
        let density = CircularDensity(bins: 5)
        density.fill(spline)
        let field = Field(9), derivative = Field(9)
        var total = DoubleLane.zero
        for i in 0..<144 {
            let v = (Double(i) + 0.5) / 144
            let angle = spline.angle(v)
            #expect(abs(spline.uniform(angle) - v) < 1e-12)
            let step = 1e-6
            let slope = abs(spline.angle(v + step) - spline.angle(v - step)) / (2 * step)
            let (value, bend) = spline.logDensity(angle)
            #expect(abs(value + log(slope / (2 * Double.pi))) < 1e-6)
            let difference = (spline.logDensity(angle + step).value - spline.logDensity(angle - step).value) / (2 * step)
            #expect(abs(difference - bend) < 1e-4 * max(1, abs(bend)))
            field.lanes[i / 16][i % 16] = angle
            total[i % 16] += value
        }
        let found = density.logDensity(field.lanes, sites: 9, shift: 0, derivative: derivative.lanes)
        for lane in 0..<laneWidth { #expect(abs(found[lane] - total[lane]) < 1e-9) }
        for i in 0..<144 { #expect(abs(derivative.lanes[i / 16][i % 16] - spline.logDensity(field.lanes[i / 16][i % 16]).derivative) < 1e-9) }
    }

    @Test("plaquettes add up to whole turns, and the inverse map finds the same density", arguments: [(PlaquetteFlowSettings.Prior.spline, 0), (.spline, 8), (.haar, 8)])
    func inverse(prior: PlaquetteFlowSettings.Prior, couplings: Int) throws {
        let (flow, parameters) = try flow([4, 8], prior: prior, couplings: couplings)
        let field = Field(32)
        field.noise(0)
        let forward = flow.sample(field.lanes, parameters: parameters)
        var sum = DoubleLane.zero
        for value in field.values { sum += value }
        let turns: DoubleLane = sum / (2 * Double.pi)
        for lane in 0..<laneWidth { #expect(abs(turns[lane] - turns[lane].rounded()) < 1e-10) }
        let back = flow.logDensity(field.lanes, parameters: parameters)
        for lane in 0..<laneWidth { #expect(abs(forward[lane] - back[lane]) < 1e-7, "\(forward[lane] - back[lane])") }
    }

    @Test(
        "exp(-S)/q has the mean Z, whatever the parameters: log Z by 16384 samples within 4.5 errors (false alarm 7e-6 each)",
        arguments: [(PlaquetteFlowSettings.Prior.spline, 0), (.spline, 4), (.haar, 4)])
    func partition(prior: PlaquetteFlowSettings.Prior, couplings: Int) throws {
        let (flow, parameters) = try flow([4, 4], prior: prior, couplings: couplings)
        let field = Field(16)
        let beta = 0.6
        var weights: [Double] = []
        for shard in 0..<1024 {
            field.noise(shard)
            let density = flow.sample(field.lanes, parameters: parameters)
            let action = ProjectionKernel.action(field.lanes, count: 16, beta: beta, gradient: nil)
            for lane in 0..<laneWidth { weights.append(exp(-action[lane] - density[lane])) }
        }
        let mean = Statistics.mean(weights)
        let error = (Statistics.variance(weights) / Double(weights.count)).squareRoot()
        let exact = exp(ExactAbelian(beta: beta, volume: 16).logPartition)
        #expect(abs(mean - exact) < 4.5 * error, "\(mean) +- \(error), wanted \(exact)")
        #expect(error < 0.1 * exact)
    }

    @Test("the gradient is that of the mean of log q + S along the samples' paths, by differences in every tensor", arguments: [(PlaquetteFlowSettings.Prior.spline, 0), (.haar, 4)])
    func gradient(prior: PlaquetteFlowSettings.Prior, couplings: Int) throws {
        let (flow, parameters) = try flow([4, 4], prior: prior, couplings: couplings)
        let field = Field(16)
        let beta = 1.3
        var gradient = [Float](repeating: 0, count: flow.layout.count)
        field.noise(3)
        _ = flow.reverseKullbackLeibler(field.lanes, parameters: parameters, beta: beta, gradient: &gradient)
        // The prior's is the path gradient: log q is that of the fixed parameters, at samples of the moved ones.
        func loss(_ moved: [Float]) -> Double {
            field.noise(3)
            var density = flow.sample(field.lanes, parameters: moved)
            let action = ProjectionKernel.action(field.lanes, count: 16, beta: beta, gradient: nil)
            if prior == .spline { density = flow.logDensity(field.lanes, parameters: parameters) }
            return (density + action).sum() / Double(laneWidth)
        }
        // A short step for the spline, whose density has kinks; networks are in single precision and need a longer one.
        let step: Float = prior == .spline ? 1e-6 : 1e-3
        for tensor in flow.layout.tensors {
            for position in [tensor.range.lowerBound, (tensor.range.lowerBound + tensor.range.upperBound) / 2, tensor.range.upperBound - 1] {
                var up = parameters, down = parameters
                up[position] += step
                down[position] -= step
                let difference = (loss(up) - loss(down)) / Double(up[position] - down[position])
                #expect(abs(difference - Double(gradient[position])) < 2e-3 * max(1, abs(difference)), "\(tensor.name): \(gradient[position]), wanted \(difference)")
            }
        }
    }

    @Test("at the start a spline is the Haar measure; links made of plaquettes have these plaquettes")
    func startAndLinks() throws {
        var settings = PlaquetteFlowSettings()
        settings.bins = 8
        let flow = try PlaquetteFlow(extents: [4, 6], settings: settings)
        let field = Field(24)
        field.noise(1)
        let density = flow.sample(field.lanes, parameters: flow.initialParameters(seed: 1))
        for lane in 0..<laneWidth { #expect(abs(density[lane]) < 1e-9) }
        let group = AbelianChainGroup(extents: [4, 6], beta: 1, trajectoryLength: 1, steps: 4, integrator: .leapfrog, seed: 1, firstChain: 0)
        let before = group.measure()
        let mask = SIMDMask<SIMD16<Int64>>(repeating: true)
        group.replace(where: mask, plaquettes: field.lanes, epoch: 0)
        let back = Field(24)
        group.plaquettes(back.lanes)
        for site in 0..<24 {
            let difference = Angle.wrapped(back.lanes[site] - field.lanes[site])
            for lane in 0..<laneWidth { #expect(abs(difference[lane]) < 1e-12) }
        }
        let after = group.measure()
        for lane in 0..<laneWidth {
            #expect(after.charge[lane] == AbelianMeasurement(plaquettes: field.values.map { $0[lane] }, extents: [4, 6], loops: 0).charge)
        }
        #expect(before.plaquette != after.plaquette)
    }
}
