import FlowKernels
import Glibc
import Networks
import Numerics

/// normflow's `PSDBlock_`: every non-zero mode is divided by the square root of `e^{ℓ₀} + e^{ℓ₁} R(k̂²/k̂²max)`, with R a rational-quadratic
/// spline on [0, 1]; the zero mode (in the unit-norm basis) passes a site spline of its own and a scale.
///
/// The filter is even in every momentum component, so it is diagonal in the separable Hartley basis.
/// Source: Komijani and Marinkovic, arXiv:2301.01504, equation 8.
struct SpectralDensityLayer {
    let siteCount: Int
    private let plan: HartleyPlan
    private let knotCount: Int
    private let ends: Range<Int>
    private let spline: Range<Int>
    private let zeroScale: Range<Int>
    private let zeroMode: SiteSplineLayer
    private let normalizedMomentum: [Double]
    private let highestMomentum: Double
    /// Lanes: the coefficients before the gain, and the transform's scratch. Floats: the gains and their cotangents.
    private let coefficients: Int
    private let scratch: Int
    private let gains: Int
    /// Doubles: the spline.
    private let curveStorage: Int

    init(
        name: String, extents: [Int], knotCount: Int, zeroKnotCount: Int, layout: inout ParameterLayout,
        space: inout CouplingWorkspaceLayout
    ) {
        plan = HartleyPlan(extents: extents)
        siteCount = plan.siteCount
        self.knotCount = knotCount
        ends = layout.add("\(name).log_ends", shape: [2])
        spline = layout.add("\(name).spline", shape: [RationalQuadratic.parameterCount(knotCount)])
        zeroScale = layout.add("\(name).zero_mode_log_scale", shape: [1])
        zeroMode = SiteSplineLayer(name: "\(name).zero_mode_spline", knotCount: zeroKnotCount, siteCount: 1, layout: &layout, space: &space)
        let top = plan.momentumSquared.max() ?? 1
        highestMomentum = top > 0 ? top : 1
        normalizedMomentum = plan.momentumSquared.map { [highestMomentum] in $0 / highestMomentum }
        coefficients = space.reserveLanes(plan.siteCount)
        scratch = space.reserveLanes(plan.siteCount)
        gains = space.reserveFloats(2 * plan.siteCount)
        curveStorage = space.reserveDoubles(RationalQuadratic.doubleCount(knotCount))
    }

    /// The free field of unit mass and kinetic term.
    func initialize(_ parameters: inout [Float]) {
        parameters[ends.lowerBound] = 0
        parameters[ends.lowerBound + 1] = Float(log(highestMomentum))
    }

    /// Sets the spectrum to the free field `k̂² + m²` times `scale` (used where the law is known: tests, transfer).
    func setFreeField(massSquared: Double, scale: Double, _ parameters: inout [Float]) {
        parameters[ends.lowerBound] = Float(log(scale * massSquared))
        parameters[ends.lowerBound + 1] = Float(log(scale * highestMomentum))
        for i in spline { parameters[i] = 0 }
        parameters[zeroScale.lowerBound] = Float(-0.5 * log(scale * massSquared))
        for i in zeroMode.parameters { parameters[i] = 0 }
    }

    func prepare(_ all: UnsafePointer<Float>, _ workspace: CouplingWorkspace) {
        zeroMode.prepare(all, workspace)
        let curve = RationalQuadratic(count: knotCount, storage: workspace.doubles + curveStorage)
        curve.set(raw: all + spline.lowerBound, span: 1)
        let low = exp(Double(all[ends.lowerBound]))
        let high = exp(Double(all[ends.lowerBound + 1]))
        let gain = workspace.floats + gains
        var logDeterminant = 0.0
        for mode in 1..<max(1, siteCount) {
            let inverse = low + high * curve.value(at: normalizedMomentum[mode]).value
            gain[mode] = Float(1 / inverse.squareRoot())
            logDeterminant -= 0.5 * log(inverse)
        }
        gain[0] = Float(exp(Double(all[zeroScale.lowerBound])))
        for mode in 0..<siteCount { gain[siteCount + mode] = 0 }
        workspace.spectralLogDeterminant = logDeterminant + Double(all[zeroScale.lowerBound])
    }

