/// For each site of a result, the site of the source it comes from: how lattices are shifted, thinned and padded.
public enum SiteMap: Hashable, Sendable {
    /// `y[x] = source[x - shift]` on the torus.
    case roll([Int])
    /// The sites whose coordinates sum to an even (0) or odd (1) number, in row-major order, packed along the last axis.
    case checkerboard(parity: Int)
    /// The transpose of `checkerboard`: packed sites back to their places, zero elsewhere. `extents` of the full lattice.
    case fromCheckerboard(parity: Int, extents: [Int])
    /// Any map: `sites` index the source row-major, -1 for a zero; `extents` of the result.
    case table(sites: [Int32], extents: [Int])

    /// The spatial extents of the result, nil if the source does not fit the map.
    public func resultExtents(of source: [Int]) -> [Int]? {
        switch self {
        case .roll(let shift):
            return shift.count == source.count ? source : nil
        case .checkerboard(let parity):
            guard (0...1).contains(parity), let last = source.last, last % 2 == 0 else { return nil }
            return source.dropLast() + [last / 2]
        case .fromCheckerboard(let parity, let extents):
            return SiteMap.checkerboard(parity: parity).resultExtents(of: extents) == source ? extents : nil
        case .table(let sites, let extents):
            let count = Int32(clamping: source.reduce(1, *))
            guard extents.allSatisfy({ $0 > 0 }), sites.count == extents.reduce(1, *), sites.allSatisfy({ $0 >= -1 && $0 < count })
            else { return nil }
            return extents
        }
    }

    /// The source site of every result site, row-major, -1 for none. `source` must fit the map.
    public func table(source: [Int]) -> [Int32] {
        switch self {
        case .roll(let shift):
            return Self.coordinates(source).map { site in
                Int32(Self.index(site.indices.map { Self.wrap(site[$0] - shift[$0], source[$0]) }, source))
            }
        case .checkerboard(let parity):
            return Self.checkerboardSites(parity, source)
        case .fromCheckerboard(let parity, let extents):
            var result = [Int32](repeating: -1, count: extents.reduce(1, *))
            for (packed, site) in Self.checkerboardSites(parity, extents).enumerated() { result[Int(site)] = Int32(packed) }
            return result
        case .table(let sites, _):
            return sites
        }
    }

    private static func checkerboardSites(_ parity: Int, _ extents: [Int]) -> [Int32] {
        coordinates(extents).enumerated().filter { $0.element.reduce(0, +) % 2 == parity }.map { Int32($0.offset) }
    }

    static func coordinates(_ extents: [Int]) -> [[Int]] {
        extents.reduce([[]]) { partial, extent in partial.flatMap { site in (0..<extent).map { site + [$0] } } }
    }

    static func index(_ site: [Int], _ extents: [Int]) -> Int {
        zip(site, extents).reduce(0) { $0 * $1.1 + $1.0 }
    }

    static func wrap(_ x: Int, _ extent: Int) -> Int { ((x % extent) + extent) % extent }
}
