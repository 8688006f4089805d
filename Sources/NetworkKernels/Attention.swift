import Numerics

/// Attention of every site to all sites, `y[c][i] = sum over j of v[c][j] softmax over j (sum over d of q[d][i] k[d][j])`, without the matrix in memory.
///
/// Keys are taken in blocks; a running largest value and sum correct what went before (Dao et al., arXiv:2205.14135, algorithm 1; the matrix of 64 by 64
/// sites would be 1 GiB for sixteen samples). The result has one channel more than the values: the logarithm of the sum of the exponentials
/// of each site, by which the gradient makes the matrix again (algorithm 4).
public struct Attention: Sendable {
    public let keyChannels: Int
    public let valueChannels: Int
    public let sites: Int
    public let scratchLanes: Int

    /// Sites of queries, or of keys in the gradient, that are kept at once, and of those that pass by.
    private static let kept = 64, passing = 32

    public init(keyChannels: Int, valueChannels: Int, sites: Int) {
        (self.keyChannels, self.valueChannels, self.sites) = (keyChannels, valueChannels, sites)
        let (kept, passing) = (Self.kept, Self.passing)
        scratchLanes = (2 * keyChannels + 2 * valueChannels) * (kept + passing) + 2 * kept * passing + 4 * (kept + passing)
    }

    /// Multiply-adds for one sample.
    public var multiplyAddsPerSample: Int { sites * sites * (keyChannels + valueChannels) }
    /// Of the gradient: two products with the values, three with the keys.
    public var gradientMultiplyAddsPerSample: Int { sites * sites * (3 * keyChannels + 2 * valueChannels) }

    /// Memory handed out piece by piece.
    private struct Room {
        var next: UnsafeMutablePointer<Lane>
        mutating func take(_ count: Int) -> UnsafeMutablePointer<Lane> {
            defer { next += count }
            return next
        }
    }

    /// Copies `count` sites of each channel together: in place, channels lie a power of two apart and share the sets of a cache.
    private func pack(_ source: UnsafePointer<Lane>, channels: Int, first: Int, count: Int, into target: UnsafeMutablePointer<Lane>) {
        for channel in 0..<channels { (target + channel * count).update(from: source + channel * sites + first, count: count) }
    }

    /// scores[i][j] = sum over channels of a[channel][i] b[channel][j].
    @inline(__always)
    private func products(
        _ a: UnsafePointer<Lane>, _ rows: Int, _ b: UnsafePointer<Lane>, _ columns: Int, channels: Int, into scores: UnsafeMutablePointer<Lane>
    ) {
        Panels.multiply(
            rows: rows, columns: columns, count: channels, Panel(base: a, stride: 1, step: rows), Panel(base: b, stride: 1, step: columns),
            into: PanelResult(base: scores, rowStride: columns, columnStride: 1, adds: false))
    }

    /// - Parameter result: `[valueChannels + 1][sites]`.
    public func forward(
        queries: UnsafePointer<Lane>, keys: UnsafePointer<Lane>, values: UnsafePointer<Lane>, result: UnsafeMutablePointer<Lane>,
        scratch: UnsafeMutablePointer<Lane>
    ) {
        var room = Room(next: scratch)
        let q = room.take(keyChannels * Self.kept), sums = room.take(valueChannels * Self.kept)
        let k = room.take(keyChannels * Self.passing), v = room.take(valueChannels * Self.passing)
        let scores = room.take(Self.kept * Self.passing)
        let largest = room.take(Self.kept), total = room.take(Self.kept), factor = room.take(Self.kept)
        var first = 0
        while first < sites {
            let rows = min(Self.kept, sites - first)
            pack(queries, channels: keyChannels, first: first, count: rows, into: q)
            sums.update(repeating: .zero, count: valueChannels * rows)
            largest.update(repeating: Lane(repeating: -.infinity), count: rows)
            total.update(repeating: .zero, count: rows)
            var key = 0
            while key < sites {
                let columns = min(Self.passing, sites - key)
                pack(keys, channels: keyChannels, first: key, count: columns, into: k)
                pack(values, channels: valueChannels, first: key, count: columns, into: v)
                products(q, rows, k, columns, channels: keyChannels, into: scores)
                for row in 0..<rows { exponentials(scores + row * columns, columns, &largest[row], &total[row], &factor[row]) }
                if key > 0 {
                    for channel in 0..<valueChannels {
                        let sum = sums + channel * rows
                        for row in 0..<rows { sum[row] *= factor[row] }
                    }
                }
                Panels.multiply(
                    rows: valueChannels, columns: rows, count: columns, Panel(base: UnsafePointer(v), stride: columns, step: 1),
                    Panel(base: scores, stride: columns, step: 1), into: PanelResult(base: sums, rowStride: rows, columnStride: 1, adds: true))
                key += columns
            }
            for row in 0..<rows { factor[row] = Lane(repeating: 1) / total[row] }
            for channel in 0..<valueChannels {
                let to = result + channel * sites + first, sum = sums + channel * rows
                for row in 0..<rows { to[row] = sum[row] * factor[row] }
            }
            let last = result + valueChannels * sites + first
            for row in 0..<rows { last[row] = largest[row] + LaneMath.log(total[row]) }
            first += rows
        }
    }

