import FlowKernels
import Flows
import Foundation
import LatticeFields
import Numerics
import Testing

@Suite("The equivariant continuous flow")
struct ContinuousFlowTests {
    static func interacting(_ dimension: Int = 2) throws -> ScalarAction { try ScalarAction(b: 2, c: 0, d: 6.008, dimension: dimension) }

    /// A flow away from the identity, and its parameters.
    static func disturbed(
        extents: [Int], harmonics: Int = 3, timeTerms: Int = 3, steps: Int = 6, size: Double = 0.08
    ) throws -> (ContinuousFlow, [Float]) {
        let flow = try ContinuousFlow(
            extents: extents, action: interacting(extents.count), harmonics: harmonics, timeTerms: timeTerms, steps: steps)
        let stream = RandomStream(seed: 3, purpose: .test)
        var parameters = flow.initialParameters
        for i in parameters.indices { parameters[i] += Float(size * stream.normal(epoch: 0, index: UInt64(i), draw: 0)) }
        return (flow, parameters)
    }

    static func noise(_ sites: Int, epoch: UInt64 = 0) -> [Lane] {
        var lanes = [Lane](repeating: .zero, count: sites)
        LaneNoise.fill(&lanes, siteCount: sites, stream: RandomStream(seed: 1, purpose: .prior), epoch: epoch, firstSample: 0)
        return lanes
    }

