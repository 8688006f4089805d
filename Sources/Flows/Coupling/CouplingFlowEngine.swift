import FlowKernels
import Networks
import Numerics

/// A coupling flow with the memory to run it.
public final class CouplingFlowEngine: LaneFlow {
    public let flow: CouplingFlow
    private let workspace: CouplingWorkspace
    private let neighbours: NeighbourTable
    private let score: UnsafeMutablePointer<Lane>
    private let cotangent: UnsafeMutablePointer<Lane>

    public init(_ flow: CouplingFlow) {
        self.flow = flow
        workspace = CouplingWorkspace(flow.space)
        neighbours = NeighbourTable(extents: flow.settings.extents)
        score = .allocate(capacity: flow.siteCount)
        cotangent = .allocate(capacity: flow.siteCount)
    }

    deinit {
        score.deallocate()
        cotangent.deallocate()
    }

    /// A coupling is a closed form.
    public var refined: CouplingFlowEngine? { nil }
    public var extents: [Int] { flow.settings.extents }
    public var layout: ParameterLayout { flow.layout }
    public func initialParameters(seed: UInt64) -> [Float] { flow.initialParameters(seed: seed) }
    /// Convolutions, the transforms, and about 20 operations for each elementary function.
    public var cost: FlowCost {
        let settings = flow.settings
        let sites = Double(flow.siteCount)
        let channels = [1] + settings.hidden + [2]
        let taps = settings.extents.reduce(1.0) { product, _ in product * Double(settings.kernelExtent) }
        let weights = zip(channels, channels.dropFirst()).reduce(0.0) { $0 + Double($1.0 * $1.1) } * taps
        let hidden = Double(settings.hidden.reduce(0, +))
        var forward = Double(settings.couplings) * sites * (2 * weights + 20 * hidden + 15)
        if settings.spectralKnots > 0 { forward += sites * 4 * settings.extents.reduce(0.0) { $0 + Double($1) } }
        forward += sites * 150 * Double((settings.firstSplineKnots > 0 ? 1 : 0) + (settings.lastSplineKnots > 0 ? 1 : 0))
        return FlowCost(
            samplingOperations: forward, trainingOperations: 3 * forward, memoryBytes: (workspace.laneCount + 2 * flow.siteCount) * 64)
    }

    /// Every tensor of a coupling flow is independent of the lattice: the spectrum is a function of k̂²/k̂²max, the networks are local.
    public func transferred(from other: CouplingFlowEngine, parameters: [Float]) throws -> [Float] {
        guard other.layout == layout, parameters.count == layout.count else {
            throw FlowError("transfer: the flows differ in more than the lattice: \(other.layout.count) parameters there, \(layout.count) here")
        }
        return parameters
    }

    public func sample(_ field: UnsafeMutablePointer<Lane>, parameters: UnsafePointer<Float>) -> DoubleLane {
        flow.prepare(parameters, workspace)
        return transform(field, parameters)
    }

    private func transform(_ field: UnsafeMutablePointer<Lane>, _ parameters: UnsafePointer<Float>) -> DoubleLane {
        let logPrior = LaneNoise.logDensity(field, siteCount: flow.siteCount)
        var logJacobian = DoubleLane.zero
        flow.forward(field, parameters, workspace, logJacobian: &logJacobian)
        return logPrior - logJacobian
    }

    public func logDensity(_ field: UnsafeMutablePointer<Lane>, parameters: UnsafePointer<Float>) -> DoubleLane {
        flow.prepare(parameters, workspace)
        var logJacobian = DoubleLane.zero
        flow.inverse(field, parameters, workspace, logJacobian: &logJacobian)
        return LaneNoise.logDensity(field, siteCount: flow.siteCount) - logJacobian
    }

    public func reverseKullbackLeibler(
        _ field: UnsafeMutablePointer<Lane>, parameters: UnsafePointer<Float>, action: LaneActionParameters, pathGradient: Bool,
        gradient: UnsafeMutablePointer<Float>
    ) -> (logDensity: DoubleLane, action: DoubleLane) {
        let sites = flow.siteCount
        let share = 1 / Float(laneWidth)
        gradient.update(repeating: 0, count: layout.count)
        flow.prepare(parameters, workspace)
        if pathGradient {
            for site in 0..<sites { score[site] = -field[site] }
        }
        let logDensity = transform(field, parameters)
        if pathGradient {
            flow.pushScore(score, parameters, workspace)
            for site in 0..<sites { cotangent[site] = score[site] * share }
        } else {
            cotangent.update(repeating: .zero, count: sites)
        }
        let energy = LaneAction.addGradient(
            field, table: neighbours, b: action.b, c: action.c, d: action.d, scale: share, gradient: cotangent)
        flow.backward(
            cotangent, parameters, workspace, logJacobianWeight: pathGradient ? 0 : -share, gradient: gradient)
        return (logDensity, energy)
    }
}
