import AbelianFields
import AbelianKernels
import Flows
import Glibc
import Networks
import Numerics

extension RandomPurpose {
    /// Uniform numbers that become plaquettes in training, sampling and combined chains.
    static let plaquetteTraining = RandomPurpose(rawValue: 216)
    static let plaquetteSampling = RandomPurpose(rawValue: 217)
    static let plaquetteProposal = RandomPurpose(rawValue: 218)
    static let plaquetteDecision = RandomPurpose(rawValue: 219)
}

/// A normalising flow for compact U(1) on a 2D torus, as a density of its V plaquettes: a prior and gauge-equivariant couplings.
///
/// All that is gauge-invariant but the two Polyakov phases is in the plaquettes, and the phases are uniform given them, as is the gauge: a link
/// configuration is made of plaquettes by drawing both. Densities are with respect to the normalised Haar measure of the links, so that
/// exp(-S)/q has the mean Z = Σ_n I_n(β)^V. Sixteen samples at a time, in double precision; *not collective*.
public final class PlaquetteFlow {
    public let extents: [Int]
    public let settings: PlaquetteFlowSettings
    public let layout: ParameterLayout
    public let sites: Int
    private let prior: PlaquettePrior?
    private let couplings: [PlaquetteCoupling]
    private let spline: CircularSpline
    private let density: CircularDensity
    private let uniform: UnsafeMutablePointer<DoubleLane>
    private let cotangent: UnsafeMutablePointer<DoubleLane>
    private let scratch: UnsafeMutablePointer<DoubleLane>
    private let knots: UnsafeMutablePointer<Double>

    /// - Throws: `FlowError` where couplings do not fit the lattice.
    public init(extents: [Int], settings: PlaquetteFlowSettings) throws {
        guard extents.count == 2 else { throw FlowError("lattice.extents has \(extents.count) numbers, wanted 2") }
        guard settings.couplings == 0 || extents.allSatisfy({ $0 % 4 == 0 }) else {
            throw FlowError("lattice.extents is \(extents): couplings go through every fourth line, wanted multiples of 4, or flow.couplings: 0")
        }
        var layout = ParameterLayout()
        let count = extents.reduce(1, *)
        sites = count
        self.extents = extents
        self.settings = settings
        prior = settings.prior == .spline ? PlaquettePrior(sites: count, bins: settings.bins, quadrature: settings.quadrature, layout: &layout) : nil
        couplings = try (0..<settings.couplings).map {
            try PlaquetteCoupling(number: $0, extents: extents, hidden: settings.hidden, kernelExtent: settings.kernelExtent, layout: &layout)
        }
        if layout.count == 0 { layout.add("none", shape: [1]) }
        self.layout = layout
        spline = CircularSpline(bins: settings.bins)
        density = CircularDensity(bins: settings.bins)
        density.fill(spline)
        func lanes(_ n: Int) -> UnsafeMutablePointer<DoubleLane> {
            let pointer = UnsafeMutablePointer<DoubleLane>.allocate(capacity: max(1, n))
            pointer.initialize(repeating: .zero, count: max(1, n))
            return pointer
        }
        uniform = lanes(count)
        cotangent = lanes(2 * count)
        scratch = lanes(prior?.scratchLanes ?? 1)
        knots = .allocate(capacity: 3 * (settings.bins + 1))
        knots.initialize(repeating: 0, count: 3 * (settings.bins + 1))
    }

    deinit {
        for pointer in [uniform, cotangent, scratch] { pointer.deallocate() }
        knots.deallocate()
    }

    /// Parameters at the start of training: the Haar measure, and couplings near the identity.
    public func initialParameters(seed: UInt64) -> [Float] {
        var parameters = [Float](repeating: 0, count: layout.count)
        for coupling in couplings { coupling.initialize(&parameters, seed: seed) }
        return parameters
    }

    /// Fills `field` with the uniform numbers of samples `firstSample ..< firstSample + 16`, 46 bits each.
    public static func fill(_ field: UnsafeMutablePointer<DoubleLane>, count: Int, stream: RandomStream, epoch: UInt64, firstSample: UInt64) {
        for site in 0..<count {
            let coarse = LaneMath.double(stream.uniformLane(epoch: epoch, firstIndex: firstSample, draw: UInt32(2 * site)))
            let fine = LaneMath.double(stream.uniformLane(epoch: epoch, firstIndex: firstSample, draw: UInt32(2 * site + 1)))
            field[site] = coarse + (fine - 0.5) * 0x1p-23
        }
    }

