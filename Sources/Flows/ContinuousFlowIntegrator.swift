import FlowKernels
import Numerics

/// Integrates one shard of sixteen fields through a continuous flow, forward and in reverse mode. All memory is allocated once.
final class ContinuousFlowIntegrator {
    let flow: ContinuousFlow
    let scheme: RungeKuttaScheme
    let steps: Int
    let tables: ContinuousFlowTables
    let siteCount: Int
    /// The field, and its score ∂ log q/∂φ where it is wanted.
    let field: UnsafeMutablePointer<Lane>
    let score: UnsafeMutablePointer<Lane>
    /// Cotangent of the field in reverse mode.
    let cotangent: UnsafeMutablePointer<Lane>
    let hartley: HartleyPlan

    private let harmonicCount: Int
    private let timeIndex: [[Int]]
    private let memory: UnsafeMutablePointer<Lane>
    private let history: UnsafeMutablePointer<Lane>
    private let velocities: UnsafeMutablePointer<Lane>
    private let scoreVelocities: UnsafeMutablePointer<Lane>
    private let stageField: UnsafeMutablePointer<Lane>
    private let stageScore: UnsafeMutablePointer<Lane>
    private let sines: UnsafeMutablePointer<Lane>
    private let cosines: UnsafeMutablePointer<Lane>
    private let spectrum: UnsafeMutablePointer<Lane>
    private let work: UnsafeMutablePointer<Lane>
    private let scratch: UnsafeMutablePointer<Lane>

    /// `remember` keeps the field at every stage for reverse mode.
    init(flow: ContinuousFlow, steps: Int, scheme: RungeKuttaScheme = .fifthOrder, remember: Bool) {
        self.flow = flow
        self.scheme = scheme
        self.steps = steps
        siteCount = flow.siteCount
        harmonicCount = flow.shape.harmonics
        hartley = HartleyPlan(extents: flow.shape.extents)
        // Stages at the same time share their tables.
        var times: [Double] = []
        timeIndex = (0..<steps).map { step in
            scheme.nodes.map { node in
                let time = (Double(step) + node) / Double(steps)
                if let known = times.lastIndex(of: time) { return known }
                times.append(time)
                return times.count - 1
            }
        }
        tables = ContinuousFlowTables(flow: flow, times: times)
        let laneCount = Self.planeCount(flow: flow, steps: steps, scheme: scheme, remember: remember) * siteCount
        memory = .allocate(capacity: laneCount)
        memory.initialize(repeating: .zero, count: laneCount)
        var next = memory
        func take(_ count: Int) -> UnsafeMutablePointer<Lane> {
            defer { next += count * flow.siteCount }
            return next
        }
        field = take(1)
        score = take(1)
        cotangent = take(1)
        stageField = take(1)
        stageScore = take(1)
        spectrum = take(1)
        work = take(1)
        scratch = take(1)
        velocities = take(scheme.stages)
        scoreVelocities = take(scheme.stages)
        sines = take(harmonicCount)
        cosines = take(harmonicCount)
        history = take(remember ? steps * scheme.stages : 0)
    }

    deinit { memory.deallocate() }

    /// Planes of lanes that an integrator holds.
    static func planeCount(flow: ContinuousFlow, steps: Int, scheme: RungeKuttaScheme, remember: Bool) -> Int {
        8 + 2 * scheme.stages + 2 * flow.shape.harmonics + (remember ? steps * scheme.stages : 0)
    }

    // MARK: Forward

    /// Carries `field` from time 0 to 1 (or back) and returns the integral of the divergence, ∫ ∇·v dt over the path taken.
    ///
    /// - Parameters:
    ///   - withScore: carries `score` along: dg/dt = -(∂v/∂φ)ᵀ g - ∇(∇·v). Vaitl et al., arXiv:2206.09016, theorem 2.
    ///   - remember: keeps the field at every stage.
    func integrate(backward: Bool = false, withScore: Bool = false, remember: Bool = false) -> DoubleLane {
        let h = (backward ? -1 : 1) / Double(steps)
        var divergence = DoubleLane.zero
        for count in 0..<steps {
            // A backward step visits the times of its forward twin from the end.
            let step = backward ? steps - 1 - count : count
            for stage in 0..<scheme.stages {
                advance(field, velocities, stage: stage, h: h, to: stageField)
                if withScore { advance(score, scoreVelocities, stage: stage, h: h, to: stageScore) }
                if remember {
                    (history + (step * scheme.stages + stage) * siteCount).update(from: stageField, count: siteCount)
                }
                let time = backward ? mirrored(step: step, stage: stage) : timeIndex[step][stage]
                let change = velocity(time: time, into: velocities + stage * siteCount)
                divergence += change * (h * scheme.weights[stage])
                if withScore { scoreVelocity(time: time, into: scoreVelocities + stage * siteCount) }
            }
            for stage in 0..<scheme.stages {
                let weight = Float(h * scheme.weights[stage])
                let plane = stage * siteCount
                ContinuousFlowKernel.combine(field, velocities + plane, scale: weight, siteCount: siteCount, target: field)
                if withScore {
                    ContinuousFlowKernel.combine(score, scoreVelocities + plane, scale: weight, siteCount: siteCount, target: score)
                }
            }
        }
        return divergence
    }

