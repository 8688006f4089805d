import Glibc
import Numerics

/// A Gaussian part of a pulse.
public struct PulseComponent: Equatable, Sendable {
    /// Middle after the pulse's own time, and standard deviation, s.
    public var offset: Double
    public var deviation: Double
    /// Share of the pulse's fluence.
    public var weight: Double
    /// Stokes Q, U and V over I.
    public var q = 0.0
    public var u = 0.0
    public var v = 0.0
}

/// One pulse as it leaves the pulsar.
public struct EmittedPulse: Equatable, Sendable {
    public enum Kind: UInt8, Sendable { case main = 0, interpulse = 1, giant = 2 }
    public var kind: Kind
    public var rotation: Int
    /// Seconds after the rotation's beginning.
    public var delay: Double
    /// Fluence at 1400 MHz, Jy s.
    public var fluence: Double
    public var components: [PulseComponent]
}

/// What a pulsar sends, rotation by rotation: a lighthouse with a core, cones and drifting sparks.
///
/// The line of sight passes at θ from the magnetic axis, cos θ = cos α cos ζ + sin α sin ζ cos φ, ζ = α + β (Lorimer & Kramer 2005, eq. 3.25).
/// Core and cones are Gaussians of θ; N sparks on each cone stand at azimuths that circulate once in `circulation` rotations (Ruderman &
/// Sutherland 1975). The plane of polarisation follows the rotating vector model (Radhakrishnan & Cooke 1969). Energies are log-normal, nulls come in runs,
/// giant pulses follow a power law. A rotation's pulse is a row of Gaussians over the part of the turn where the mean pulse is.
public struct Emission: Sendable {
    private let pulsar: Pulsar
    private let isStructured: Bool
    private let stream: RandomStream
    /// Angles of the turn, rad; means at them, with sum 1; azimuths about the magnetic axis.
    private let longitudes: [Double]
    private let means: [Double]
    private let azimuths: [Double]
    private let coreShares: [Double]
    private let polarisation: [(q: Double, u: Double, v: Double)]
    private let deviation: Double
    private static let steps = 24

    public init(pulsar: Pulsar, seed: UInt64, stages: Stages = .all) {
        self.pulsar = pulsar
        isStructured = stages.has(.emission)
        stream = RandomStream(seed: seed, purpose: .rotation)
        let alpha = pulsar.geometry.inclination * .pi / 180
        let zeta = alpha + pulsar.geometry.impact * .pi / 180
        func place(_ phi: Double) -> (theta: Double, azimuth: Double) {
            let theta = acos(min(1, max(-1, cos(alpha) * cos(zeta) + sin(alpha) * sin(zeta) * cos(phi))))
            let azimuth = atan2(sin(zeta) * sin(phi), cos(alpha) * sin(zeta) * cos(phi) - sin(alpha) * cos(zeta))
            return (theta * 180 / .pi, azimuth)
        }
        func heights(_ phi: Double) -> (core: Double, cones: Double) {
            let theta = place(phi).theta
            func bell(_ x: Double, _ width: Double) -> Double { exp(-0.5 * x * x / (width * width)) }
            let cones = zip(pulsar.beam.cones, pulsar.beam.coneHeights).reduce(0.0) { $0 + $1.1 * bell(theta - $1.0, pulsar.beam.coneWidth) }
            return (pulsar.beam.core * bell(theta, pulsar.beam.coreWidth), cones)
        }
        // The part of the turn where the mean is above a thousandth of its peak.
        let scan = (0...720).map { Double($0) * .pi / 720 }
        let levels = scan.map { heights($0).core + heights($0).cones }
        let peak = max(levels.max() ?? 1, 1e-300)
        let last = levels.lastIndex { $0 > 1e-3 * peak } ?? 0
        let half = scan[min(720, last + 1)]
        let step = 2 * half / Double(Self.steps)
        longitudes = (0..<Self.steps).map { -half + step * (Double($0) + 0.5) }
        let parts = longitudes.map(heights)
        let sum = max(parts.reduce(0.0) { $0 + $1.core + $1.cones }, 1e-300)
        means = parts.map { ($0.core + $0.cones) / sum }
        coreShares = parts.map { $0.core / max($0.core + $0.cones, 1e-300) }
        azimuths = longitudes.map { place($0).azimuth }
        deviation = 0.8 * step / (2 * .pi) * pulsar.period
        polarisation = longitudes.map { phi in
            let angle = Self.positionAngle(phi, alpha: alpha, zeta: zeta)
            let sense = pulsar.geometry.circular * -tanh(4 * phi / half)
            return (pulsar.geometry.linear * cos(2 * angle), pulsar.geometry.linear * sin(2 * angle), sense)
        }
    }

