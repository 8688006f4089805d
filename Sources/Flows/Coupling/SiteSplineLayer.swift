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
    /// Where the workspace keeps the places and bins that `forward` found, in lanes; and the table and its bins' gradient, in floats.
    private let savedPlaces: Int
    private let savedBins: Int
    private let tableStorage: Int
    private let gradientStorage: Int
    /// The knots in double precision.
    private let knotStorage: Int

    init(name: String, knotCount: Int, siteCount: Int, layout: inout ParameterLayout, space: inout CouplingWorkspaceLayout) {
        self.knotCount = knotCount
        self.siteCount = siteCount
        parameters = layout.add(name, shape: [RationalQuadratic.parameterCount(knotCount)])
        savedPlaces = space.reserveLanes(siteCount)
        savedBins = space.reserveLanes(siteCount)
        tableStorage = space.reserveFloats(SplineTable.floatCount(knotCount))
        gradientStorage = space.reserveFloats(SplineTable.rowFloats * (knotCount - 1))
        knotStorage = space.reserveDoubles(RationalQuadratic.doubleCount(knotCount))
    }

    /// Computes the bins from the parameters and clears their gradient.
    func prepare(_ all: UnsafePointer<Float>, _ workspace: CouplingWorkspace) {
        let spline = spline(workspace)
        spline.set(raw: all + parameters.lowerBound, span: 0.5)
        table(workspace).fill(x: spline.x, y: spline.y, slope: spline.slope)
        (workspace.floats + gradientStorage).update(repeating: 0, count: SplineTable.rowFloats * (knotCount - 1))
    }

    /// Transforms `field` in place and keeps what `backward` and `pushScore` start from.
    func forward(_ field: UnsafeMutablePointer<Lane>, _ workspace: CouplingWorkspace, logJacobian: UnsafeMutablePointer<DoubleLane>) {
        SiteSpline.forward(
            table(workspace), field: field, count: siteCount, places: workspace.lanes + savedPlaces, bins: bins(workspace),
            logJacobian: logJacobian)
    }

    /// The inverse of `forward`; adds the log Jacobian of the forward map.
    func inverse(_ field: UnsafeMutablePointer<Lane>, _ workspace: CouplingWorkspace, logJacobian: UnsafeMutablePointer<DoubleLane>) {
        SiteSpline.inverse(table(workspace), field: field, count: siteCount, logJacobian: logJacobian)
    }

    /// Reverse mode: the cotangent of the output becomes that of the input; the bins' cotangents are gathered.
    func backward(_ cotangent: UnsafeMutablePointer<Lane>, _ workspace: CouplingWorkspace, logJacobianWeight: Float) {
        SiteSpline.backward(
            table(workspace), places: workspace.lanes + savedPlaces, bins: bins(workspace), cotangent: cotangent, count: siteCount,
            logJacobianWeight: logJacobianWeight, binGradient: workspace.floats + gradientStorage)
    }

    /// Carries the score ∂ log q/∂x through: (score - ∂ log J/∂x) / (dy/dx).
    func pushScore(_ score: UnsafeMutablePointer<Lane>, _ workspace: CouplingWorkspace) {
        SiteSpline.pushScore(
            table(workspace), places: workspace.lanes + savedPlaces, bins: bins(workspace), score: score, count: siteCount)
    }

    /// Adds the bins' cotangents, gathered by `backward`, to the parameter gradient.
    func finish(_ all: UnsafePointer<Float>, _ workspace: CouplingWorkspace, gradient: UnsafeMutablePointer<Float>) {
        let spline = spline(workspace)
        spline.clearGradient()
        for bin in 0..<knotCount - 1 {
            let row = workspace.floats + gradientStorage + SplineTable.rowFloats * bin
            for part in 0..<3 {
                spline.knotGradient[part * knotCount + bin] += Double(row[2 * part])
                spline.knotGradient[part * knotCount + bin + 1] += Double(row[2 * part + 1])
            }
        }
        spline.pullBack(raw: all + parameters.lowerBound, span: 0.5, gradient: gradient + parameters.lowerBound)
    }

    private func spline(_ workspace: CouplingWorkspace) -> RationalQuadratic {
        RationalQuadratic(count: knotCount, storage: workspace.doubles + knotStorage)
    }

    private func table(_ workspace: CouplingWorkspace) -> SplineTable {
        SplineTable(count: knotCount, storage: workspace.floats + tableStorage)
    }

    private func bins(_ workspace: CouplingWorkspace) -> UnsafeMutablePointer<SIMD16<Int32>> {
        UnsafeMutableRawPointer(workspace.lanes + savedBins).assumingMemoryBound(to: SIMD16<Int32>.self)
    }
}
