import Batch
import Flows
import GaugeKernels

/// The lattice, the action and the flow of SU(2) and SU(3) in two dimensions: sections `lattice`, `action` with `group`, `flow` and `observables`.
public struct NonAbelianSettings: Sendable {
    public let extents: [Int]
    public let group: GaugeGroup
    public let beta: Double
    /// Sides of square Wilson loops that are measured, 1 to this; 0 for none.
    public let loops: Int
    /// Bins of the spline of the eigenangle, or of the distance from the largest to the smallest.
    public let bins: Int
    /// SU(3): bins of the spline of where the middle angle lies, on half of its range.
    public let shapeBins: Int
    /// SU(3): nodes of the table of such splines.
    public let nodes: Int

    /// Whether a configuration asks for a flow of SU(2) or SU(3). *Not collective.*
    public static func isChosen(in configuration: Configuration) throws -> Bool {
        let action = try configuration.section("action")
        return action.has("group") ? GaugeGroup(rawValue: try action.string("group")) != nil : false
    }

    /// Of a lattice without a configuration.
    public init(extents: [Int], group: GaugeGroup, beta: Double, loops: Int = 0, bins: Int = 16, shapeBins: Int = 8, nodes: Int = 12) {
        (self.extents, self.group, self.beta, self.loops) = (extents, group, beta, loops)
        (self.bins, self.shapeBins, self.nodes) = (bins, shapeBins, nodes)
    }

    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(_ configuration: Configuration) throws {
        extents = try configuration.section("lattice").ints("extents", in: 2...1024, count: 2...2)
        let action = try configuration.section("action")
        _ = try action.string("group", oneOf: GaugeGroup.allCases.map(\.rawValue))
        group = try action.choice("group", default: .su3)
        beta = try action.double("beta", in: 0...200)
        let side = extents.min() ?? 2
        loops = try configuration.section("observables").int("loops", default: min(4, side - 1), in: 0...(side - 1))
        let flow = try configuration.section("flow")
        _ = try flow.string("architecture", default: "plaquette", oneOf: ["plaquette"])
        bins = try flow.int("bins", default: 16, in: 1...1024)
        shapeBins = group == .su3 ? try flow.int("shape_bins", default: 8, in: 1...1024) : 8
        nodes = group == .su3 ? try flow.int("nodes", default: 12, in: 3...1024) : 12
    }

    public var volume: Int { extents.reduce(1, *) }
}