    private func prepare(_ parameters: UnsafePointer<Float>) {
        guard let prior else { return }
        prior.fill(spline, parameters)
        density.fill(spline)
    }

    /// Uniform numbers in `field` become the plaquettes of sixteen samples, in [-π, π]; returns log q of each.
    public func sample(_ field: UnsafeMutablePointer<DoubleLane>, parameters: UnsafePointer<Float>) -> DoubleLane {
        prepare(parameters)
        return draw(field, parameters, score: nil)
    }

    private func draw(
        _ field: UnsafeMutablePointer<DoubleLane>, _ parameters: UnsafePointer<Float>, score: UnsafeMutablePointer<DoubleLane>?
    ) -> DoubleLane {
        var logDensity = DoubleLane.zero
        if let prior {
            prior.sample(field, spline)
            logDensity = prior.logDensity(field, density, score: score, scratch: scratch)
        } else {
            // Uniform on the torus of plaquettes that add up to whole turns: all but one uniform.
            var sum = DoubleLane.zero
            for site in 0..<sites - 1 {
                field[site] = (field[site] - 0.5) * (2 * Double.pi)
                sum += field[site]
            }
            field[sites - 1] = Angle.wrapped(-sum)
        }
        var logJacobian = DoubleLane.zero
        for coupling in couplings { coupling.forward(field, parameters, logJacobian: &logJacobian) }
        return logDensity - logJacobian
    }

    /// log q of sixteen given sets of plaquettes, by the inverse map; `field` becomes the prior's plaquettes.
    public func logDensity(_ field: UnsafeMutablePointer<DoubleLane>, parameters: UnsafePointer<Float>) -> DoubleLane {
        prepare(parameters)
        var logJacobian = DoubleLane.zero
        for coupling in couplings.reversed() { coupling.inverse(field, parameters, logJacobian: &logJacobian) }
        return (prior?.logDensity(field, density, scratch: scratch) ?? .zero) - logJacobian
    }

    /// As `sample`, and the gradient of the shard's mean of log q + S by the parameters, written to `gradient`.
    ///
    /// For the prior it is the path gradient (Vaitl et al., arXiv:2206.09016): the explicit dependence of log q has mean zero.
    public func reverseKullbackLeibler(
        _ field: UnsafeMutablePointer<DoubleLane>, parameters: UnsafePointer<Float>, beta: Double, gradient: UnsafeMutablePointer<Float>
    ) -> (logDensity: DoubleLane, action: DoubleLane) {
        prepare(parameters)
        uniform.update(from: field, count: sites)
        let score = cotangent + sites
        let logDensity = draw(field, parameters, score: score)
        let action = ProjectionKernel.action(field, count: sites, beta: beta, gradient: cotangent)
        for i in 0..<layout.count { gradient[i] = 0 }
        for coupling in couplings.reversed() { coupling.backward(cotangent, parameters, gradient: gradient) }
        if let prior {
            for site in 0..<sites { cotangent[site] += score[site] }
            for i in 0..<3 * (settings.bins + 1) { knots[i] = 0 }
            prior.pullBack(uniform: uniform, cotangent: cotangent, spline, knots: knots)
            prior.pullBack(knots, parameters, gradient: gradient)
        }
        return (logDensity, action)
    }

    /// The same flow with twice the points of the integral over the residue; nil where there is no integral.
    public func refined() throws -> PlaquetteFlow? {
        guard settings.prior == .spline else { return nil }
        var finer = settings
        finer.quadrature *= 2
        return try PlaquetteFlow(extents: extents, settings: finer)
    }

    /// Parameters for this lattice from those of another: nothing in them knows its size.
    /// - Throws: `FlowError` for another flow.
    public func transferred(from other: PlaquetteFlow, parameters: [Float]) throws -> [Float] {
        guard other.layout == layout, parameters.count == layout.count else {
            throw FlowError("transfer: a flow of \(other.layout.count) parameters, wanted the same tensors, \(layout.count) numbers")
        }
        return parameters
    }

    /// What a sample costs, roughly.
    public var cost: FlowCost {
        let own = Double(sites) * Double(settings.prior == .spline ? 60 * settings.quadrature + 60 : 10)
        let nets = couplings.reduce(0.0) { $0 + $1.operations }
        return FlowCost(
            samplingOperations: own + nets, trainingOperations: 2 * own + 3 * nets,
            memoryBytes: (4 + settings.quadrature) * sites * 128 + couplings.count * sites * 64 * (settings.hidden.reduce(4, +) + 8))
    }
}
