import Glibc
import Networks
import Numerics

extension ContinuousFlowEngine {
    /// Half the step size.
    public var refined: ContinuousFlowEngine? { ContinuousFlowEngine(flow, steps: 2 * steps, differentiable: false) }

    /// Per stage and site: a sine and cosine, a Hartley transform and a product for each harmonic, and one transform back.
    public var cost: FlowCost {
        let sites = Double(flow.siteCount)
        let harmonics = Double(flow.shape.harmonics)
        let transform = flow.shape.extents.reduce(0.0) { $0 + 5 * log2(Double($1)) / 2 }
        let stage = sites * (harmonics * (12 + 2 * transform) + 2 * transform + 40)
        let stages = Double(steps * integrator.scheme.stages)
        return FlowCost(
            samplingOperations: stages * stage, trainingOperations: 3.5 * stages * stage,
            memoryBytes: (integrator.laneCount + 2 * flow.siteCount) * MemoryLayout<Lane>.stride)
    }

    /// The flow of another lattice: kernels by displacement, zero where the smaller lattice had none; the prior's correction by k̂².
    ///
    /// A component of half an extent is one displacement on the smaller lattice and two on a larger one, which share its weight.
    /// Features are in units of √<φ²>, so the kernel has no unit and the frequency is rescaled.
    public func transferred(from other: ContinuousFlowEngine, parameters: [Float]) throws -> [Float] {
        let (old, new) = (other.flow, flow)
        guard old.shape.harmonics == new.shape.harmonics, old.shape.timeTerms == new.shape.timeTerms,
            old.shape.extents.count == new.shape.extents.count, parameters.count == old.layout.count
        else {
            throw FlowError(
                "transfer: \(old.shape.harmonics) harmonics, \(old.shape.timeTerms) time terms on \(old.shape.extents) there; \(new.shape.harmonics), \(new.shape.timeTerms) on \(new.shape.extents) here; wanted the same but for the extents")
        }
        var result = new.initialParameters
        result[new.frequencyIndex] = parameters[old.frequencyIndex] * Float((old.shape.fieldVariance / new.shape.fieldVariance).squareRoot())
        let place = Dictionary(
            old.coupledOrbits.enumerated().map { (old.orbits.representatives[$1], $0) }, uniquingKeysWith: { first, _ in first })
        let rows = new.shape.timeTerms * new.featureCount
        for (i, orbit) in new.coupledOrbits.enumerated() {
            let displacement = new.orbits.representatives[orbit]
            guard let source = place[displacement] else { continue }
            var share: Float = 1
            for (axis, x) in displacement.enumerated() where 2 * x == old.shape.extents[axis] && 2 * x != new.shape.extents[axis] { share /= 2 }
            for row in 0..<rows {
                result[new.kernelRange.lowerBound + row * new.coupledOrbits.count + i] =
                    share * parameters[old.kernelRange.lowerBound + row * old.coupledOrbits.count + source]
            }
        }
        // The correction to the prior's log variance, linear in k̂² between the old momenta.
        let known = zip(old.orbits.momentumSquared, parameters[old.priorRange]).sorted { $0.0 < $1.0 }
        for (i, k2) in new.orbits.momentumSquared.enumerated() {
            result[new.priorRange.lowerBound + i] = Self.interpolate(known, at: k2)
        }
        return result
    }

    private static func interpolate(_ points: [(Double, Float)], at x: Double) -> Float {
        guard let above = points.firstIndex(where: { $0.0 >= x }) else { return points.last?.1 ?? 0 }
        guard above > 0 else { return points[0].1 }
        let (a, b) = (points[above - 1], points[above])
        let t = b.0 > a.0 ? Float((x - a.0) / (b.0 - a.0)) : 1
        return a.1 + t * (b.1 - a.1)
    }
}
