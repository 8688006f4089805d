import Numerics
import PulsarFrames

/// Which class each frame has: each once in every eight frames in an order of their own, or by shares; some are `other`.
struct FrameClasses: Sendable {
    private let stream: RandomStream
    private let otherShare: Double
    private let cumulativeShares: [Double]

    /// - Parameter shares: of the classes 0 to 7; empty for the same number of each.
    init(shares: [Double], otherShare: Double, stream: RandomStream) {
        self.stream = stream
        self.otherShare = otherShare
        let sum = shares.reduce(0, +)
        var total = 0.0
        cumulativeShares = shares.map { share in
            total += share / sum
            return total
        }
    }

    func contents(_ index: UInt64) -> FrameContents {
        if otherShare > 0, stream.uniform(epoch: 1, index: index, draw: 0) < otherShare { return .other }
        guard cumulativeShares.isEmpty else {
            let place = stream.uniform(epoch: 2, index: index, draw: 0)
            return FrameContents(rawValue: UInt8(min(7, cumulativeShares.firstIndex(where: { place < $0 }) ?? cumulativeShares.count - 1)))
        }
        // Each class once in eight frames, in an order of the eight's own.
        let group = index / 8
        let keys = (0..<8).map { (stream.words(epoch: 0, index: group, draw: UInt32($0))[0], $0) }
        let order = keys.sorted { $0 < $1 }
        return FrameContents(rawValue: UInt8(order[Int(index % 8)].1))
    }
}