    /// The table of time (step + 1 - c)/steps: the nodes are symmetric, so it is another stage's.
    private func mirrored(step: Int, stage: Int) -> Int {
        let node = 1 - scheme.nodes[stage]
        let twin = scheme.nodes.firstIndex(of: node) ?? stage
        return timeIndex[step][twin]
    }

    private func advance(
        _ base: UnsafeMutablePointer<Lane>, _ slopes: UnsafeMutablePointer<Lane>, stage: Int, h: Double,
        to target: UnsafeMutablePointer<Lane>
    ) {
        var source = UnsafePointer(base)
        for (j, coupling) in scheme.couplings[stage].enumerated() where coupling != 0 {
            ContinuousFlowKernel.combine(
                source, slopes + j * siteCount, scale: Float(h * coupling), siteCount: siteCount, target: target)
            source = UnsafePointer(target)
        }
        if source == UnsafePointer(base) { target.update(from: base, count: siteCount) }
    }

    /// v at `stageField`, and its divergence. Leaves sines and cosines of the stage behind.
    private func velocity(time: Int, into target: UnsafeMutablePointer<Lane>) -> DoubleLane {
        ContinuousFlowKernel.harmonics(
            stageField, siteCount: siteCount, harmonicCount: harmonicCount, frequency: tables.frequency, sines: sines, cosines: cosines)
        hartley.transformWithoutScale(from: stageField, to: work, scratch: scratch)
        ContinuousFlowKernel.filter(
            work, spectrum: tables.spectrum(time: time, feature: 0), siteCount: siteCount, add: false, target: spectrum)
        for n in 0..<harmonicCount {
            hartley.transformWithoutScale(from: sines + n * siteCount, to: work, scratch: scratch)
            ContinuousFlowKernel.filter(
                work, spectrum: tables.spectrum(time: time, feature: n + 1), siteCount: siteCount, add: true, target: spectrum)
        }
        hartley.transformWithoutScale(from: spectrum, to: target, scratch: scratch)
        let local = ContinuousFlowKernel.divergence(
            cosines: cosines, siteCount: siteCount, harmonicCount: harmonicCount, slopes: tables.slopes + time * harmonicCount)
        return local + tables.linearDivergence[time]
    }

    /// -(∂v/∂φ)ᵀ g - ∇(∇·v) for g = `stageScore`, with sines and cosines of the stage at hand.
    private func scoreVelocity(time: Int, into target: UnsafeMutablePointer<Lane>) {
        transposedSines(stageScore, time: time, into: target)
        addTransposedLinear(time: time, to: target)
        ContinuousFlowKernel.addWeighted(
            sines, siteCount: siteCount, harmonicCount: harmonicCount, weights: tables.curvatures + time * harmonicCount, to: target)
        ContinuousFlowKernel.scale(target, by: -1, siteCount: siteCount, target: target)
    }

    /// `target = (∂v/∂φ)ᵀ vector` of the sines alone; leaves the transform of `vector` in `spectrum`.
    private func transposedSines(_ vector: UnsafePointer<Lane>, time: Int, into target: UnsafeMutablePointer<Lane>) {
        hartley.transformWithoutScale(from: vector, to: spectrum, scratch: scratch)
        for n in 0..<harmonicCount {
            ContinuousFlowKernel.filter(
                spectrum, spectrum: tables.spectrum(time: time, feature: n + 1), siteCount: siteCount, add: false, target: work)
            hartley.transformWithoutScale(from: work, to: work, scratch: scratch)
            ContinuousFlowKernel.addProduct(
                cosines + n * siteCount, work, scale: Float(n + 1) * tables.frequency, siteCount: siteCount, add: n > 0, to: target)
        }
    }

    /// Adds the linear term's part of (∂v/∂φ)ᵀ to what `transposedSines` left.
    private func addTransposedLinear(time: Int, to target: UnsafeMutablePointer<Lane>) {
        ContinuousFlowKernel.filter(
            spectrum, spectrum: tables.spectrum(time: time, feature: 0), siteCount: siteCount, add: false, target: work)
        hartley.transformWithoutScale(from: work, to: work, scratch: scratch)
        ContinuousFlowKernel.combine(target, work, scale: 1, siteCount: siteCount, target: target)
    }

