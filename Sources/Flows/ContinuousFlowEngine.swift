import FlowKernels
import Glibc
import Networks
import Numerics

/// A continuous flow with the memory to run it.
///
/// Noise is a number for each mode of the lattice (in the Hartley basis, in site order), so the prior is one multiplication.
public final class ContinuousFlowEngine: LaneFlow {
    public let flow: ContinuousFlow
    /// Integration steps.
    public let steps: Int
    // A sampling job never trains and a training job seldom samples: each allocates what it uses.
    private lazy var training = ContinuousFlowIntegrator(flow: flow, steps: steps, remember: true)
    private lazy var sampling = ContinuousFlowIntegrator(flow: flow, steps: steps, remember: false)
    private let neighbours: NeighbourTable
    /// The prior's modes, kept for the gradient.
    private let modes: LaneBuffer
    private let scratch: LaneBuffer

    /// - Parameter steps: integration steps; those of the flow's shape if nil.
    public init(_ flow: ContinuousFlow, steps: Int? = nil) {
        self.flow = flow
        self.steps = steps ?? flow.shape.steps
        neighbours = NeighbourTable(extents: flow.shape.extents)
        modes = LaneBuffer(flow.siteCount)
        scratch = LaneBuffer(flow.siteCount)
    }

    public var extents: [Int] { flow.shape.extents }
    public var layout: ParameterLayout { flow.layout }
    /// The identity on the best free field: nothing is drawn.
    public func initialParameters(seed: UInt64) -> [Float] { flow.initialParameters }

    public var refined: ContinuousFlowEngine? { ContinuousFlowEngine(flow, steps: 2 * steps) }

    public func transferred(from other: ContinuousFlowEngine, parameters: [Float]) throws -> [Float] {
        try flow.transferred(from: other.flow, parameters: parameters)
    }

    /// Transforms, about 25 operations for a sine and cosine, and what the kernels show.
    public var cost: FlowCost {
        let transform = HartleyPlan(extents: extents).operationsPerSite
        let n = Double(flow.shape.harmonics)
        let stages = Double(RungeKuttaScheme.fifthOrder.stages)
        let combine = 2 * stages
        let velocity = (n + 2) * transform + 25 + 6 * n + 2 * (n + 1) + combine
        // The score's velocity; then features again, the transposed Jacobian again, and products of transforms.
        let score = (n + 2) * transform + 6 * n + 2 + combine
        let reverse = (2 * n + 3) * transform + 25 + 10 * n + 4 + combine
        let visits = stages * Double(steps * flow.siteCount)
        let planes = ContinuousFlowIntegrator.planeCount(flow: flow, steps: steps, scheme: .fifthOrder, remember: true) + 2
        return FlowCost(
            samplingOperations: visits * velocity,
            trainingOperations: visits * (velocity + score + reverse),
            memoryBytes: planes * flow.siteCount * MemoryLayout<Lane>.stride)
    }

    public func sample(_ field: UnsafeMutablePointer<Lane>, parameters: UnsafePointer<Float>) -> DoubleLane {
        let integrator = sampling
        integrator.tables.update(parameters)
        let logPrior = drawPrior(field, integrator)
        let logDensity = logPrior - integrator.integrate()
        field.update(from: integrator.field, count: flow.siteCount)
        return logDensity
    }

    public func logDensity(_ field: UnsafeMutablePointer<Lane>, parameters: UnsafePointer<Float>) -> DoubleLane {
        let integrator = sampling
        let tables = integrator.tables
        tables.update(parameters)
        integrator.field.update(from: field, count: flow.siteCount)
        // Backward, the integral has the sign of the inverse map's Jacobian.
        let logJacobian = integrator.integrate(backward: true)
        field.update(from: integrator.field, count: flow.siteCount)
        integrator.hartley.transform(field, scratch: scratch.lanes)
        for mode in 0..<flow.siteCount { field[mode] *= tables.inverseAmplitude[mode] }
        return LaneNoise.logDensity(field, siteCount: flow.siteCount) - 0.5 * tables.logVarianceSum + logJacobian
    }

    /// The prior's field in the integrator from noise: log of its density.
    private func drawPrior(_ noise: UnsafePointer<Lane>, _ integrator: ContinuousFlowIntegrator) -> DoubleLane {
        let tables = integrator.tables
        let sites = flow.siteCount
        for mode in 0..<sites { modes.lanes[mode] = noise[mode] * tables.amplitude[mode] }
        integrator.field.update(from: modes.lanes, count: sites)
        integrator.hartley.transform(integrator.field, scratch: scratch.lanes)
        return LaneNoise.logDensity(noise, siteCount: sites) - 0.5 * tables.logVarianceSum
    }

    public func reverseKullbackLeibler(
        _ field: UnsafeMutablePointer<Lane>, parameters: UnsafePointer<Float>, action: LaneActionParameters, pathGradient: Bool,
        gradient: UnsafeMutablePointer<Float>
    ) -> (logDensity: DoubleLane, action: DoubleLane) {
        let integrator = training
        let sites = flow.siteCount
        let tables = integrator.tables
        tables.update(parameters)
        let logPrior = drawPrior(field, integrator)
        if pathGradient {
            for mode in 0..<sites { integrator.score[mode] = field[mode] * -tables.inverseAmplitude[mode] }
            integrator.hartley.transform(integrator.score, scratch: scratch.lanes)
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
        writePriorGradient(integrator, share: share, whole: !pathGradient, to: gradient + flow.priorRange.lowerBound)
        return (logDensity, energy)
    }

    /// φ_k = √P_k z_k, so ∂φ_k/∂log P_k = φ_k/2; and log q has -log P_k/2.
    private func writePriorGradient(
        _ integrator: ContinuousFlowIntegrator, share: Float, whole: Bool, to gradient: UnsafeMutablePointer<Float>
    ) {
        let tables = integrator.tables
        integrator.hartley.transform(integrator.cotangent, scratch: scratch.lanes)
        ContinuousFlowKernel.orbitProducts(
            integrator.cotangent, modes.lanes, members: tables.members, starts: tables.starts, orbitCount: tables.orbitCount, out: gradient)
        for orbit in 0..<tables.orbitCount {
            gradient[orbit] *= 0.5 * share
            if whole { gradient[orbit] -= 0.5 * Float(flow.orbits.multiplicity(orbit)) }
        }
    }
}
