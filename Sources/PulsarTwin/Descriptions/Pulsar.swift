import Batch
import Glibc

/// A pulsar, the medium in front of it, and what surrounds it.
public struct Pulsar: Equatable, Sendable {
    public let name: String
    /// Packed HHMMSS.S and DDMMSS.S.
    public let rightAscension: Double
    public let declination: Double
    /// Hz, Hz/s and MJD.
    public let frequency: Double
    public let frequencyDerivative: Double
    public let epoch: Double
    /// pc cm^-3 and rad m^-2.
    public let dispersionMeasure: Double
    public let rotationMeasure: Double
    /// Mean over the period at 1400 MHz, mJy.
    public let flux: Double
    public let spectralIndex: Double
    /// K at 408 MHz.
    public let skyTemperature: Double
    public let scattering: Scattering
    public let scintillation: Scintillation
    public let geometry: Geometry
    public let beam: Beam
    public let energy: Energy
    public let interpulse: Interpulse?
    public let giant: Giant?
    public let nebula: Nebula?

    /// Broadening by exp(-t/τ), τ = `time` (ν / 1 GHz)^`index`, s.
    public struct Scattering: Equatable, Sendable {
        public var time: Double
        public var index: Double

        public func time(at frequency: Double) -> Double { time * pow(frequency / 1000, index) }
    }

    /// Half width at half maximum in frequency (MHz) and 1/e width in time (s) of the intensity's correlation, both at 1 GHz.
    public struct Scintillation: Equatable, Sendable {
        public var bandwidth: Double
        public var time: Double
    }

    /// Degrees, and shares of the intensity.
    public struct Geometry: Equatable, Sendable {
        public var inclination: Double
        public var impact: Double
        public var linear: Double
        public var circular: Double
    }

    public struct Beam: Equatable, Sendable {
        public var core: Double
        public var coreWidth: Double
        /// Degrees from the magnetic axis.
        public var cones: [Double]
        public var coneHeights: [Double]
        public var coneWidth: Double
        public var sparks: Int
        public var sparkContrast: Double
        /// Rotations in which the sparks go round once.
        public var circulation: Double
    }

    public struct Energy: Equatable, Sendable {
        public var spread: Double
        public var nullShare: Double
        public var nullLength: Double
    }

    public struct Interpulse: Equatable, Sendable {
        public var share: Double
        public var phase: Double
    }

    /// Energies above `smallest` (in mean energies) with the cumulative distribution E^-index.
    public struct Giant: Equatable, Sendable {
        public var rate: Double
        public var index: Double
        public var smallest: Double
        public var width: Double
    }

    /// Jy at 1 GHz, and full width in arcmin.
    public struct Nebula: Equatable, Sendable {
        public var flux: Double
        public var index: Double
        public var size: Double
    }

    public var period: Double { 1 / frequency }