    func forward(_ field: UnsafeMutablePointer<Lane>, _ workspace: CouplingWorkspace, logJacobian: UnsafeMutablePointer<DoubleLane>) {
        let gain = workspace.floats + gains
        plan.transform(field, scratch: workspace.lanes + scratch)
        zeroMode.forward(field, workspace, logJacobian: logJacobian)
        (workspace.lanes + coefficients).update(from: field, count: siteCount)
        for mode in 0..<siteCount { field[mode] *= gain[mode] }
        plan.transform(field, scratch: workspace.lanes + scratch)
        logJacobian.pointee += workspace.spectralLogDeterminant
    }

    func inverse(_ field: UnsafeMutablePointer<Lane>, _ workspace: CouplingWorkspace, logJacobian: UnsafeMutablePointer<DoubleLane>) {
        divide(field, workspace) { zeroMode.inverse($0, workspace, logJacobian: logJacobian) }
        logJacobian.pointee += workspace.spectralLogDeterminant
    }

    /// J⁻ᵀ of the score: the layer is symmetric but for the zero mode's spline.
    func pushScore(_ score: UnsafeMutablePointer<Lane>, _ workspace: CouplingWorkspace) {
        divide(score, workspace) { zeroMode.pushScore($0, workspace) }
    }

    private func divide(
        _ field: UnsafeMutablePointer<Lane>, _ workspace: CouplingWorkspace, zero: (UnsafeMutablePointer<Lane>) -> Void
    ) {
        let gain = workspace.floats + gains
        plan.transform(field, scratch: workspace.lanes + scratch)
        for mode in 0..<siteCount { field[mode] /= gain[mode] }
        zero(field)
        plan.transform(field, scratch: workspace.lanes + scratch)
    }

    func backward(_ cotangent: UnsafeMutablePointer<Lane>, _ workspace: CouplingWorkspace, logJacobianWeight: Float) {
        let gain = workspace.floats + gains
        let gainCotangent = gain + siteCount
        let saved = workspace.lanes + coefficients
        plan.transform(cotangent, scratch: workspace.lanes + scratch)
        for mode in 0..<siteCount {
            let product: Lane = cotangent[mode] * saved[mode]
            gainCotangent[mode] += product.sum()
            cotangent[mode] *= gain[mode]
        }
        zeroMode.backward(cotangent, workspace, logJacobianWeight: logJacobianWeight)
        plan.transform(cotangent, scratch: workspace.lanes + scratch)
        workspace.spectralWeight += Double(logJacobianWeight) * Double(laneWidth)
    }

    func finish(_ all: UnsafePointer<Float>, _ workspace: CouplingWorkspace, gradient: UnsafeMutablePointer<Float>) {
        zeroMode.finish(all, workspace, gradient: gradient)
        let gain = workspace.floats + gains
        let weight = workspace.spectralWeight
        // As `prepare` left it.
        let curve = RationalQuadratic(count: knotCount, storage: workspace.doubles + curveStorage)
        curve.clearGradient()
        let low = exp(Double(all[ends.lowerBound]))
        let high = exp(Double(all[ends.lowerBound + 1]))
        var lowGradient = 0.0
        var highGradient = 0.0
        for mode in 1..<max(1, siteCount) {
            let value = curve.value(at: normalizedMomentum[mode]).value
            let inverse = low + high * value
            // d/d(inverse) of gain·cotangent and of the log determinant.
            let pull = -0.5 / inverse * (Double(gain[siteCount + mode]) * Double(gain[mode]) + weight)
            lowGradient += pull
            highGradient += pull * value
            curve.addValueGradient(at: normalizedMomentum[mode], weight: pull * high)
        }
        gradient[ends.lowerBound] += Float(lowGradient * low)
        gradient[ends.lowerBound + 1] += Float(highGradient * high)
        gradient[zeroScale.lowerBound] += Float(Double(gain[siteCount]) * Double(gain[0]) + weight)
        curve.pullBack(raw: all + spline.lowerBound, span: 1, gradient: gradient + spline.lowerBound)
        workspace.spectralWeight = 0
    }
}
