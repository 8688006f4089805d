import Glibc

/// The numbers of a shower that become histograms and features, with their axes.
public enum ObservableKind: Int, CaseIterable, Sendable {
    case samplingFraction, hits, meanDepth, depthSpread, spreadX, spreadY, coreShare, meanX, meanY, angleError, firstThird, lastThird, maximumLayer

    public var name: String {
        switch self {
        case .samplingFraction: "sampling_fraction"
        case .hits: "hits"
        case .meanDepth: "mean_depth"
        case .depthSpread: "depth_spread"
        case .spreadX: "spread_x"
        case .spreadY: "spread_y"
        case .coreShare: "core_share"
        case .meanX: "mean_x"
        case .meanY: "mean_y"
        case .angleError: "angle_error"
        case .firstThird: "first_third"
        case .lastThird: "last_third"
        case .maximumLayer: "maximum_layer"
        }
    }

    /// What the number is, for people.
    public var title: String {
        switch self {
        case .samplingFraction: "Energy in the cells over that of the primary"
        case .hits: "Cells above the threshold, over the root of the primary energy"
        case .meanDepth: "Mean depth"
        case .depthSpread: "Spread in depth"
        case .spreadX: "Spread in x"
        case .spreadY: "Spread in y"
        case .coreShare: "Share of the core, three pads wide in x"
        case .meanX: "Barycentre in x"
        case .meanY: "Barycentre in y"
        case .angleError: "Measured less true angle"
        case .firstThird: "Share of the first third of the layers"
        case .lastThird: "Share of the last third of the layers"
        case .maximumLayer: "Layer of the largest energy"
        }
    }

    var units: String {
        switch self {
        case .hits: "GeV^-1/2"
        case .meanDepth, .depthSpread, .maximumLayer: "layers"
        case .spreadX, .spreadY, .meanX, .meanY: "pads"
        case .angleError: "rad"
        default: "1"
        }
    }

    /// The number of one shower whose primary has `energy` GeV and `theta` rad.
    public func value(_ shower: ShowerObservables, energy: Double, theta: Double) -> Double {
        switch self {
        case .samplingFraction: shower.total / energy
        case .hits: Double(shower.hits) / energy.squareRoot()
        case .meanDepth: shower.mean.z
        case .depthSpread: shower.spread.z
        case .spreadX: shower.spread.x
        case .spreadY: shower.spread.y
        case .coreShare: shower.coreShare
        case .meanX: shower.mean.x
        case .meanY: shower.mean.y
        case .angleError: shower.angle - theta
        case .firstThird: shower.thirds.x
        case .lastThird: shower.thirds.z
        case .maximumLayer: Double(shower.layers.indices.max { shower.layers[$0] < shower.layers[$1] } ?? 0) + 0.5
        }
    }
}
