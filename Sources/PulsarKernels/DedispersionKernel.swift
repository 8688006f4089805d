import Numerics

/// Sums of channels along dispersed paths: trial d at time t is `Σ_c data[c][t + delay[d][c]]`, in the order of the channels.
///
/// Sixteen neighbouring trials share a tile of times: their delays differ by little, so a piece of a channel comes from memory once and
/// the others find it in the first cache, where the sums of the tile lie too. Eight channels are added in one pass over the sums. Every sum
/// is taken channel by channel, so a trial has the same bits in any group. Bytes an addition: 4 of data and 1 of sums from the first cache, and a
/// quarter of one from memory, as sixteen trials share it.
public enum DedispersionKernel {
    /// Trials that share a tile.
    public static let group = 16
    /// Times of a tile: its sums take half of a first cache of 32 KiB.
    static let tile = 256
    /// Numbers of scratch memory that `sum` needs.
    public static let scratch = group * tile

    /// - Parameters:
    ///   - data: `[channel][stride]`; channel c is read up to `count - 1 + delay` rounded up to a lane.
    ///   - delays: `[channel][group]`, samples.
    ///   - trials: how many of the group's trials are wanted.
    ///   - scratch: room for `scratch` numbers.
    ///   - sums: `[trials][sumStride]`, `count` rounded up to a lane is written.
    ///   - count: times.
    public static func sum(
        data: UnsafePointer<Float>, stride: Int, channels: Int, delays: UnsafePointer<Int32>, trials: Int, scratch: UnsafeMutablePointer<Float>,
        sums: UnsafeMutablePointer<Float>, sumStride: Int, count: Int
    ) {
        var start = 0
        while start < count {
            let lanes = min(tile, count &- start &+ laneWidth &- 1) / laneWidth
            for i in 0..<trials &* tile { scratch[i] = 0 }
            var c = 0
            while c &+ 8 <= channels {
                let base = data + (c &* stride &+ start)
                for k in 0..<trials { addEight(base, stride: stride, delays: delays + (c &* group &+ k), to: scratch + k &* tile, lanes: lanes) }
                c &+= 8
            }
            while c &+ 4 <= channels {
                let base = data + (c &* stride &+ start)
                let delay = delays + c &* group
                for k in 0..<trials {
                    addFour(
                        base + Int(delay[k]), base + (stride &+ Int(delay[group &+ k])), base + (2 &* stride &+ Int(delay[2 &* group &+ k])),
                        base + (3 &* stride &+ Int(delay[3 &* group &+ k])), to: scratch + k &* tile, lanes: lanes)
                }
                c &+= 4
            }
            while c < channels {
                for k in 0..<trials {
                    addOne(data + (c &* stride &+ start &+ Int(delays[c &* group &+ k])), to: scratch + k &* tile, lanes: lanes)
                }
                c &+= 1
            }
            for k in 0..<trials { (sums + (k &* sumStride &+ start)).update(from: scratch + k &* tile, count: lanes &* laneWidth) }
            start &+= tile
        }
    }

    /// Adds eight rows, each behind by its delay, to sums; unaligned, whole lanes.
    @inline(__always)
    private static func addEight(
        _ base: UnsafePointer<Float>, stride: Int, delays: UnsafePointer<Int32>, to sums: UnsafeMutablePointer<Float>, lanes: Int
    ) {
        func row(_ c: Int) -> UnsafeRawPointer { UnsafeRawPointer(base + (c &* stride &+ Int(delays[c &* group]))) }
        let (r0, r1, r2, r3) = (row(0), row(1), row(2), row(3))
        let (r4, r5, r6, r7) = (row(4), row(5), row(6), row(7))
        let out = UnsafeMutableRawPointer(sums)
        var byte = 0
        for _ in 0..<lanes {
            var sum = out.loadUnaligned(fromByteOffset: byte, as: Lane.self)
            sum += r0.loadUnaligned(fromByteOffset: byte, as: Lane.self)
            sum += r1.loadUnaligned(fromByteOffset: byte, as: Lane.self)
            sum += r2.loadUnaligned(fromByteOffset: byte, as: Lane.self)
            sum += r3.loadUnaligned(fromByteOffset: byte, as: Lane.self)
            sum += r4.loadUnaligned(fromByteOffset: byte, as: Lane.self)
            sum += r5.loadUnaligned(fromByteOffset: byte, as: Lane.self)
            sum += r6.loadUnaligned(fromByteOffset: byte, as: Lane.self)
            sum += r7.loadUnaligned(fromByteOffset: byte, as: Lane.self)
            out.storeBytes(of: sum, toByteOffset: byte, as: Lane.self)
            byte &+= 64
        }
    }

    /// Adds four rows to sums; unaligned, whole lanes.
    @inline(__always)
    static func addFour(
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ c: UnsafePointer<Float>, _ d: UnsafePointer<Float>,
        to sums: UnsafeMutablePointer<Float>, lanes: Int
    ) {
        let (a, b, c, d) = (UnsafeRawPointer(a), UnsafeRawPointer(b), UnsafeRawPointer(c), UnsafeRawPointer(d))
        let out = UnsafeMutableRawPointer(sums)
        var byte = 0
        for _ in 0..<lanes {
            var sum = out.loadUnaligned(fromByteOffset: byte, as: Lane.self)
            sum += a.loadUnaligned(fromByteOffset: byte, as: Lane.self)
            sum += b.loadUnaligned(fromByteOffset: byte, as: Lane.self)
            sum += c.loadUnaligned(fromByteOffset: byte, as: Lane.self)
            sum += d.loadUnaligned(fromByteOffset: byte, as: Lane.self)
            out.storeBytes(of: sum, toByteOffset: byte, as: Lane.self)
            byte &+= 64
        }
    }

    @inline(__always)
    private static func addOne(_ a: UnsafePointer<Float>, to sums: UnsafeMutablePointer<Float>, lanes: Int) {
        let a = UnsafeRawPointer(a)
        let out = UnsafeMutableRawPointer(sums)
        var byte = 0
        for _ in 0..<lanes {
            let sum = out.loadUnaligned(fromByteOffset: byte, as: Lane.self) + a.loadUnaligned(fromByteOffset: byte, as: Lane.self)
            out.storeBytes(of: sum, toByteOffset: byte, as: Lane.self)
            byte &+= 64
        }
    }

    /// One trial, plainly: the reference.
    public static func referenceSum(
        data: UnsafePointer<Float>, stride: Int, channels: Int, delays: UnsafePointer<Int32>, sum: UnsafeMutablePointer<Float>, count: Int
    ) {
        for t in 0..<count {
            var total: Float = 0
            for c in 0..<channels { total += data[c * stride + t + Int(delays[c])] }
            sum[t] = total
        }
    }
}
