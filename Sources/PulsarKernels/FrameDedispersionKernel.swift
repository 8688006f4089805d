import Numerics

/// Sums along all dispersed paths that cross a frame, also those that enter or leave it between its edges.
///
/// A frame is shorter than the sweep of many pulses, so that most paths lie in it only in part: trial k has paths for `samples + span[k]`
/// arrivals, where the span is the delay of its last channel, and each number of the frame is added once a trial, whatever the span. Place u of
/// a trial is the path whose sample in channel c is `u + delay[c] - span`.
public enum FrameDedispersionKernel {
    /// Trials that take a piece of four channels from the first cache together.
    public static let group = 4

    /// - Parameters:
    ///   - rows: `[channel][stride]`; sample t of channel c at `c * stride + lead + t`, and zeros around the samples for at least
    ///     the largest difference of delays among four neighbouring channels, and 16.
    ///   - channels: a multiple of 4; delays do not fall from a channel to the next.
    ///   - delays: `[trial][channel]`, samples.
    ///   - sums: `[trial][sumStride]`, all of it written, zeros behind the last path; `sumStride` at least `samples + span + 16`.
    public static func sum(
        rows: UnsafePointer<Float>, stride: Int, lead: Int, channels: Int, samples: Int, delays: UnsafePointer<Int32>, trials: Int,
        sums: UnsafeMutablePointer<Float>, sumStride: Int
    ) {
        for i in 0..<trials &* sumStride { sums[i] = 0 }
        var k0 = 0
        while k0 < trials {
            let k1 = min(trials, k0 &+ group)
            var c = 0
            while c &+ 4 <= channels {
                for k in k0..<k1 {
                    let own = delays + (k &* channels &+ c)
                    let span = Int(delays[k &* channels &+ channels &- 1])
                    let (d0, d1, d2, d3) = (Int(own[0]), Int(own[1]), Int(own[2]), Int(own[3]))
                    let start = (span &- d3) & ~(laneWidth &- 1)
                    let lanes = (span &- d0 &+ samples &- start &+ laneWidth &- 1) / laneWidth
                    let base = rows + (c &* stride &+ lead &+ start &- span)
                    DedispersionKernel.addFour(
                        base + d0, base + (stride &+ d1), base + (2 &* stride &+ d2), base + (3 &* stride &+ d3),
                        to: sums + (k &* sumStride &+ start), lanes: lanes)
                }
                c &+= 4
            }
            k0 = k1
        }
    }

    /// One trial, plainly: the reference. `sums` has `samples` and the span of places.
    public static func referenceSum(
        rows: UnsafePointer<Float>, stride: Int, lead: Int, channels: Int, samples: Int, delays: UnsafePointer<Int32>, sums: UnsafeMutablePointer<Float>
    ) {
        let span = Int(delays[channels - 1])
        for u in 0..<samples + span {
            var total: Float = 0
            for c in 0..<channels {
                let t = u + Int(delays[c]) - span
                if t >= 0, t < samples { total += rows[c * stride + lead + t] }
            }
            sums[u] = total
        }
    }

    /// The largest `best * weight` in each of `bins` bins of `lanesPerBin` lanes, at least 0, times `factor`.
    public static func binMaxima(
        _ best: UnsafePointer<Float>, weights: UnsafePointer<Float>, lanesPerBin: Int, bins: Int, factor: Float, into out: UnsafeMutablePointer<Float>
    ) {
        let (values, gains) = (UnsafeRawPointer(best), UnsafeRawPointer(weights))
        var byte = 0
        for b in 0..<bins {
            var largest = Lane(repeating: 0)
            for _ in 0..<lanesPerBin {
                let value = values.loadUnaligned(fromByteOffset: byte, as: Lane.self) * gains.loadUnaligned(fromByteOffset: byte, as: Lane.self)
                largest = LaneMath.maximum(largest, value)
                byte &+= 64
            }
            out[b] = largest.max() * factor
        }
    }
}

/// Sixteen frames, one after the other, to the lanes of a shard.
public enum ShardKernel {
    /// `lanes[i]` takes number i of each of sixteen rows. Rows whose distance is a power of two would share the sets of a cache.
    public static func interleave(_ rows: UnsafePointer<Float>, stride: Int, count: Int, into lanes: UnsafeMutablePointer<Lane>) {
        for i in 0..<count {
            let from = rows + i
            lanes[i] = Lane(
                from[0], from[stride], from[2 &* stride], from[3 &* stride], from[4 &* stride], from[5 &* stride], from[6 &* stride],
                from[7 &* stride], from[8 &* stride], from[9 &* stride], from[10 &* stride], from[11 &* stride], from[12 &* stride],
                from[13 &* stride], from[14 &* stride], from[15 &* stride])
        }
    }
}
