import Batch
import GaugeKernels
import LatticeFields
import MessagePassing

/// The sections `lattice`, `gauge` and `gradient_flow` of a configuration.
public struct GaugeSettings: Sendable {
    public enum Algorithm: String, CaseIterable, Sendable {
        case hmc, heatbath
    }

    public enum Start: String, CaseIterable, Sendable {
        case cold, hot
    }

    /// Sites along each axis; axis 0 is time.
    public let extents: [Int]
    public let action: GaugeAction
    public let boundary: TimeBoundary
    public let algorithm: Algorithm
    public let start: Start
    /// Measured updates: trajectories, or sweeps of heat bath with their over-relaxation.
    public let updates: Int
    public let thermalization: Int
    public let measureEvery: Int
    public let overrelaxation: Int
    public let dynamics: GaugeDynamics
    /// Acceptance that the number of steps is tuned to during thermalisation; nil keeps `steps`.
    public let targetAcceptance: Double?
    /// Largest extent of Wilson loops; 0 for none.
    public let wilsonLoops: Int
    public let checkpointEvery: Int
    /// Measured updates between configurations that are kept as files; 0 keeps none.
    public let configurationsEvery: Int
    public let flow: FlowMeasurement
    /// NAME of openQCD's data files NAME.dat and NAME.ms.dat; nil for none.
    public let openQCDLogs: String?

    /// The section `gradient_flow`.
    public struct FlowMeasurement: Sendable {
        /// Measurements between flows; 0 for none.
        public let every: Int
        public let step: Double
        /// Steps between points, and points after the first.
        public let stepsPerPoint: Int
        public let points: Int
    }

    /// - Throws: `ConfigurationError` or `LatticeError`. *Not collective.*
    public init(_ configuration: Configuration) throws {
        extents = try configuration.section("lattice").ints("extents", in: 2...4096, count: 2...4)
        let gauge = try configuration.section("gauge")
        action = try GaugeAction(
            group: gauge.choice("group", default: .su3), beta: gauge.double("beta", in: -1e6...1e6),
            rectangleCoefficient: gauge.double("rectangle_coefficient", default: 0, in: -10...10))
        boundary = try gauge.choice("boundary", default: .periodic)
        algorithm = try gauge.choice("algorithm", default: .heatbath)
        start = try gauge.choice("start", default: .cold)
        updates = try gauge.int("updates", default: 1000, in: 1...1_000_000_000)
        thermalization = try gauge.int("thermalization", default: 100, in: 0...1_000_000_000)
        measureEvery = try gauge.int("measure_every", default: 1, in: 1...1_000_000)
        overrelaxation = try gauge.int("overrelaxation", default: 3, in: 0...1000)
        dynamics = GaugeDynamics(
            trajectoryLength: try gauge.double("trajectory_length", default: 1, in: 1e-6...1e6),
            steps: try gauge.int("steps", default: 10, in: 1...1_000_000), integrator: try gauge.choice("integrator", default: .omelyan2))
        targetAcceptance = gauge.has("target_acceptance") ? try gauge.double("target_acceptance", in: 0.01...0.999) : nil
        wilsonLoops = try gauge.int("wilson_loops", default: 0, in: 0...64)
        checkpointEvery = try gauge.int("checkpoint_every", default: 100, in: 1...1_000_000_000)
        configurationsEvery = try gauge.int("configurations_every", default: 0, in: 0...1_000_000_000)
        let section = try configuration.section("gradient_flow")
        flow = FlowMeasurement(
            every: try section.int("every", default: 0, in: 0...1_000_000), step: try section.double("step", default: 0.02, in: 1e-6...1),
            stepsPerPoint: try section.int("steps_per_point", default: 5, in: 1...100_000),
            points: try section.int("points", default: 20, in: 1...100_000))
        if algorithm == .heatbath { try HeatBath.requirePossible(action, extents: extents) }
        if boundary == .open {
            guard action.isWilson else {
                throw LatticeError("gauge.rectangle_coefficient: \(action.rectangleCoefficient) with gauge.boundary open; wanted 0: weights of rectangles at the ends are not known here")
            }
            guard extents[0] >= 3, wilsonLoops < extents[0] else {
                throw LatticeError("gauge.boundary open: \(extents[0]) time slices and loops up to \(wilsonLoops); wanted at least 3 slices, and loops that fit between the ends")
            }
        }
        openQCDLogs = gauge.has("openqcd_logs") ? try gauge.string("openqcd_logs", default: "") : nil
        if let openQCDLogs { try requireLoggable(openQCDLogs) }
    }

    private func requireLoggable(_ name: String) throws {
        let letters = name.utf8.allSatisfy { UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || "_-.".utf8.contains($0) }
        guard !name.isEmpty, name.utf8.count <= 100, letters, !name.hasPrefix(".") else {
            throw LatticeError("gauge.openqcd_logs: '\(name)'; wanted a name of letters, digits, '_', '-' and '.'")
        }
        guard action.group == .su3, extents.count == 4, algorithm == .hmc, boundary == .periodic else {
            throw LatticeError(
                "gauge.openqcd_logs: \(action.group.rawValue) in \(extents.count) dimensions, \(algorithm.rawValue), \(boundary.rawValue); openQCD's data files are of hmc of su3 in 4 dimensions, here with periodic boundaries")
        }
    }

    /// Whether configurations are ILDG files; others are fields in LIME records of our own.
    var keepsILDG: Bool { action.group == .su3 && extents.count == 4 && boundary == .periodic }

    /// The lattice cut for the ranks of a communicator; `run.process_grid` or the best grid. *Collective* in effect.
    func geometry(_ execution: Configuration, communicator: Communicator) throws -> LatticeGeometry {
        let grid = execution.has("process_grid") ? try execution.ints("process_grid", in: 1...65536, count: 2...4) : nil
        return try LatticeGeometry(extents: extents, processGrid: grid, communicator: communicator)
    }
}

extension GaugeGroup: CustomStringConvertible {
    /// As people write it.
    public var description: String { self == .su2 ? "SU(2)" : "SU(3)" }
}
