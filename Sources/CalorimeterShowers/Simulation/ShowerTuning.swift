import Batch

/// What the parametrisation leaves to a detector, and what a comparison with a full simulation of it settles.
///
/// The defaults are for the CLIC electromagnetic calorimeter: fits of the mean profile, response and fluctuations to Geant4 showers.
public struct ShowerTuning: Sendable, Equatable {
    /// Visible energy over deposited energy, times the active layer's thickness in radiation lengths: the visible energy of a layer is
    /// response x E x (dE/dt)/E at its active material.
    public var response = 0.0202
    /// Added to the mean of ln T.
    public var depthShift = 0.105
    /// Added to the mean of ln alpha.
    public var shapeShift = 0.14
    /// Multiplies the standard deviations of ln T and ln alpha.
    public var fluctuation = 0.86
    /// Variance over mean of the visible energy of a layer, GeV.
    public var samplingScale = 0.0012
    /// Multiply the radii of the shower's core and tail.
    public var coreRadius = 1.03
    public var tailRadius = 1.77
    /// Multiplies the share of the core.
    public var coreShare = 0.885
    /// Multiplies the number of spots.
    public var spots = 2.0

    /// Shape of the Gamma distribution of a spot's energy: 1 is exponential, more is narrower.
    public var spotShape = 1.3

    public init() {}

    /// The section `simulation.tuning`. *Not collective.*
    /// - Throws: `ConfigurationError`.
    init(_ section: Configuration) throws {
        response = try section.double("response", default: response, in: 1e-9...1e3)
        depthShift = try section.double("depth_shift", default: depthShift, in: -3...3)
        shapeShift = try section.double("shape_shift", default: shapeShift, in: -3...3)
        fluctuation = try section.double("fluctuation", default: fluctuation, in: 0...10)
        samplingScale = try section.double("sampling_scale", default: samplingScale, in: 1e-9...1e3)
        coreRadius = try section.double("core_radius", default: coreRadius, in: 1e-3...1e3)
        tailRadius = try section.double("tail_radius", default: tailRadius, in: 1e-3...1e3)
        coreShare = try section.double("core_share", default: coreShare, in: 0...2)
        spots = try section.double("spots", default: spots, in: 1e-3...1e3)
        spotShape = try section.double("spot_shape", default: spotShape, in: 0.05...1e3)
    }
}
