import FlowKernels
import Networks
import Numerics

/// What a coupling flow is made of.
public struct CouplingFlowSettings: Sendable, Equatable {
    /// Lattice extents; even, so that the checkerboard closes.
    public var extents: [Int]
    /// Knots of the spectral density and of the zero mode's spline; 0 leaves the layer out.
    public var spectralKnots: Int
    /// Knots of the site splines before and after the couplings; 0 leaves one out.
    public var firstSplineKnots: Int
    public var lastSplineKnots: Int
    public var couplings: Int
    /// Channels of the hidden layers.
    public var hidden: [Int]
    public var kernelExtent: Int
    /// Z2-equivariant: no bias, |s|.
    public var symmetric: Bool

    public init(
        extents: [Int], spectralKnots: Int = 10, firstSplineKnots: Int = 50, lastSplineKnots: Int = 50, couplings: Int = 4,
        hidden: [Int] = [8, 8], kernelExtent: Int = 3, symmetric: Bool = true
    ) {
        self.extents = extents
        self.spectralKnots = spectralKnots
        self.firstSplineKnots = firstSplineKnots
        self.lastSplineKnots = lastSplineKnots
        self.couplings = couplings
        self.hidden = hidden
        self.kernelExtent = kernelExtent
        self.symmetric = symmetric
    }

    /// The real-NVP flow of Albergo, Kanwar and Shanahan (arXiv:1904.12072) with convolutional networks (arXiv:2101.08176): couplings only.
    public static func realNVP(extents: [Int], couplings: Int = 16, hidden: [Int] = [8, 8]) -> CouplingFlowSettings {
        CouplingFlowSettings(
            extents: extents, spectralKnots: 0, firstSplineKnots: 0, lastSplineKnots: 0, couplings: couplings, hidden: hidden,
            symmetric: false)
    }
}

/// A normalising flow of the normflow family over lanes: spectral density, site spline, affine couplings, site spline.
///
/// Source: Komijani and Marinkovic, arXiv:2301.01504. One value describes the model; the memory of a pass is a `CouplingWorkspace`.
/// *Not collective*: a shard of sixteen samples is computed by one rank.
public struct CouplingFlow {
    public let settings: CouplingFlowSettings
    public let layout: ParameterLayout
    public let siteCount: Int
    let space: CouplingWorkspaceLayout
    private let spectral: SpectralDensityLayer?
    private let first: SiteSplineLayer?
    private let couplings: [AffineCouplingLayer]
    private let last: SiteSplineLayer?

    /// - Throws: `FlowError` when an extent is odd or not positive or a count is out of range.
    public init(_ settings: CouplingFlowSettings) throws {
        guard !settings.extents.isEmpty, settings.extents.allSatisfy({ $0 > 0 && $0 % 2 == 0 }) else {
            throw FlowError("flow: lattice extents \(settings.extents): a checkerboard needs even extents")
        }
        guard settings.extents.allSatisfy({ $0 >= settings.kernelExtent }), settings.kernelExtent % 2 == 1 else {
            throw FlowError(
                "flow: kernel extent \(settings.kernelExtent) on lattice \(settings.extents): wanted an odd number not above the smallest extent")
        }
        for (name, knots) in [
            ("spectral_knots", settings.spectralKnots), ("first_spline_knots", settings.firstSplineKnots),
            ("last_spline_knots", settings.lastSplineKnots),
        ] where knots != 0 && !(3...1000).contains(knots) {
            throw FlowError("flow: \(name) is \(knots): wanted 0 (none) or 3 to 1000")
        }
        guard (0...1000).contains(settings.couplings), settings.hidden.allSatisfy({ (1...1024).contains($0) }) else {
            throw FlowError("flow: couplings \(settings.couplings), hidden \(settings.hidden): wanted 0 to 1000 couplings of 1 to 1024 channels")
        }
        self.settings = settings
        siteCount = settings.extents.reduce(1, *)
        var layout = ParameterLayout()
        var space = CouplingWorkspaceLayout()
        let sites = siteCount
        spectral =
            settings.spectralKnots == 0
            ? nil
            : SpectralDensityLayer(
                name: "spectral", extents: settings.extents, knotCount: settings.spectralKnots,
                zeroKnotCount: settings.spectralKnots, layout: &layout, space: &space)
        first =
            settings.firstSplineKnots == 0
            ? nil
            : SiteSplineLayer(
                name: "first_spline", knotCount: settings.firstSplineKnots, siteCount: sites, layout: &layout, space: &space)
        let widest = ([2] + settings.hidden).max() ?? 2
        let shared = CouplingScratch(
            first: space.reserveLanes(widest * sites), second: space.reserveLanes(widest * sites),
            convolution: space.reserveLanes(
                try AffineCouplingLayer.scratchLanes(
                    extents: settings.extents, hidden: settings.hidden, kernelExtent: settings.kernelExtent)))
        couplings = try (0..<settings.couplings).map { index in
            try AffineCouplingLayer(
                name: "coupling\(index)", extents: settings.extents, parity: index % 2, hidden: settings.hidden,
                kernelExtent: settings.kernelExtent, symmetric: settings.symmetric, shared: shared, layout: &layout, space: &space)
        }
        last =
            settings.lastSplineKnots == 0
            ? nil
            : SiteSplineLayer(name: "last_spline", knotCount: settings.lastSplineKnots, siteCount: sites, layout: &layout, space: &space)
        self.layout = layout
        self.space = space
    }

