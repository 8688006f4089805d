import Glibc
import Numerics

/// Particles the parametrisation knows.
public enum ShowerParticle: String, CaseIterable, Sendable {
    case electron, photon

    /// Number of the Particle Data Group.
    public var code: Int32 { self == .electron ? 11 : 22 }
}

/// Parametrised electromagnetic showers in a sampling calorimeter (Grindhammer and Peters, hep-ex/0001020).
///
/// The visible energy of a layer follows the longitudinal profile at its active material, with the layer's own sampling fluctuation: a Gamma
/// distribution of variance `samplingScale` x mean. It is shared by spots in random parts (a Dirichlet distribution), each scattered by the lateral
/// profile around the axis. Every event is a function of (seed, event number) alone.
public struct ShowerSimulator: Sendable {
    public let calorimeter: Calorimeter
    private let medium: EffectiveMedium
    private let tuning: ShowerTuning
    private let stream: RandomStream
    private let depths: [(millimetres: Double, radiationLengths: Double)]

    public init(calorimeter: Calorimeter, tuning: ShowerTuning, seed: UInt64) {
        self.calorimeter = calorimeter
        self.tuning = tuning
        medium = EffectiveMedium(calorimeter)
        stream = RandomStream(seed: seed, purpose: .shower)
        depths = calorimeter.activeDepths
    }

    /// Energies in GeV that the formulas are meant for in this calorimeter.
    public var energyRange: ClosedRange<Double> { ProfileDistribution.energyRange(medium) }

    /// Events `range`, with energies and angles uniform in their ranges. *Not collective.*
    /// - Parameters:
    ///   - energies: GeV.
    ///   - angles: rad; pi/2 is perpendicular.
    public func simulate(
        _ range: Range<Int>, particle: ShowerParticle, energies: ClosedRange<Double>, angles: ClosedRange<Double>, place first: Int
    ) -> ShowerBlock {
        let grid = calorimeter.grid
        var cells = [Float](repeating: 0, count: range.count * grid.cells)
        var energy: [Double] = []
        var theta: [Double] = []
        cells.withUnsafeMutableBufferPointer { cells in
            guard let base = cells.baseAddress else { return }
            var parts: [Double] = []
            for (i, event) in range.enumerated() {
                var random = EventRandom(stream, event: UInt64(event))
                // Files hold these in single precision, so the shower starts from that.
                let e = Double(Float(energies.lowerBound + (energies.upperBound - energies.lowerBound) * random.uniform()))
                let angle = Double(Float(angles.lowerBound + (angles.upperBound - angles.lowerBound) * random.uniform()))
                energy.append(e)
                theta.append(angle)
                shower(e, angle, particle, &random, &parts, into: base + i * grid.cells)
            }
        }
        return ShowerBlock(
            grid: grid, first: first, cells: cells, energy: energy, theta: theta,
            particle: [Int32](repeating: particle.code, count: range.count))
    }

    private func shower(
        _ energy: Double, _ theta: Double, _ particle: ShowerParticle, _ random: inout EventRandom, _ parts: inout [Double],
        into cells: UnsafeMutablePointer<Float>
    ) {
        let distribution = ProfileDistribution(energy: energy, medium: medium, tuning: tuning)
        let profile = distribution.draw(random.normal(), random.normal())
        // A photon travels 9/7 of a radiation length on average before it converts.
        let start = particle == .photon ? 9.0 / 7 * random.exponential() : 0
        let meanAlpha = exp(distribution.meanLogAlpha)
        let relative = meanAlpha / (meanAlpha - 1) / profile.meanDepth
        let spots = spotDistribution(energy, profile)
        let (sine, cotangent) = (sin(theta), cos(theta) / sin(theta))
        for layer in depths.indices {
            let t = depths[layer].radiationLengths / sine - start
            let mean = tuning.response * energy * profile.density(t) / sine
            guard mean > 1e-9 else { continue }
            let lateral = LateralProfile(tau: relative * t, energy: energy, medium: medium, tuning: tuning)
            let expected = spots.count * spots.profile.density(t) * calorimeter.layers[layer].radiationLengths / sine
            let number = max(1, Int(expected + random.uniform()))
            let visible = tuning.samplingScale * random.gamma(shape: mean / tuning.samplingScale)
            parts.removeAll(keepingCapacity: true)
            var whole = 0.0
            for _ in 0..<number {
                let part = random.gamma(shape: tuning.spotShape)
                parts.append(part)
                whole += part
            }
            let axis = (depths[layer].millimetres - calorimeter.pivotDepth) * cotangent
            for part in parts {
                let deposit = visible * part / whole
                let radius = medium.moliereRadius * lateral.radius(random.uniform(), random.uniform())
                let azimuth = 2 * Double.pi * random.uniform()
                place(deposit, x: radius * cos(azimuth), y: axis + radius * sin(azimuth) / sine, layer: layer, in: cells)
            }
        }
    }

    /// How many spots, and where: 10.3/c E^0.959 of a profile of their own (hep-ex/0001020, section 4.3).
    private func spotDistribution(_ energy: Double, _ profile: LongitudinalProfile) -> (count: Double, profile: LongitudinalProfile) {
        let c = (tuning.samplingScale / tuning.response).squareRoot()
        let maximum = (profile.alpha - 1) / profile.beta * (0.813 + 0.0019 * medium.charge)
        let alpha = profile.alpha * (0.844 + 0.0026 * medium.charge)
        let spread = LongitudinalProfile(alpha: max(1.01, alpha), maximum: maximum)
        return (tuning.spots * 10.3 / c * pow(energy, 0.959), spread)
    }

    /// Adds a deposit to the pad at (x, y) mm from the middle of the window; outside, it is lost.
    @inline(__always)
    private func place(_ deposit: Double, x: Double, y: Double, layer: Int, in cells: UnsafeMutablePointer<Float>) {
        let grid = calorimeter.grid
        let column = (x / calorimeter.padSize + Double(grid.x) / 2).rounded(.down)
        let row = (y / calorimeter.padSize + Double(grid.y) / 2).rounded(.down)
        guard column >= 0, column < Double(grid.x), row >= 0, row < Double(grid.y) else { return }
        cells[(Int(column) * grid.y + Int(row)) * grid.layers + layer] += Float(deposit)
    }
}