    /// The keys of a section, with those of `base` where they are missing.
    /// - Throws: `ConfigurationError`. *Not collective.*
    init(_ section: Configuration, base: Pulsar?) throws {
        name = try section.string("name", default: base?.name)
        rightAscension = try section.double("right_ascension", default: base?.rightAscension ?? 0, in: 0...240000)
        declination = try section.double("declination", default: base?.declination ?? 0, in: -900000...900000)
        frequency = try section.double("frequency", default: base?.frequency, in: 1e-3...2000)
        frequencyDerivative = try section.double("frequency_derivative", default: base?.frequencyDerivative ?? 0, in: -1e-6...1e-6)
        epoch = try section.double("epoch", default: base?.epoch ?? 51544, in: 0...200000)
        dispersionMeasure = try section.double("dispersion_measure", default: base?.dispersionMeasure, in: 0...1e5)
        rotationMeasure = try section.double("rotation_measure", default: base?.rotationMeasure ?? 0, in: -1e6...1e6)
        flux = try section.double("flux", default: base?.flux, in: 0...1e9)
        spectralIndex = try section.double("spectral_index", default: base?.spectralIndex ?? -1.6, in: -10...10)
        skyTemperature = try section.double("sky_temperature", default: base?.skyTemperature ?? 20, in: 0...1e6)
        let screen = try section.section("scattering")
        scattering = Scattering(
            time: try screen.double("time", default: base?.scattering.time ?? 0, in: 0...10),
            index: try screen.double("index", default: base?.scattering.index ?? -4.4, in: -6 ... -2))
        let twinkling = try section.section("scintillation")
        scintillation = Scintillation(
            bandwidth: try twinkling.double("bandwidth", default: base?.scintillation.bandwidth ?? 10, in: 1e-6...1e6),
            time: try twinkling.double("time", default: base?.scintillation.time ?? 300, in: 1e-3...1e7))
        geometry = try Self.geometry(section.section("geometry"), base?.geometry)
        beam = try Self.beam(section.section("beam"), base?.beam)
        let energies = try section.section("energy")
        energy = Energy(
            spread: try energies.double("spread", default: base?.energy.spread ?? 0.5, in: 0...3),
            nullShare: try energies.double("null_share", default: base?.energy.nullShare ?? 0, in: 0...0.99),
            nullLength: try energies.double("null_length", default: base?.energy.nullLength ?? 1, in: 1...1e6))
        let second = try section.section("interpulse")
        let share = try second.double("share", default: base?.interpulse?.share ?? 0, in: 0...0.99)
        let phase = try second.double("phase", default: base?.interpulse?.phase ?? 0.5, in: 0...1)
        interpulse = share > 0 ? Interpulse(share: share, phase: phase) : nil
        giant = try Self.giant(section.section("giant"), base?.giant)
        let around = try section.section("nebula")
        let nebulaFlux = try around.double("flux", default: base?.nebula?.flux ?? 0, in: 0...1e9)
        let nebulaIndex = try around.double("index", default: base?.nebula?.index ?? -0.3, in: -10...10)
        let nebulaSize = try around.double("size", default: base?.nebula?.size ?? 1, in: 0...1e4)
        nebula = nebulaFlux > 0 ? Nebula(flux: nebulaFlux, index: nebulaIndex, size: nebulaSize) : nil
        guard beam.core > 0 || beam.coneHeights.contains(where: { $0 > 0 }) else {
            throw ConfigurationError("\(section.name): the pulsar's beam has neither core nor cones, wanted a height above 0")
        }
    }

    private static func geometry(_ section: Configuration, _ base: Geometry?) throws -> Geometry {
        Geometry(
            inclination: try section.double("inclination", default: base?.inclination ?? 45, in: 1...179),
            impact: try section.double("impact", default: base?.impact ?? 2, in: -90...90),
            linear: try section.double("linear", default: base?.linear ?? 0.3, in: 0...0.95),
            circular: try section.double("circular", default: base?.circular ?? 0, in: -0.3...0.3))
    }

    private static func beam(_ section: Configuration, _ base: Beam?) throws -> Beam {
        let beam = Beam(
            core: try section.double("core", default: base?.core ?? 1, in: 0...1e6),
            coreWidth: try section.double("core_width", default: base?.coreWidth ?? 2, in: 0.05...90),
            cones: try section.doubles("cones", default: base?.cones ?? [], in: 0.1...90, count: 0...8),
            coneHeights: try section.doubles("cone_heights", default: base?.coneHeights ?? [], in: 0...1e6, count: 0...8),
            coneWidth: try section.double("cone_width", default: base?.coneWidth ?? 1, in: 0.05...45),
            sparks: try section.int("sparks", default: base?.sparks ?? 0, in: 0...100),
            sparkContrast: try section.double("spark_contrast", default: base?.sparkContrast ?? 0, in: 0...1),
            circulation: try section.double("circulation", default: base?.circulation ?? 10, in: 0.1...1e6))
        guard beam.cones.count == beam.coneHeights.count else {
            throw ConfigurationError("\(section.name): the beam has \(beam.cones.count) cones and \(beam.coneHeights.count) cone_heights, wanted as many")
        }
        return beam
    }

    private static func giant(_ section: Configuration, _ base: Giant?) throws -> Giant? {
        let giant = Giant(
            rate: try section.double("rate", default: base?.rate ?? 0, in: 0...1),
            index: try section.double("index", default: base?.index ?? 3, in: 1.1...10),
            smallest: try section.double("smallest", default: base?.smallest ?? 10, in: 1e-3...1e6),
            width: try section.double("width", default: base?.width ?? 1e-5, in: 1e-9...1))
        return giant.rate > 0 ? giant : nil
    }
}