    /// Parameters at the start of training: splines the identity, spectrum the free field, small random last layers.
    public func initialParameters(seed: UInt64) -> [Float] {
        var parameters = [Float](repeating: 0, count: layout.count)
        spectral?.initialize(&parameters)
        for coupling in couplings { coupling.initialize(&parameters, seed: seed, lastGain: 0.1) }
        return parameters
    }

    /// Sets the spectral layer to a free field with kinetic coefficient `scale`; the other layers are left alone.
    public func setFreeField(massSquared: Double, scale: Double, _ parameters: inout [Float]) {
        spectral?.setFreeField(massSquared: massSquared, scale: scale, &parameters)
    }

    func prepare(_ parameters: UnsafePointer<Float>, _ workspace: CouplingWorkspace) {
        spectral?.prepare(parameters, workspace)
        first?.prepare(parameters, workspace)
        last?.prepare(parameters, workspace)
    }

    /// Noise to field, in place; the log Jacobian is added. `prepare` first.
    func forward(
        _ field: UnsafeMutablePointer<Lane>, _ parameters: UnsafePointer<Float>, _ workspace: CouplingWorkspace,
        logJacobian: UnsafeMutablePointer<DoubleLane>
    ) {
        spectral?.forward(field, workspace, logJacobian: logJacobian)
        first?.forward(field, workspace, logJacobian: logJacobian)
        for coupling in couplings { coupling.forward(field, parameters, workspace, logJacobian: logJacobian) }
        last?.forward(field, workspace, logJacobian: logJacobian)
    }

    /// Field to noise, in place; adds the log Jacobian of the forward map.
    func inverse(
        _ field: UnsafeMutablePointer<Lane>, _ parameters: UnsafePointer<Float>, _ workspace: CouplingWorkspace,
        logJacobian: UnsafeMutablePointer<DoubleLane>
    ) {
        last?.inverse(field, workspace, logJacobian: logJacobian)
        for coupling in couplings.reversed() { coupling.inverse(field, parameters, workspace, logJacobian: logJacobian) }
        first?.inverse(field, workspace, logJacobian: logJacobian)
        spectral?.inverse(field, workspace, logJacobian: logJacobian)
    }

    /// The score of the noise becomes the score ∂ log q/∂φ of the field. After `forward` with the same workspace.
    func pushScore(_ score: UnsafeMutablePointer<Lane>, _ parameters: UnsafePointer<Float>, _ workspace: CouplingWorkspace) {
        spectral?.pushScore(score, workspace)
        first?.pushScore(score, workspace)
        for coupling in couplings { coupling.pushScore(score, parameters, workspace) }
        last?.pushScore(score, workspace)
    }

    /// Reverse mode after `forward`: the cotangent of the field becomes that of the noise, the parameter gradient is added to `gradient`
    /// (coupling weights are written).
    func backward(
        _ cotangent: UnsafeMutablePointer<Lane>, _ parameters: UnsafePointer<Float>, _ workspace: CouplingWorkspace,
        logJacobianWeight: Float, gradient: UnsafeMutablePointer<Float>
    ) {
        last?.backward(cotangent, workspace, logJacobianWeight: logJacobianWeight)
        for coupling in couplings.reversed() {
            coupling.backward(cotangent, parameters, workspace, logJacobianWeight: logJacobianWeight, gradient: gradient)
        }
        first?.backward(cotangent, workspace, logJacobianWeight: logJacobianWeight)
        spectral?.backward(cotangent, workspace, logJacobianWeight: logJacobianWeight)
        last?.finish(parameters, workspace, gradient: gradient)
        first?.finish(parameters, workspace, gradient: gradient)
        spectral?.finish(parameters, workspace, gradient: gradient)
    }
}
