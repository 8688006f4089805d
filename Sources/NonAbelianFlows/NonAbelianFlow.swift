import GaugeKernels
import Networks
import Numerics

/// A flow of SU(2) and SU(3) plaquettes on a two-dimensional torus, sixteen samples at a time.
///
/// V matrices Q_i come from one trained density on the group's conjugacy classes, the holonomies A and B from Haar's measure. What the Q lack of closing the
/// torus, h = (Q₁ … Q_V)† A B A† B†, is given to all of them evenly: P_i = h^{(1-i)/V} Q_i h^{i/V}. Samples are (A, B, P, h), h being an auxiliary variable:
/// their density with respect to Haar's measures is Π q(Q_i), and the target's is exp(-S(P)). A sample depends on (stream, epoch, sample) alone. *Not collective.*
public final class NonAbelianFlow {
    public let settings: NonAbelianSettings
    public let layout: ParameterLayout
    package let density: any ClassDensity
    private let group: GaugeGroup
    private let volume: Int
    private let angles: UnsafeMutablePointer<DoubleLane>
    /// Of the first eight samples and of the others.
    private let halves: [Half]

    /// Memory of eight samples.
    private final class Half {
        let plaquettes, holonomies, residue, root, frame, sines, cosines: UnsafeMutablePointer<SiteLane>
        private let storage: UnsafeMutablePointer<SiteLane>

        init(_ group: GaugeGroup, volume: Int) {
            let n = group.components
            storage = SiteMemory.allocate((volume + 5) * n + 2 * group.degree)
            plaquettes = storage
            holonomies = plaquettes + volume * n
            residue = holonomies + 2 * n
            root = residue + n
            frame = root + n
            sines = frame + n
            cosines = sines + group.degree
        }

        deinit { storage.deallocate() }
    }

    public init(_ settings: NonAbelianSettings) {
        self.settings = settings
        group = settings.group
        volume = settings.volume
        switch settings.group {
        case .su2: density = SU2ClassDensity(bins: settings.bins)
        case .su3: density = SU3ClassDensity(bins: settings.bins, shapeBins: settings.shapeBins, nodes: settings.nodes)
        }
        layout = density.layout
        halves = (0..<2).map { [group, volume] _ in Half(group, volume: volume) }
        angles = .allocate(capacity: volume * group.degree)
        angles.initialize(repeating: .zero, count: volume * group.degree)
    }

    deinit { angles.deallocate() }

    /// Parameters at the start of training: Haar's measure.
    public var initialParameters: [Float] { [Float](repeating: 0, count: layout.count) }

    /// Takes the parameters, for all samples that follow.
    public func prepare(_ parameters: [Float]) {
        precondition(parameters.count == layout.count, "a flow's parameters are as many as its layout has")
        density.prepare(parameters)
    }

    /// Draws samples `firstSample ..< firstSample + 16`: log q and S = -β/N Σ Re tr P of each.
    public func sample(stream: RandomStream, epoch: UInt64, firstSample: UInt64) -> (logDensity: DoubleLane, action: DoubleLane) {
        let n = group.components, blocks = TorusKernel.blocks(group)
        let logDensity = density.draw(angles, count: volume, stream: stream, epoch: epoch, firstSample: firstSample)
        let (low, high) = (halves[0], halves[1])
        for i in 0..<volume {
            TorusKernel.haar(
                group, low: low.frame, high: high.frame, stream: stream, epoch: epoch, firstSample: firstSample, firstBlock: i * blocks)
            for k in 0..<group.degree {
                let (sine, cosine) = LaneMath.sincosOfTurns(angles[i * group.degree + k] * (0.5 / Double.pi))
                (low.sines[k], high.sines[k]) = (sine.lowHalf, sine.highHalf)
                (low.cosines[k], high.cosines[k]) = (cosine.lowHalf, cosine.highHalf)
            }
            for half in halves { TorusKernel.element(group, half.plaquettes + i * n, sines: half.sines, cosines: half.cosines, frame: half.frame) }
        }
        for k in 0..<2 {
            TorusKernel.haar(
                group, low: low.holonomies + k * n, high: high.holonomies + k * n, stream: stream, epoch: epoch, firstSample: firstSample,
                firstBlock: (volume + k) * blocks)
        }
        for half in halves {
            TorusKernel.residue(group, half.residue, plaquettes: half.plaquettes, count: volume, holonomies: half.holonomies)
            TorusKernel.root(group, half.root, of: half.residue, count: volume)
            TorusKernel.spread(group, half.plaquettes, count: volume, root: half.root)
        }
        return (logDensity, action)
    }

    private var action: DoubleLane { traces * (-settings.beta / Double(group.degree)) }

    private var traces: DoubleLane {
        DoubleLane(
            lowHalf: TorusKernel.realTrace(group, halves[0].plaquettes, count: volume),
            highHalf: TorusKernel.realTrace(group, halves[1].plaquettes, count: volume))
    }

    /// log q of the samples last drawn, from their plaquettes and h by the inverse map; the plaquettes become the Q again.
    public func inverseLogDensity() -> DoubleLane {
        let n = group.components
        var result = DoubleLane.zero
        for (place, half) in halves.enumerated() {
            TorusKernel.root(group, half.root, of: half.residue, count: volume)
            TorusKernel.spread(group, half.plaquettes, count: volume, root: half.root, back: true)
            for i in 0..<volume {
                let (re, im) = TorusKernel.trace(group, half.plaquettes + i * n)
                for lane in 0..<siteLaneWidth { result[place * siteLaneWidth + lane] += density.logDensity(trace: (re[lane], im[lane])) }
            }
        }
        return result
    }

    /// log q and S of V independent plaquettes of each sample, without the torus that they do not close, and the gradient of the mean of log q + S of one of them,
    /// written to `gradient`.
    public func reverseKullbackLeibler(
        stream: RandomStream, epoch: UInt64, firstSample: UInt64, parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>
    ) -> (logDensity: DoubleLane, action: DoubleLane) {
        for i in 0..<layout.count { gradient[i] = 0 }
        density.prepare(parameters)
        return density.train(
            count: volume, stream: stream, epoch: epoch, firstSample: firstSample, beta: settings.beta, scale: 1 / Double(laneWidth * volume),
            parameters: parameters, gradient: gradient)
    }

    /// What `NonAbelianMeasurement` reads: plaquettes in the order of their product, and holonomies, of the first eight samples and of the others.
    public var fields: [(plaquettes: UnsafePointer<SiteLane>, holonomies: UnsafePointer<SiteLane>)] {
        halves.map { (UnsafePointer($0.plaquettes), UnsafePointer($0.holonomies)) }
    }

    /// Operations of a sample, random numbers and functions counted as ten each.
    public var operations: Double {
        let product = group == .su2 ? 28.0 : 198.0
        return Double(volume) * (density.operations + 5 * product + 20 * Double(TorusKernel.blocks(group)))
    }
}
