import Numerics

/// Copies channels into a larger box, wrapped or surrounded by zeros.
struct SiteGather: Sendable {
    let paddedExtents: [Int]
    /// For each padded site, the site it is a copy of; -1 is a zero.
    private let sources: [Int32]
    private let sourceSites: Int
    /// Whether there is anything to add: if not, the source can be used as it is.
    let isIdentity: Bool

    init(_ shape: ConvolutionShape) {
        let rank = shape.spatialRank
        let padded = (0..<rank).map { shape.lowerPadding[$0] + shape.inputExtents[$0] + shape.upperPadding[$0] }
        let strides = Extents.strides(of: shape.inputExtents)
        var sources: [Int32] = []
        Extents.forEach(padded) { site in
            var source: Int32 = 0
            for axis in 0..<rank {
                var x = site[axis] - shape.lowerPadding[axis]
                if shape.boundary == .periodic { x = Extents.wrap(x, shape.inputExtents[axis]) }
                if x < 0 || x >= shape.inputExtents[axis] {
                    source = -1
                    break
                }
                source += Int32(x * strides[axis])
            }
            sources.append(source)
        }
        paddedExtents = padded
        self.sources = sources
        sourceSites = shape.inputSites
        isIdentity = padded == shape.inputExtents
    }

    var paddedSites: Int { sources.count }

    func gather(_ source: UnsafePointer<Lane>, channels: Int, into padded: UnsafeMutablePointer<Lane>) {
        sources.withUnsafeBufferPointer { sources in
            for channel in 0..<channels {
                let from = source + channel * sourceSites, to = padded + channel * sources.count
                for site in 0..<sources.count {
                    let origin = Int(sources[site])
                    to[site] = origin < 0 ? .zero : from[origin]
                }
            }
        }
    }

    /// Transpose of `gather`: every copy is added to the site it came from; overwrites `source`.
    func fold(_ padded: UnsafePointer<Lane>, channels: Int, into source: UnsafeMutablePointer<Lane>) {
        source.update(repeating: .zero, count: channels * sourceSites)
        for channel in 0..<channels {
            let from = padded + channel * sources.count, to = source + channel * sourceSites
            for site in 0..<sources.count where sources[site] >= 0 { to[Int(sources[site])] += from[site] }
        }
    }
}
