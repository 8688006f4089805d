import Batch

/// The parts of the simulation, each of which can be switched off by `stages.NAME: false`.
public enum Stage: String, CaseIterable, Sendable {
    /// Beam, sparks, nulls and energies; off, every rotation gives the same Gaussian.
    case emission
    /// Delays between and within channels; off, none.
    case dispersion
    /// The exponential tail; off, none.
    case scattering
    /// The dynamic screen; off, gain 1.
    case scintillation
    /// Rotation of the plane of polarisation; off, none.
    case faraday
    /// Background, sky, nebula and atmosphere; off, 0 K.
    case sky
    /// Ripple and ends of the band; off, gain 1.
    case bandpass
    /// Noise of detected power; off, its mean.
    case noise
    case interference
    /// Levels and codes; off, floating point in K.
    case digitiser
}

/// Which stages take part.
public struct Stages: Equatable, Sendable {
    public var active: Set<Stage>

    public static let all = Stages(active: Set(Stage.allCases))
    public static let none = Stages(active: [])

    public init(active: Set<Stage>) { self.active = active }

    /// The section `stages`.
    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(_ configuration: Configuration) throws {
        let section = try configuration.section("stages")
        active = try Set(Stage.allCases.filter { try section.bool($0.rawValue, default: true) })
    }

    public func has(_ stage: Stage) -> Bool { active.contains(stage) }
    public func without(_ stages: Stage...) -> Stages { Stages(active: active.subtracting(stages)) }
    public func with(_ stages: Stage...) -> Stages { Stages(active: active.union(stages)) }

    /// `dispersion, noise`: for attributes of outputs.
    public var text: String { Stage.allCases.filter(has).map(\.rawValue).joined(separator: ", ") }
}
