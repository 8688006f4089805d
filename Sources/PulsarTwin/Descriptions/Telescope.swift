import Batch
import Glibc

/// A part of the band where transmitters are.
public struct Allocation: Equatable, Sendable {
    /// MHz.
    public let low: Double
    public let high: Double
    public let name: String
}

/// A telescope: its band, its noise, its digitiser and its neighbours.
public struct Telescope: Equatable, Sendable {
    public let name: String
    /// Edges of the band, MHz.
    public let low: Double
    public let high: Double
    public let channels: Int
    /// s.
    public let samplingTime: Double
    /// Receptors whose powers are added.
    public let polarisations: Int
    /// K/Jy.
    public let gain: Double
    /// K.
    public let receiverTemperature: Double
    public let spilloverTemperature: Double
    public let zenithOpacity: Double
    /// K.
    public let atmosphereTemperature: Double
    /// Degrees.
    public let elevation: Double
    public let antennas: Int
    /// Full widths at half power at 1400 MHz, arcmin: of the beam that is recorded, and of one antenna.
    public let beam: Double
    public let dishBeam: Double
    public let bits: Int
    /// Amplitude of the bandpass's ripple, its period in MHz, and MHz over which the ends of the band fall off.
    public let ripple: Double
    public let ripplePeriod: Double
    public let edge: Double
    public let allocations: [Allocation]

    /// The keys of a section, with those of `base` where they are missing.
    /// - Throws: `ConfigurationError`. *Not collective.*
    init(_ section: Configuration, base: Telescope?) throws {
        name = try section.string("name", default: base?.name)
        low = try section.double("low", default: base?.low, in: 1...1e6)
        high = try section.double("high", default: base?.high, in: 1...1e6)
        channels = try section.int("channels", default: base?.channels, in: 1...65536)
        samplingTime = try section.double("sampling_time", default: base?.samplingTime, in: 1e-9...10)
        polarisations = try section.int("polarisations", default: base?.polarisations, in: 1...2)
        gain = try section.double("gain", default: base?.gain, in: 1e-6...1e4)
        receiverTemperature = try section.double("receiver_temperature", default: base?.receiverTemperature, in: 0...1e5)
        spilloverTemperature = try section.double("spillover_temperature", default: base?.spilloverTemperature, in: 0...1e5)
        zenithOpacity = try section.double("zenith_opacity", default: base?.zenithOpacity, in: 0...10)
        atmosphereTemperature = try section.double("atmosphere_temperature", default: base?.atmosphereTemperature, in: 0...400)
        elevation = try section.double("elevation", default: base?.elevation, in: 5...90)
        antennas = try section.int("antennas", default: base?.antennas ?? 1, in: 1...100_000)
        let width = try section.double("beam", default: base?.beam, in: 1e-3...1e5)
        beam = width
        dishBeam = try section.double("dish_beam", default: base?.dishBeam ?? width, in: 1e-3...1e5)
        bits = try section.int("bits", default: base?.bits ?? 8, in: 1...32)
        ripple = try section.double("ripple", default: base?.ripple ?? 0, in: 0...0.9)
        ripplePeriod = try section.double("ripple_period", default: base?.ripplePeriod ?? 50, in: 1e-3...1e6)
        edge = try section.double("edge", default: base?.edge ?? 0, in: 0...1e6)
        let listed = try section.sections("allocations").map { entry in
            Allocation(low: try entry.double("low", in: 1...1e6), high: try entry.double("high", in: 1...1e6), name: try entry.string("name", default: ""))
        }
        allocations = section.has("allocations") ? listed : base?.allocations ?? []
        guard low < high else { throw ConfigurationError("\(section.name): the telescope's band is \(low) to \(high) MHz, wanted low < high") }
        if let wrong = allocations.first(where: { $0.low >= $0.high }) {
            throw ConfigurationError("\(section.name): an allocation is \(wrong.low) to \(wrong.high) MHz, wanted low < high")
        }
        guard [1, 2, 4, 8, 16, 32].contains(bits) else {
            throw ConfigurationError("\(section.name): the telescope's bits are \(bits), wanted 1, 2, 4, 8, 16 or 32")
        }
    }

    /// Air between the telescope and space, as a factor of the zenith's.
    var airMass: Double { 1 / sin(elevation * .pi / 180) }
}