    @Test("lanes and transforms agree with sums over displacements in double precision", arguments: [[4, 4], [6, 3], [2, 4, 4], [8]])
    func reference(extents: [Int]) throws {
        let (flow, parameters) = try Self.disturbed(extents: extents)
        let engine = ContinuousFlowEngine(flow)
        let reference = ContinuousFlowReference(flow: flow, parameters: parameters, steps: engine.steps)
        let noise = Self.noise(flow.siteCount)
        var field = noise
        let logDensity = engine.sample(&field, parameters: parameters)
        for lane in [0, 7, 15] {
            let (expected, expectedDensity) = reference.sample(noise.map { Double($0[lane]) })
            #expect(abs(logDensity[lane] - expectedDensity) < 2e-4)
            for site in expected.indices { #expect(abs(Double(field[site][lane]) - expected[site]) < 2e-5) }
        }
    }

    @Test("the whole gradient is that of the discretised loss, by central differences in double precision")
    func wholeGradient() throws {
        let (flow, parameters) = try Self.disturbed(extents: [4, 4], harmonics: 2, timeTerms: 2, steps: 2)
        let action = try Self.interacting()
        let engine = ContinuousFlowEngine(flow)
        let noise = Self.noise(flow.siteCount).map { Lane(repeating: $0[0]) }
        var field = noise
        var gradient = [Float](repeating: .nan, count: flow.layout.count)
        _ = engine.reverseKullbackLeibler(
            &field, parameters: parameters, action: LaneActionParameters(b: action.b, c: action.c, d: action.d), pathGradient: false,
            gradient: &gradient)
        let z = noise.map { Double($0[0]) }
        for i in parameters.indices {
            let numerical = derivative(flow, parameters, index: i, steps: 2) { reference in
                let (phi, logDensity) = reference.sample(z)
                return logDensity + reference.action(phi, action)
            }
            #expect(abs(Double(gradient[i]) - numerical) < 1e-3 * max(1, abs(numerical)), "parameter \(i)")
        }
    }

    @Test("the path gradient is that through the sample alone, by central differences in double precision")
    func pathGradient() throws {
        let steps = 6
        let (flow, parameters) = try Self.disturbed(extents: [4, 2], harmonics: 2, timeTerms: 2, steps: steps)
        let action = try Self.interacting()
        let engine = ContinuousFlowEngine(flow)
        let noise = Self.noise(flow.siteCount).map { Lane(repeating: $0[0]) }
        var lanes = noise
        var gradient = [Float](repeating: .nan, count: flow.layout.count)
        _ = engine.reverseKullbackLeibler(
            &lanes, parameters: parameters, action: LaneActionParameters(b: action.b, c: action.c, d: action.d), pathGradient: true,
            gradient: &gradient)
        let z = noise.map { Double($0[0]) }
        let reference = ContinuousFlowReference(flow: flow, parameters: parameters, steps: 4 * steps)
        let field = reference.sample(z).field
        // ∂(log q + S)/∂φ at fixed parameters.
        let slope = field.indices.map { site in
            var above = field
            var below = field
            above[site] += 1e-4
            below[site] -= 1e-4
            let rise = reference.logDensity(above) + reference.action(above, action)
            return (rise - reference.logDensity(below) - reference.action(below, action)) / 2e-4
        }
        for i in parameters.indices {
            let numerical = derivative(flow, parameters, index: i, steps: steps) { moved in
                zip(moved.sample(z).field, slope).reduce(0) { $0 + $1.0 * $1.1 }
            }
            #expect(abs(Double(gradient[i]) - numerical) < 3e-3 * max(1, abs(numerical)), "parameter \(i)")
        }
    }

    private func derivative(
        _ flow: ContinuousFlow, _ parameters: [Float], index: Int, steps: Int, _ value: (ContinuousFlowReference) -> Double
    ) -> Double {
        var reference = ContinuousFlowReference(flow: flow, parameters: parameters, steps: steps)
        let center = reference.parameters[index]
        reference.parameters[index] = center + 1e-4
        let above = value(reference)
        reference.parameters[index] = center - 1e-4
        return (above - value(reference)) / 2e-4
    }

    @Test("translations, the eight symmetries of the square and the field's sign leave the density alone")
    func equivariance() throws {
        let n = 6
        let (flow, parameters) = try Self.disturbed(extents: [n, n])
        let engine = ContinuousFlowEngine(flow)
        var field = Self.noise(n * n)
        _ = engine.sample(&field, parameters: parameters)
        let phi = field.map { $0[3] }
        var images = [Lane](repeating: .zero, count: n * n)
        for lane in 0..<laneWidth {
            for x in 0..<n {
                for y in 0..<n {
                    var (u, v) = (x, y)
                    if lane & 1 != 0 { u = (n - u) % n }
                    if lane & 2 != 0 { v = (n - v) % n }
                    if lane & 4 != 0 { swap(&u, &v) }
                    u = (u + lane) % n
                    v = (v + 2 * lane) % n
                    images[u * n + v][lane] = lane & 8 != 0 ? -phi[x * n + y] : phi[x * n + y]
                }
            }
        }
        let densities = engine.logDensity(&images, parameters: parameters)
        for lane in 1..<laneWidth { #expect(abs(densities[lane] - densities[0]) < 1e-4) }
    }

    @Test("integrating back returns the noise and the same log density; doubled steps move neither")
    func invertible() throws {
        let (flow, parameters) = try Self.disturbed(extents: [8, 8], steps: 8)
        let engine = ContinuousFlowEngine(flow)
        let noise = Self.noise(64)
        var field = noise
        let forward = engine.sample(&field, parameters: parameters)
        let backward = engine.logDensity(&field, parameters: parameters)
        var refinedField = noise
        let refined = try #require(engine.refined).sample(&refinedField, parameters: parameters)
        for lane in 0..<laneWidth {
            #expect(abs(forward[lane] - backward[lane]) < 1e-3)
            #expect(abs(forward[lane] - refined[lane]) < 1e-3)
            for site in noise.indices { #expect(abs(field[site][lane] - noise[site][lane]) < 1e-3) }
        }
    }

    /// log Z in closed form: `shared facts` of free fields, V/2 log 2π - 1/2 Σ log(k̂² + m²).
    @Test("a free field is exact from the start: every weight is Z", arguments: [(8, 1.25, 8.608333638412), (16, 0.0625, 81.411498040667)])
    func freeField(extent: Int, massSquared: Double, logPartition: Double) throws {
        let action = try ScalarAction.free(massSquared: massSquared, dimension: 2)
        let flow = try ContinuousFlow(extents: [extent, extent], action: action)
        let orbits = SpectralOrbits(extents: [extent, extent])
        #expect(abs(try GapEquation(action: action, orbits: orbits).logPartitionBound - logPartition) < 1e-9)
        let engine = ContinuousFlowEngine(flow)
        let parameters = flow.initialParameters
        var field = Self.noise(flow.siteCount)
        var gradient = [Float](repeating: 0, count: flow.layout.count)
        let (logDensity, energy) = engine.reverseKullbackLeibler(
            &field, parameters: parameters, action: LaneActionParameters(b: action.b, c: action.c, d: action.d), pathGradient: true,
            gradient: &gradient)
        for lane in 0..<laneWidth { #expect(abs(logDensity[lane] + energy[lane] + logPartition) < 1e-3) }
        // At the optimum the path gradient vanishes sample by sample.
        for value in gradient { #expect(abs(value) < 1e-3) }
    }

    @Test("features are orthonormal in units of the field's width under a normal field")
    func features() throws {
        let flow = try ContinuousFlow(extents: [4, 4], action: Self.interacting(), harmonics: 2)
        let width = flow.shape.fieldVariance.squareRoot()
        let frequency = Double(flow.initialParameters[flow.layout.tensors[1].range.lowerBound])
        // Simpson's rule over ±8 widths.
        let points = 4001
        for f in 0..<flow.featureCount {
            for g in 0...f {
                var sum = 0.0
                for i in 0..<points {
                    let u = -8 + 16 * Double(i) / Double(points - 1)
                    let values = (0..<flow.featureCount).map { $0 == 0 ? width * u : sin(Double($0) * frequency * width * u) }
                    let a = zip(flow.featureMixing[f], values).reduce(0) { $0 + $1.0 * $1.1 }
                    let b = zip(flow.featureMixing[g], values).reduce(0) { $0 + $1.0 * $1.1 }
                    sum += (i == 0 || i == points - 1 ? 1 : i % 2 == 1 ? 4 : 2) * a * b * exp(-u * u / 2)
                }
                let overlap = sum * 16 / Double(points - 1) / 3 / (2 * Double.pi).squareRoot() / flow.shape.fieldVariance
                #expect(abs(overlap - (f == g ? 1 : 0)) < 0.25, "features \(f), \(g): the ridge may bend the last ones a little")
            }
        }
    }

    @Test("shapes that make no sense are refused by name")
    func refusals() throws {
        let action = try Self.interacting()
        #expect(throws: FlowError.self) { try ContinuousFlow(extents: [1, 4], action: action) }
        #expect(throws: FlowError.self) { try ContinuousFlow(extents: [4, 4], action: action, harmonics: 0) }
        #expect(throws: FlowError.self) { try ContinuousFlow(extents: [4, 4], action: action, steps: 0) }
        let negative = try ScalarAction(b: -2, c: 0, d: 1, dimension: 2)
        #expect(throws: FlowError.self) { try ContinuousFlow(extents: [4, 4], action: negative) }
    }
}
