import FlowKernels
import Networks
import Numerics

/// An odd monotone spline applied to every site alike (normflow's `DistConvertor_`).
///
/// Source: Komijani and Marinkovic, arXiv:2301.01504, section 3; the map is `FlowKernels.SiteSpline`.
struct SiteSplineLayer {
    let knotCount: Int
    let siteCount: Int
    let parameters: Range<Int>
    /// Where the workspace keeps this layer's input, in lanes; and its knots and their gradient, in floats.
    private let savedInput: Int
    private let knotStorage: Int

    init(name: String, knotCount: Int, siteCount: Int, layout: inout ParameterLayout, space: inout CouplingWorkspaceLayout) {
        self.knotCount = knotCount
        self.siteCount = siteCount
        parameters = layout.add(name, shape: [RationalQuadratic.parameterCount(knotCount)])
        savedInput = space.reserveLanes(siteCount)
        knotStorage = space.reserveFloats(6 * knotCount)
    }

    /// Computes the knots from the parameters and clears their gradient.
    func prepare(_ all: UnsafePointer<Float>, _ workspace: CouplingWorkspace) {
        let spline = RationalQuadratic(raw: all + parameters.lowerBound, count: knotCount, span: 0.5)
        let target = workspace.floats + knotStorage
        for k in 0..<knotCount {
            target[k] = Float(spline.x[k])
            target[knotCount + k] = Float(spline.y[k])
            target[2 * knotCount + k] = Float(spline.slope[k])
        }
        for k in 3 * knotCount..<6 * knotCount { target[k] = 0 }
    }

    /// Transforms `field` in place and keeps its input for `backward` and `pushScore`.
    func forward(_ field: UnsafeMutablePointer<Lane>, _ workspace: CouplingWorkspace, logJacobian: UnsafeMutablePointer<DoubleLane>) {
        let saved = workspace.lanes + savedInput
        saved.update(from: field, count: siteCount)
        SiteSpline.forward(knots(workspace), input: saved, output: field, count: siteCount, logJacobian: logJacobian)
    }

    /// The inverse of `forward`; adds the log Jacobian of the forward map.
    func inverse(_ field: UnsafeMutablePointer<Lane>, _ workspace: CouplingWorkspace, logJacobian: UnsafeMutablePointer<DoubleLane>) {
        let saved = workspace.lanes + savedInput
        saved.update(from: field, count: siteCount)
        SiteSpline.inverse(knots(workspace), input: saved, output: field, count: siteCount, logJacobian: logJacobian)
    }

    /// Reverse mode: the cotangent of the output becomes that of the input; knot cotangents are gathered.
    func backward(_ cotangent: UnsafeMutablePointer<Lane>, _ workspace: CouplingWorkspace, logJacobianWeight: Float) {
        SiteSpline.backward(
            knots(workspace), input: workspace.lanes + savedInput, cotangent: cotangent, count: siteCount,
            logJacobianWeight: logJacobianWeight, knotGradient: workspace.floats + knotStorage + 3 * knotCount)
    }

    /// Carries the score ∂ log q/∂x through: (score - ∂ log J/∂x) / (dy/dx).
    func pushScore(_ score: UnsafeMutablePointer<Lane>, _ workspace: CouplingWorkspace) {
        SiteSpline.pushScore(knots(workspace), input: workspace.lanes + savedInput, score: score, count: siteCount)
    }

    /// Adds the knots' cotangents, gathered by `backward`, to the parameter gradient.
    func finish(_ all: UnsafePointer<Float>, _ workspace: CouplingWorkspace, gradient: UnsafeMutablePointer<Float>) {
        let base = workspace.floats + knotStorage + 3 * knotCount
        RationalQuadratic.pullBack(
            raw: all + parameters.lowerBound, count: knotCount, span: 0.5,
            knotGradient: (0..<3 * knotCount).map { Double(base[$0]) }, gradient: gradient + parameters.lowerBound)
    }

    private func knots(_ workspace: CouplingWorkspace) -> SplineKnots {
        let base = workspace.floats + knotStorage
        return SplineKnots(count: knotCount, x: base, y: base + knotCount, slope: base + 2 * knotCount)
    }
}
