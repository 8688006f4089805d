import Batch

/// The section `simulation`: which showers, how many.
public struct SimulationSettings: Sendable {
    public let events: Int
    public let eventsPerFile: Int
    public let particle: ShowerParticle
    /// GeV.
    public let energies: ClosedRange<Double>
    /// rad.
    public let angles: ClosedRange<Double>
    /// zlib level of the cells, nil for none.
    public let deflate: Int?
    public let tuning: ShowerTuning

    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(_ configuration: Configuration) throws {
        let section = try configuration.section("simulation")
        events = try section.int("events", default: 1000, in: 1...1_000_000_000)
        eventsPerFile = try section.int("events_per_file", default: 5000, in: 1...10_000_000)
        particle = try section.choice("particle", default: .electron)
        let energy = try section.doubles("energy", default: [10, 100], in: 1e-3...1e6, count: 1...2)
        let theta = try section.doubles("theta", default: [60, 120], in: 5...175, count: 1...2)
        guard energy[0] <= energy[energy.count - 1], theta[0] <= theta[theta.count - 1] else {
            throw ConfigurationError("'simulation.energy' is \(energy) and 'simulation.theta' \(theta), wanted one number, or two in ascending order")
        }
        energies = energy[0]...energy[energy.count - 1]
        angles = theta[0] * .pi / 180...theta[theta.count - 1] * .pi / 180
        let level = try section.int("deflate", default: 1, in: 0...9)
        deflate = level == 0 ? nil : level
        tuning = try ShowerTuning(section.section("tuning"))
    }
}
