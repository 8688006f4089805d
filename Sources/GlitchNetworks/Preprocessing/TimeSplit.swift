import Segments

/// What an image is for.
public enum ImageUse: UInt8, Sendable, CaseIterable {
    case training = 0
    case validation = 1
    case test = 2
    /// Near another use's time, or where data are missing.
    case unused = 3
}

/// Blocks of time that belong to one use each, so that nothing of what a network learns from is in what judges it.
///
/// Neighbouring images share samples and noise: a split image by image would leak. The images of a block whose segment reaches into a block of
/// another use are left out.
public struct TimeSplit: Sendable, Equatable {
    public let start: GPSTime
    /// Seconds.
    public let block: Double
    /// Of training, validation and test.
    public let shares: [Double]
    public let uses: [ImageUse]

    /// - Parameter duration: seconds that blocks cover.
    public init(start: GPSTime, duration: Double, block: Double, shares: [Double]) {
        (self.start, self.block, self.shares) = (start, block, shares)
        var counts = [Double](repeating: 0, count: shares.count)
        let total = shares.reduce(0, +)
        // The use that is furthest behind its share; of equals the first.
        uses = (0..<max(1, Int((duration / block).rounded(.up)))).map { index in
            let behind = shares.indices.map { shares[$0] / total * Double(index + 1) - counts[$0] }
            let next = behind.indices.max { (behind[$0], -$0) < (behind[$1], -$1) } ?? 0
            counts[next] += 1
            return ImageUse(rawValue: UInt8(next)) ?? .unused
        }
    }

    /// The use of an image whose data reach from `begin` to `end`.
    public func use(from begin: GPSTime, to end: GPSTime) -> ImageUse {
        func index(_ nanoseconds: Int64) -> Int {
            let seconds = Double(nanoseconds - start.nanoseconds) * 1e-9
            return min(uses.count - 1, max(0, Int((seconds / block).rounded(.down))))
        }
        let touched = Set(uses[index(begin.nanoseconds)...max(index(begin.nanoseconds), index(end.nanoseconds - 1))])
        return touched.count == 1 ? touched.first ?? .unused : .unused
    }
}