    /// Scores of one query to exponentials by the largest so far; what sums made before are to be multiplied by.
    @inline(__always)
    private func exponentials(_ scores: UnsafeMutablePointer<Lane>, _ count: Int, _ largest: inout Lane, _ total: inout Lane, _ factor: inout Lane) {
        var top = largest
        for j in 0..<count { top.replace(with: scores[j], where: scores[j] .> top) }
        let change = LaneMath.exp(largest - top)
        var sum = total * change
        for j in 0..<count {
            let e = LaneMath.exp(scores[j] - top)
            scores[j] = e
            sum += e
        }
        (largest, total, factor) = (top, sum, change)
    }

    /// Gradients by queries, keys and values, `[keyChannels + keyChannels + valueChannels][sites]`, overwritten.
    /// - Parameters:
    ///   - result: of `forward`.
    ///   - resultGradient: of the values' channels; its last channel is not read.
    public func gradient(
        queries: UnsafePointer<Lane>, keys: UnsafePointer<Lane>, values: UnsafePointer<Lane>, result: UnsafePointer<Lane>,
        resultGradient: UnsafePointer<Lane>, gradients: UnsafeMutablePointer<Lane>, scratch: UnsafeMutablePointer<Lane>
    ) {
        var room = Room(next: scratch)
        let k = room.take(keyChannels * Self.kept), v = room.take(valueChannels * Self.kept)
        let slopeK = room.take(keyChannels * Self.kept), slopeV = room.take(valueChannels * Self.kept)
        let q = room.take(keyChannels * Self.passing), g = room.take(valueChannels * Self.passing), slopeQ = room.take(keyChannels * Self.passing)
        let scores = room.take(Self.kept * Self.passing), slopes = room.take(Self.kept * Self.passing)
        let dots = room.take(Self.passing)
        let queryGradient = gradients, keyGradient = gradients + keyChannels * sites, valueGradient = gradients + 2 * keyChannels * sites
        queryGradient.update(repeating: .zero, count: keyChannels * sites)
        let logarithms = result + valueChannels * sites
        var key = 0
        while key < sites {
            let columns = min(Self.kept, sites - key)
            pack(keys, channels: keyChannels, first: key, count: columns, into: k)
            pack(values, channels: valueChannels, first: key, count: columns, into: v)
            slopeK.update(repeating: .zero, count: keyChannels * columns)
            slopeV.update(repeating: .zero, count: valueChannels * columns)
            var first = 0
            while first < sites {
                let rows = min(Self.passing, sites - first)
                pack(queries, channels: keyChannels, first: first, count: rows, into: q)
                pack(resultGradient, channels: valueChannels, first: first, count: rows, into: g)
                dots.update(repeating: .zero, count: rows)
                for channel in 0..<valueChannels {
                    let y = result + channel * sites + first
                    for row in 0..<rows { dots[row].addProduct(y[row], g[channel * rows + row]) }
                }
                products(q, rows, k, columns, channels: keyChannels, into: scores)
                products(g, rows, v, columns, channels: valueChannels, into: slopes)
                for row in 0..<rows {
                    let (logarithm, dot) = (logarithms[first + row], dots[row])
                    let p = scores + row * columns, s = slopes + row * columns
                    for j in 0..<columns {
                        let weight = LaneMath.exp(p[j] - logarithm)
                        p[j] = weight
                        s[j] = weight * (s[j] - dot)
                    }
                }
                // By the values: sum over queries of the gradient times the weight.
                Panels.multiply(
                    rows: valueChannels, columns: columns, count: rows, Panel(base: UnsafePointer(g), stride: rows, step: 1),
                    Panel(base: UnsafePointer(scores), stride: 1, step: columns), into: PanelResult(base: slopeV, rowStride: columns, columnStride: 1, adds: true))
                Panels.multiply(
                    rows: keyChannels, columns: columns, count: rows, Panel(base: UnsafePointer(q), stride: rows, step: 1),
                    Panel(base: UnsafePointer(slopes), stride: 1, step: columns), into: PanelResult(base: slopeK, rowStride: columns, columnStride: 1, adds: true))
                Panels.multiply(
                    rows: keyChannels, columns: rows, count: columns, Panel(base: UnsafePointer(k), stride: columns, step: 1),
                    Panel(base: UnsafePointer(slopes), stride: columns, step: 1), into: PanelResult(base: slopeQ, rowStride: rows, columnStride: 1, adds: false))
                for channel in 0..<keyChannels {
                    let to = queryGradient + channel * sites + first
                    for row in 0..<rows { to[row] += slopeQ[channel * rows + row] }
                }
                first += rows
            }
            for channel in 0..<keyChannels { (keyGradient + channel * sites + key).update(from: slopeK + channel * columns, count: columns) }
            for channel in 0..<valueChannels { (valueGradient + channel * sites + key).update(from: slopeV + channel * columns, count: columns) }
            key += columns
        }
    }
}
