import AbelianFields
import Batch

/// The section `flow` of a U(1) configuration.
public struct PlaquetteFlowSettings: Sendable, Equatable {
    /// What plaquettes are drawn from before the couplings.
    public enum Prior: String, CaseIterable, Sendable {
        /// A trained density on the circle for each plaquette, their sum spread evenly.
        case spline
        /// The Haar measure: uniform links, as in Kanwar et al.
        case haar
    }

    public var prior = Prior.spline
    /// Bins of the spline on half the circle.
    public var bins = 16
    /// Points of the integral over the residue.
    public var quadrature = 8
    public var couplings = 0
    public var hidden = [8, 8]
    public var kernelExtent = 3

    public init() {}

    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(_ configuration: Configuration) throws {
        let section = try configuration.section("flow")
        _ = try section.string("architecture", default: "plaquette", oneOf: ["plaquette"])
        prior = try section.choice("prior", default: .spline)
        if prior == .spline {
            bins = try section.int("bins", default: 16, in: 1...4096)
            quadrature = try section.int("quadrature", default: 8, in: 1...64)
        }
        couplings = try section.int("couplings", default: prior == .spline ? 0 : 16, in: 0...1000)
        if couplings > 0 {
            hidden = try section.ints("hidden", default: [8, 8], in: 1...1024, count: 0...16)
            kernelExtent = try section.int("kernel_extent", default: 3, in: 1...63)
        }
    }
}
