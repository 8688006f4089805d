import FlowKernels
import Glibc
import Networks
import Numerics

/// A continuous flow with the memory to run it.
///
/// Noise is a number for each mode of the lattice (in the Hartley basis, in site order), so the prior is one multiplication.
public final class ContinuousFlowEngine: LaneFlow {
    public let flow: ContinuousFlow
    let integrator: ContinuousFlowIntegrator
    private let neighbours: NeighbourTable
    /// The prior's modes, kept for the gradient.
    private let modes: UnsafeMutablePointer<Lane>
    private let scratch: UnsafeMutablePointer<Lane>

    /// - Parameters:
    ///   - steps: integration steps; those of the flow's shape if nil.
    ///   - differentiable: keeps what `reverseKullbackLeibler` needs, a plane for every stage.
    public init(_ flow: ContinuousFlow, steps: Int? = nil, differentiable: Bool = true) {
        self.flow = flow
        integrator = ContinuousFlowIntegrator(flow: flow, steps: steps ?? flow.shape.steps, remember: differentiable)
        neighbours = NeighbourTable(extents: flow.shape.extents)
        modes = .allocate(capacity: flow.siteCount)
        scratch = .allocate(capacity: flow.siteCount)
        modes.initialize(repeating: .zero, count: flow.siteCount)
        scratch.initialize(repeating: .zero, count: flow.siteCount)
    }

    deinit {
        modes.deallocate()
        scratch.deallocate()
    }

    public var extents: [Int] { flow.shape.extents }
    public var layout: ParameterLayout { flow.layout }
    public var steps: Int { integrator.steps }
    public func initialParameters(seed: UInt64) -> [Float] { flow.initialParameters }
    public var refined: ContinuousFlowEngine? { ContinuousFlowEngine(flow, steps: 2 * steps, differentiable: false) }

    public func transferred(from other: ContinuousFlowEngine, parameters: [Float]) throws -> [Float] {
        try flow.transferred(from: other.flow, parameters: parameters)
    }

    /// Transforms, and about 25 operations for a sine and cosine.
    public var cost: FlowCost {
        let transform = integrator.hartley.operationsPerSite
        let n = Double(flow.shape.harmonics)
        let stages = Double(integrator.scheme.stages)
        let combine = 2 * stages
        // The velocity; its transposed Jacobian by the score; features again, the same for the cotangent, products of transforms.
        let velocity = (n + 2) * transform + 25 + 6 * n + 2 * (n + 1) + combine
        let score = (n + 2) * transform + 6 * n + 2 + combine
        let reverse = (2 * n + 3) * transform + 25 + 10 * n + 4 + combine
        let visits = stages * Double(steps * flow.siteCount)
        return FlowCost(
            samplingOperations: visits * velocity, trainingOperations: visits * (velocity + score + reverse),
            memoryBytes: (integrator.laneCount + 2 * flow.siteCount) * MemoryLayout<Lane>.stride)
    }

    public func sample(_ field: UnsafeMutablePointer<Lane>, parameters: UnsafePointer<Float>) -> DoubleLane {
        integrator.tables.update(parameters)
        let logPrior = drawPrior(field)
        let logDensity = logPrior - integrator.integrate()
        field.update(from: integrator.field, count: flow.siteCount)
        return logDensity
    }

    public func logDensity(_ field: UnsafeMutablePointer<Lane>, parameters: UnsafePointer<Float>) -> DoubleLane {
        let tables = integrator.tables
        tables.update(parameters)
        integrator.field.update(from: field, count: flow.siteCount)
        // Backward, the integral has the sign of the inverse map's Jacobian.
        let logJacobian = integrator.integrate(backward: true)
        field.update(from: integrator.field, count: flow.siteCount)
        integrator.hartley.transform(field, scratch: scratch)
        for mode in 0..<flow.siteCount { field[mode] *= tables.inverseAmplitude[mode] }
        return LaneNoise.logDensity(field, siteCount: flow.siteCount) - 0.5 * tables.logVarianceSum + logJacobian
    }

    /// The prior's field in the integrator from noise: log of its density.
    private func drawPrior(_ noise: UnsafePointer<Lane>) -> DoubleLane {
        let tables = integrator.tables
        for mode in 0..<flow.siteCount { modes[mode] = noise[mode] * tables.amplitude[mode] }
        integrator.field.update(from: modes, count: flow.siteCount)
        integrator.hartley.transform(integrator.field, scratch: scratch)
        return LaneNoise.logDensity(noise, siteCount: flow.siteCount) - 0.5 * tables.logVarianceSum
    }

    public func reverseKullbackLeibler(
        _ field: UnsafeMutablePointer<Lane>, parameters: UnsafePointer<Float>, action: LaneActionParameters, pathGradient: Bool,
        gradient: UnsafeMutablePointer<Float>
    ) -> (logDensity: DoubleLane, action: DoubleLane) {
        precondition(integrator.remembers, "made without memory for gradients")
        let sites = flow.siteCount
        let tables = integrator.tables
        tables.update(parameters)
        let logPrior = drawPrior(field)
        if pathGradient {
            for mode in 0..<sites { integrator.score[mode] = field[mode] * -tables.inverseAmplitude[mode] }
            integrator.hartley.transform(integrator.score, scratch: scratch)
        }
        let logDensity = logPrior - integrator.integrate(withScore: pathGradient, remember: true)
        field.update(from: integrator.field, count: sites)
        let cotangent = integrator.cotangent
        if pathGradient {
            cotangent.update(from: integrator.score, count: sites)
        } else {
            cotangent.update(repeating: .zero, count: sites)
        }
        let energy = LaneAction.addGradient(
            field, table: neighbours, b: action.b, c: action.c, d: action.d, scale: 1, gradient: cotangent)
        let share = 1 / Float(laneWidth)
        gradient[flow.frequencyIndex] = share * integrator.pullBack(divergenceWeight: pathGradient ? 0 : -1)
        tables.writeKernelGradient(scale: share, to: gradient + flow.kernelRange.lowerBound)
        writePriorGradient(share: share, whole: !pathGradient, to: gradient + flow.priorRange.lowerBound)
        return (logDensity, energy)
    }

    /// φ_k = √P_k z_k, so ∂φ_k/∂log P_k = φ_k/2; and log q has -log P_k/2.
    private func writePriorGradient(share: Float, whole: Bool, to gradient: UnsafeMutablePointer<Float>) {
        let tables = integrator.tables
        integrator.hartley.transform(integrator.cotangent, scratch: scratch)
        ContinuousFlowKernel.orbitProducts(
            integrator.cotangent, modes, members: tables.members, starts: tables.starts, orbitCount: tables.orbitCount, out: gradient)
        for orbit in 0..<tables.orbitCount {
            gradient[orbit] *= 0.5 * share
            if whole { gradient[orbit] -= 0.5 * Float(flow.orbits.multiplicity(orbit)) }
        }
    }
}
