/// The static type of a value: its shape per sample, and whether it differs from sample to sample.
///
/// `extents` is `[channels, space…]`. A batched value holds one number per element and lane; an unbatched one
/// (a parameter, a constant, the loss) holds one number per element.
public struct TensorType: Hashable, Sendable, CustomStringConvertible {
    /// Most elements of one tensor, per sample: 32 GiB for the 16 samples of a shard. Beyond is a mistake, or a damaged file.
    public static let largestCount = 1 << 29

    public var extents: [Int]
    public var batched: Bool

    public init(_ extents: [Int], batched: Bool) {
        self.extents = extents
        self.batched = batched
    }

    /// Number of elements of a shape, nil if an extent is not positive, there is none, or they are more than `largestCount`.
    static func count(of extents: [Int]) -> Int? {
        if extents.isEmpty { return nil }
        return extents.reduce(1 as Int?) { count, extent in
            guard let count, extent > 0, extent <= largestCount / count else { return nil }
            return count * extent
        }
    }

    public var channels: Int { extents[0] }
    public var spatial: [Int] { Array(extents.dropFirst()) }
    public var sites: Int { extents.dropFirst().reduce(1, *) }
    /// Elements per sample.
    public var count: Int { extents.reduce(1, *) }
    /// Storage in units of one `Float`.
    public var floats: Int { batched ? count * 16 : count }

    public var description: String { "\(extents)\(batched ? " per sample" : "")" }

    /// The type of an element-by-element operation on two values, nil if they do not fit.
    ///
    /// A value is repeated over channels if it has one, over sites if it has one, over samples if it is unbatched.
    public static func broadcast(_ a: TensorType, _ b: TensorType) -> TensorType? {
        guard a.channels == b.channels || a.channels == 1 || b.channels == 1 else { return nil }
        let spatial: [Int]
        if a.spatial == b.spatial || b.sites == 1 && (a.sites > 1 || a.extents.count >= b.extents.count) {
            spatial = a.spatial
        } else if a.sites == 1 {
            spatial = b.spatial
        } else {
            return nil
        }
        return TensorType([max(a.channels, b.channels)] + spatial, batched: a.batched || b.batched)
    }
}

/// Which of channels, sites and lanes a reduction runs over.
public struct ReductionAxes: OptionSet, Hashable, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
    public static let channels = ReductionAxes(rawValue: 1)
    public static let sites = ReductionAxes(rawValue: 2)
    public static let lanes = ReductionAxes(rawValue: 4)

    /// The axes over which `small` was repeated to become `large`.
    static func repeated(_ small: TensorType, in large: TensorType) -> ReductionAxes {
        var axes: ReductionAxes = []
        if small.channels < large.channels { axes.insert(.channels) }
        if small.sites < large.sites { axes.insert(.sites) }
        if large.batched && !small.batched { axes.insert(.lanes) }
        return axes
    }
}
