import CAllocationCounter
import FlowKernels
import Flows
import Foundation
import Networks
import Numerics
import Testing

@Suite("Coupling flows of the normflow family")
struct CouplingFlowTests {
    private static let action = LaneActionParameters(b: 0.57696, c: 0, d: 0.5)

    private func engine(_ settings: CouplingFlowSettings, perturbation: Float) throws -> (CouplingFlowEngine, [Float]) {
        let engine = CouplingFlowEngine(try CouplingFlow(settings))
        var parameters = engine.initialParameters(seed: 5)
        let stream = RandomStream(seed: 8, purpose: .test)
        for tensor in engine.layout.tensors {
            // A spline's slope bends at its knots: strong bends would spoil finite differences, not the gradient.
            let size = tensor.name.contains("spline") ? 0.1 * perturbation : perturbation
            for i in tensor.range { parameters[i] += size * Float(stream.normal(epoch: 0, index: UInt64(i), draw: 0)) }
        }
        return (engine, parameters)
    }

    private func noise(_ sites: Int, epoch: UInt64 = 0) -> [Lane] {
        var field = [Lane](repeating: .zero, count: sites)
        LaneNoise.fill(&field, siteCount: sites, stream: RandomStream(seed: 1, purpose: .prior), epoch: epoch, firstSample: 0)
        return field
    }

    static let variants: [CouplingFlowSettings] = [
        CouplingFlowSettings(extents: [4, 6]),
        CouplingFlowSettings(extents: [4, 4, 4], spectralKnots: 5, firstSplineKnots: 8, lastSplineKnots: 0, couplings: 2, hidden: [4]),
        .realNVP(extents: [8, 4], couplings: 4),
        CouplingFlowSettings(extents: [8], firstSplineKnots: 6, lastSplineKnots: 6, couplings: 2, hidden: [3, 5]),
    ]

    @Test("a step of both estimators allocates nothing: no array, no box", arguments: [false, true], variants)
    func allocations(pathGradient: Bool, settings: CouplingFlowSettings) throws {
        let (engine, parameters) = try engine(settings, perturbation: 0.1)
        var gradient = [Float](repeating: 0, count: parameters.count)
        var field = noise(engine.flow.siteCount)
        var allocations: UInt = 1
        parameters.withUnsafeBufferPointer { parameters in
            gradient.withUnsafeMutableBufferPointer { gradient in
                field.withUnsafeMutableBufferPointer { field in
                    guard let parameters = parameters.baseAddress, let gradient = gradient.baseAddress, let field = field.baseAddress else { return }
                    func step() {
                        _ = engine.reverseKullbackLeibler(
                            field, parameters: parameters, action: Self.action, pathGradient: pathGradient, gradient: gradient)
                    }
                    // What a process makes once, on the first use of a type, is not of a step.
                    step()
                    let before = allocationsOfThisThread()
                    for _ in 0..<10 { step() }
                    allocations = allocationsOfThisThread() - before
                }
            }
        }
        #expect(allocations == 0)
    }