    // MARK: Reverse

    /// Pulls `cotangent`, of the field at time 1, back to time 0 and accumulates gradients in the tables.
    ///
    /// - Parameter divergenceWeight: the cotangent of ∫ ∇·v dt: 0 for path gradients, -1 for the whole gradient of log q.
    /// - Returns: the gradient of the frequency, summed over samples.
    func pullBack(divergenceWeight: Float) -> Float {
        let h = 1 / Double(steps)
        tables.clearGradient()
        var frequencyGradient: Float = 0
        for step in (0..<steps).reversed() {
            // `velocities` holds the stages' field cotangents, `stageScore` the cotangent of a stage's velocity.
            for stage in (0..<scheme.stages).reversed() {
                ContinuousFlowKernel.scale(
                    cotangent, by: Float(h * scheme.weights[stage]), siteCount: siteCount, target: stageScore)
                for later in stage + 1..<max(scheme.stages, stage + 1) {
                    let coupling = scheme.couplings[later][stage]
                    if coupling == 0 { continue }
                    ContinuousFlowKernel.combine(
                        stageScore, velocities + later * siteCount, scale: Float(h * coupling), siteCount: siteCount, target: stageScore)
                }
                frequencyGradient += pullBackStage(
                    field: history + (step * scheme.stages + stage) * siteCount, time: timeIndex[step][stage],
                    divergenceWeight: divergenceWeight * Float(h * scheme.weights[stage]), into: velocities + stage * siteCount)
            }
            for stage in 0..<scheme.stages {
                ContinuousFlowKernel.combine(cotangent, velocities + stage * siteCount, scale: 1, siteCount: siteCount, target: cotangent)
            }
        }
        return frequencyGradient
    }

    private func pullBackStage(
        field: UnsafePointer<Lane>, time: Int, divergenceWeight: Float, into target: UnsafeMutablePointer<Lane>
    ) -> Float {
        let sites = siteCount
        ContinuousFlowKernel.harmonics(
            field, siteCount: sites, harmonicCount: harmonicCount, frequency: tables.frequency, sines: sines, cosines: cosines)
        transposedSines(stageScore, time: time, into: target)
        // The frequency: ω ∂/∂ω = φ ∂/∂φ on every sine.
        var frequencyGradient = ContinuousFlowKernel.innerProduct(field, target, siteCount: sites) / tables.frequency
        addTransposedLinear(time: time, to: target)
        // Gradients of the spectra: products of transforms.
        let products = tables.stageProducts
        let stride = tables.orbitLanes * laneWidth
        for feature in 0...harmonicCount {
            hartley.transformWithoutScale(from: feature == 0 ? field : UnsafePointer(sines + (feature - 1) * sites), to: work, scratch: scratch)
            ContinuousFlowKernel.orbitProducts(
                work, spectrum, members: tables.members, starts: tables.starts, orbitCount: tables.orbitCount,
                out: products + feature * stride)
        }
        tables.addStageProducts(time: time)
        if divergenceWeight != 0 {
            frequencyGradient += pullBackDivergence(field: field, time: time, weight: divergenceWeight, into: target)
        }
        return frequencyGradient
    }

    /// Adds `weight` times the gradient of the divergence at one stage.
    private func pullBackDivergence(
        field: UnsafePointer<Lane>, time: Int, weight: Float, into target: UnsafeMutablePointer<Lane>
    ) -> Float {
        let sites = siteCount
        let omega = tables.frequency
        tables.addOnSite(weight * Float(sites * laneWidth), time: time, feature: 0)
        var frequencyGradient: Float = 0
        for n in 1...harmonicCount {
            let total = ContinuousFlowKernel.total(cosines + (n - 1) * sites, siteCount: sites)
            tables.addOnSite(weight * Float(n) * omega * total, time: time, feature: n)
            frequencyGradient += weight * tables.slopes[time * harmonicCount + n - 1] / omega * total
        }
        for site in 0..<sites { work[site] = .zero }
        ContinuousFlowKernel.addWeighted(
            sines, siteCount: sites, harmonicCount: harmonicCount, weights: tables.curvatures + time * harmonicCount, to: work)
        frequencyGradient += weight * ContinuousFlowKernel.innerProduct(field, work, siteCount: sites) / omega
        ContinuousFlowKernel.combine(target, work, scale: weight, siteCount: sites, target: target)
        return frequencyGradient
    }
}