    /// The rotating vector model: tan ψ = sin α sin φ / (sin ζ cos α - cos ζ sin α cos φ), rad.
    public static func positionAngle(_ phi: Double, alpha: Double, zeta: Double) -> Double {
        atan2(sin(alpha) * sin(phi), sin(zeta) * cos(alpha) - cos(zeta) * sin(alpha) * cos(phi))
    }

    /// The pulses of a rotation, none in a null.
    public func pulses(rotation: Int) -> [EmittedPulse] {
        let mean = pulsar.flux * 1e-3 * pulsar.period
        guard isStructured else {
            let simple = PulseComponent(offset: 0, deviation: deviation * 3, weight: 1)
            return [EmittedPulse(kind: .main, rotation: rotation, delay: 0, fluence: mean, components: [simple])]
        }
        let index = UInt64(bitPattern: Int64(rotation))
        var draws = Draws(stream, index: index)
        var pulses: [EmittedPulse] = []
        if !isNull(rotation) {
            let spread = pulsar.energy.spread
            let energy = mean * exp(spread * draws.normal() - 0.5 * spread * spread) / (1 - pulsar.energy.nullShare)
            let second = pulsar.interpulse?.share ?? 0
            pulses.append(mainPulse(rotation, fluence: energy * (1 - second)))
            if let interpulse = pulsar.interpulse {
                let own = mean * second * exp(spread * draws.normal() - 0.5 * spread * spread) / (1 - pulsar.energy.nullShare)
                var pulse = mainPulse(rotation, fluence: own)
                pulse.kind = .interpulse
                pulse.delay = interpulse.phase * pulsar.period
                pulses.append(pulse)
            }
        }
        if let giant = pulsar.giant, draws.uniform() < giant.rate {
            // One in a million of a million is the most that is drawn.
            let energy = giant.smallest * pow(max(draws.uniform(), 1e-12), -1 / giant.index)
            let offset = draws.normal() * deviation * 2
            let component = PulseComponent(offset: 0, deviation: giant.width, weight: 1, q: 0, u: 0, v: pulsar.geometry.circular)
            pulses.append(EmittedPulse(kind: .giant, rotation: rotation, delay: offset, fluence: mean * energy, components: [component]))
        }
        return pulses
    }

    /// Runs of `nullLength` rotations are null or not.
    func isNull(_ rotation: Int) -> Bool {
        guard pulsar.energy.nullShare > 0 else { return false }
        let length = max(1, Int(pulsar.energy.nullLength.rounded()))
        let run = (Double(rotation) / Double(length)).rounded(.down)
        return stream.uniform(epoch: 1, index: UInt64(bitPattern: Int64(run)), draw: 0) < pulsar.energy.nullShare
    }

    private func mainPulse(_ rotation: Int, fluence: Double) -> EmittedPulse {
        let beam = pulsar.beam
        let turned = 2 * Double.pi * Double(rotation) / beam.circulation
        // exp(κ cos) has mean I₀(κ): the sparks change the shape, not the mean.
        let kappa = 3.0
        let average = SpecialFunctions.besselI(0, kappa)
        let components = longitudes.indices.compactMap { j -> PulseComponent? in
            var weight = means[j]
            if beam.sparks > 0 {
                let spark = exp(kappa * cos(Double(beam.sparks) * (azimuths[j] - turned))) / average
                weight *= coreShares[j] + (1 - coreShares[j]) * (1 - beam.sparkContrast + beam.sparkContrast * spark)
            }
            guard weight > 2e-4 else { return nil }
            return PulseComponent(
                offset: longitudes[j] / (2 * .pi) * pulsar.period, deviation: deviation, weight: weight, q: polarisation[j].q, u: polarisation[j].u,
                v: polarisation[j].v)
        }
        let total = components.reduce(0) { $0 + $1.weight }
        let scaled = components.map { component in
            var component = component
            component.weight /= max(total, 1e-300)
            return component
        }
        return EmittedPulse(kind: .main, rotation: rotation, delay: 0, fluence: fluence * total, components: scaled)
    }
}