    @Test("the inverse map returns the noise and the same log density", arguments: variants)
    func invertible(settings: CouplingFlowSettings) throws {
        let (engine, parameters) = try engine(settings, perturbation: 0.1)
        let z = noise(engine.flow.siteCount)
        var field = z
        let forward = engine.sample(&field, parameters: parameters)
        let backward = engine.logDensity(&field, parameters: parameters)
        for lane in 0..<laneWidth {
            #expect(abs(forward[lane] - backward[lane]) < 2e-3)
            for site in z.indices { #expect(abs(field[site][lane] - z[site][lane]) < 2e-3) }
        }
    }

    @Test("the log density is the log of the Jacobian determinant, by central differences of the whole map")
    func jacobian() throws {
        let (engine, parameters) = try engine(CouplingFlowSettings(extents: [2, 4], kernelExtent: 1), perturbation: 0.2)
        let n = engine.flow.siteCount
        let z = noise(n)
        var field = z
        let logDensity = engine.sample(&field, parameters: parameters)
        // Two samples a shift: lane 0 plus, lane 1 minus, all lanes the noise of sample 0.
        let h: Float = 1e-2
        var matrix = [[Double]](repeating: [Double](repeating: 0, count: n), count: n)
        for j in 0..<n {
            var shifted = z.map { Lane(repeating: $0[0]) }
            shifted[j][0] += h
            shifted[j][1] -= h
            shifted[j][2] += 2 * h
            shifted[j][3] -= 2 * h
            _ = engine.sample(&shifted, parameters: parameters)
            for i in 0..<n {
                let near = Double(shifted[i][0] - shifted[i][1]), far = Double(shifted[i][2] - shifted[i][3])
                matrix[i][j] = (8 * near - far) / (12 * Double(h))
            }
        }
        let prior = LaneNoise.logDensity(z, siteCount: n)
        #expect(abs((prior[0] - logDensity[0]) - logDeterminant(matrix)) < 5e-3)
    }

    private func logDeterminant(_ matrix: [[Double]]) -> Double {
        var m = matrix
        var result = 0.0
        for k in m.indices {
            let pivot = (k..<m.count).max { abs(m[$0][k]) < abs(m[$1][k]) } ?? k
            m.swapAt(k, pivot)
            result += log(abs(m[k][k]))
            for i in (k + 1)..<max(k + 1, m.count) {
                let factor = m[i][k] / m[k][k]
                for j in k..<m.count { m[i][j] -= factor * m[k][j] }
            }
        }
        return result
    }

    @Test("the gradient of log q + S is that of central differences along random directions", arguments: variants)
    func gradient(settings: CouplingFlowSettings) throws {
        let (engine, parameters) = try engine(settings, perturbation: 0.1)
        let n = engine.layout.count
        var gradient = [Float](repeating: 0, count: n)
        var field = noise(engine.flow.siteCount)
        _ = engine.reverseKullbackLeibler(
            &field, parameters: parameters, action: Self.action, pathGradient: false, gradient: &gradient)
        let loss = { (p: [Float]) -> Double in
            var scratch = [Float](repeating: 0, count: n)
            var field = self.noise(engine.flow.siteCount)
            let (q, s) = engine.reverseKullbackLeibler(
                &field, parameters: p, action: Self.action, pathGradient: false, gradient: &scratch)
            return (q + s).sum() / 16
        }
        // One direction for each tensor, so that no layer can hide.
        let stream = RandomStream(seed: 3, purpose: .test)
        for (t, tensor) in engine.layout.tensors.enumerated() {
            var direction = [Float](repeating: 0, count: n)
            for i in tensor.range { direction[i] = Float(stream.normal(epoch: UInt64(t), index: UInt64(i), draw: 0)) }
            let norm = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
            for i in tensor.range { direction[i] /= norm }
            let h: Float = 4e-3
            let shifted = { (k: Float) in loss(zip(parameters, direction).map { $0 + k * h * $1 }) }
            let numeric = (8 * (shifted(1) - shifted(-1)) - (shifted(2) - shifted(-2))) / (12 * Double(h))
            let exact = zip(gradient, direction).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
            let size = tensor.range.reduce(0.0) { $0 + Double(gradient[$1] * gradient[$1]) }.squareRoot()
            #expect(abs(numeric - exact) < 0.03 * size + 6e-3, "\(tensor.name): \(numeric) by differences, \(exact) by reverse mode")
        }
    }

    @Test("path and full gradients have the same mean (4096 samples, five standard errors: false alarm 6e-7 a tensor)")
    func pathGradient() throws {
        let (engine, parameters) = try engine(CouplingFlowSettings(extents: [4, 4]), perturbation: 0.1)
        let n = engine.layout.count
        let shards = 256
        let stream = RandomStream(seed: 3, purpose: .test)
        var sums = [[Double]](repeating: [], count: engine.layout.tensors.count)
        for shard in 0..<shards {
            var full = [Float](repeating: 0, count: n), path = full
            var field = noise(engine.flow.siteCount, epoch: UInt64(shard))
            _ = engine.reverseKullbackLeibler(&field, parameters: parameters, action: Self.action, pathGradient: false, gradient: &full)
            field = noise(engine.flow.siteCount, epoch: UInt64(shard))
            _ = engine.reverseKullbackLeibler(&field, parameters: parameters, action: Self.action, pathGradient: true, gradient: &path)
            for (t, tensor) in engine.layout.tensors.enumerated() {
                sums[t].append(
                    tensor.range.reduce(0.0) {
                        $0 + Double(full[$1] - path[$1]) * stream.normal(epoch: 0, index: UInt64($1), draw: 0)
                    })
            }
        }
        for (t, tensor) in engine.layout.tensors.enumerated() {
            let mean = sums[t].reduce(0, +) / Double(shards)
            let variance = sums[t].reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(shards - 1)
            #expect(abs(mean) < 5 * (variance / Double(shards)).squareRoot() + 1e-6, "\(tensor.name): \(mean)")
        }
    }

    @Test("a free field is sampled exactly: log q + S is -log Z for every sample (closed form)", arguments: [(8, 1.25), (8, 0.25), (16, 0.0625)])
    func freeField(extent: Int, massSquared: Double) throws {
        let settings = CouplingFlowSettings(extents: [extent, extent], firstSplineKnots: 0, lastSplineKnots: 0, couplings: 0)
        let engine = CouplingFlowEngine(try CouplingFlow(settings))
        var parameters = engine.initialParameters(seed: 1)
        engine.flow.setFreeField(massSquared: massSquared, scale: 1, &parameters)
        var gradient = [Float](repeating: 0, count: engine.layout.count)
        var field = noise(engine.flow.siteCount)
        // S = 1/2 Σ (∂φ)² + m²/2 φ²: b = 1, c = 2 + m²/2.
        let (q, s) = engine.reverseKullbackLeibler(
            &field, parameters: parameters, action: LaneActionParameters(b: 1, c: 2 + massSquared / 2, d: 0), pathGradient: true,
            gradient: &gradient)
        let momenta = HartleyTransform.momentumSquared([extent, extent])
        let volume = Double(extent * extent)
        let logZ = 0.5 * volume * log(2 * Double.pi) - 0.5 * momenta.reduce(0) { $0 + log($1 + massSquared) }
        for lane in 0..<laneWidth { #expect(abs(q[lane] + s[lane] + logZ) < 2e-3) }
        // At the optimum the path gradient vanishes for every sample.
        #expect(gradient.allSatisfy { abs($0) < 2e-3 })
    }

    @Test("Z2-symmetric flows are odd: the noise -z gives -φ with the same log density")
    func odd() throws {
        let (engine, parameters) = try engine(CouplingFlowSettings(extents: [4, 6]), perturbation: 0.1)
        var plus = noise(engine.flow.siteCount)
        var minus = plus.map { -$0 }
        let a = engine.sample(&plus, parameters: parameters)
        let b = engine.sample(&minus, parameters: parameters)
        #expect(a == b)
        #expect(zip(plus, minus).allSatisfy { $0 == -$1 })
    }

    @Test("impossible settings are refused by name")
    func refused() {
        #expect(throws: FlowError.self) { _ = try CouplingFlow(CouplingFlowSettings(extents: [5, 4])) }
        #expect(throws: FlowError.self) { _ = try CouplingFlow(CouplingFlowSettings(extents: [2, 4], kernelExtent: 3)) }
        #expect(throws: FlowError.self) { _ = try CouplingFlow(CouplingFlowSettings(extents: [4, 4], spectralKnots: 2)) }
    }
}
