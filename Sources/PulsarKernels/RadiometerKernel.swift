import Numerics

/// What a square-law detector gives for a temperature, and what its digitiser makes of it.
///
/// A power summed over `shape` = n_p Δν Δt independent complex samples has `2 shape` degrees of freedom (Dicke 1946; Lorimer & Kramer 2005,
/// section 5.1): it is the mean times Γ(shape) / shape. The gamma variate comes of a normal number z by the cube of Wilson and Hilferty
/// (PNAS 17, 684, 1931), Γ(k)/k ≈ (1 - 1/(9k) + z/(3√k))³.
public enum RadiometerKernel {
    /// Samples that one block of random words for each lane is enough for.
    public static let tile = 64

    /// How the temperatures of a channel become numbers.
    public struct Channel: Sendable, Equatable {
        /// Temperature without any signal, K.
        public var base: Float
        /// Numbers per K, and the number at 0 K.
        public var scale: Float
        public var offset: Float
        public var lowest: Float
        public var highest: Float
        /// Whether numbers are rounded to integers, ties to even.
        public var rounds: Bool

        public init(base: Float, scale: Float, offset: Float, lowest: Float, highest: Float, rounds: Bool) {
            self.base = base
            self.scale = scale
            self.offset = offset
            self.lowest = lowest
            self.highest = highest
            self.rounds = rounds
        }
    }

    /// `values[t]`, a signal in K on top of `channel.base`, becomes the number that is recorded.
    ///
    /// Sample t uses the random words of (epoch, 64-sample tile `firstTile + t / 64`, `draw`): the same in whatever blocks a stream is made.
    /// - Parameters:
    ///   - shape: n_p Δν Δt; 0 for no noise.
    ///   - draw: number of the channel.
    public static func detect(
        _ values: UnsafeMutablePointer<Float>, count: Int, channel: Channel, shape: Float, stream: RandomStream, epoch: UInt64, firstTile: UInt64,
        draw: UInt32
    ) {
        let whole = count / tile
        for t in 0..<whole {
            detectTile(values + t &* tile, channel, shape, stream, epoch, firstTile &+ UInt64(truncatingIfNeeded: t), draw)
        }
        let rest = count &- whole &* tile
        guard rest > 0 else { return }
        withUnsafeTemporaryAllocation(of: Float.self, capacity: tile) { buffer in
            guard let base = buffer.baseAddress else { return }
            for t in 0..<tile { base[t] = t < rest ? values[whole &* tile &+ t] : 0 }
            detectTile(base, channel, shape, stream, epoch, firstTile &+ UInt64(truncatingIfNeeded: whole), draw)
            for t in 0..<rest { values[whole &* tile &+ t] = base[t] }
        }
    }

    @inline(__always)
    private static func detectTile(
        _ values: UnsafeMutablePointer<Float>, _ channel: Channel, _ shape: Float, _ stream: RandomStream, _ epoch: UInt64, _ tileIndex: UInt64,
        _ draw: UInt32
    ) {
        let raw = UnsafeMutableRawPointer(values)
        guard shape > 0 else {
            for i in 0..<4 { store(raw, i, number(load(raw, i) + Lane(repeating: channel.base), channel)) }
            return
        }
        let w = stream.wordLanes(epoch: epoch, firstIndex: tileIndex &* 16, draw: draw)
        let (z0, z1) = normals(w.0, w.1)
        let (z2, z3) = normals(w.2, w.3)
        let base = Lane(repeating: channel.base)
        store(raw, 0, number((load(raw, 0) + base) * gamma(z0, shape), channel))
        store(raw, 1, number((load(raw, 1) + base) * gamma(z1, shape), channel))
        store(raw, 2, number((load(raw, 2) + base) * gamma(z2, shape), channel))
        store(raw, 3, number((load(raw, 3) + base) * gamma(z3, shape), channel))
    }

    /// Two independent normal lanes by Box and Muller from two words a lane; |value| < 6.7.
    @inline(__always)
    static func normals(_ radiusWords: Philox.Words, _ angleWords: Philox.Words) -> (Lane, Lane) {
        // All 32 bits for the radius, or the tail would end at 5.8: the high 23, and the low 9 behind them.
        let one = Lane(repeating: 1)
        let high = unit(radiusWords &>> Philox.Words(repeating: 9)) - one
        let low = unit((radiusWords & Philox.Words(repeating: 0x1FF)) &<< Philox.Words(repeating: 14)) - Lane(repeating: 1 - 0x1p-10)
        let u = high.addingProduct(low, Lane(repeating: 0x1p-23))
        let radius = LaneMath.sqrt(Lane(repeating: -2) * LaneMath.log(LaneMath.minimum(u, Lane(repeating: 1 - 0x1p-24))))
        let turns = unit(angleWords &>> Philox.Words(repeating: 9)) - one
        let (s, c) = LaneMath.sincosOfTurns(turns)
        return (radius * c, radius * s)
    }

    /// 1 + (23 bits) 2^-23.
    @inline(__always)
    private static func unit(_ bits: Philox.Words) -> Lane { unsafeBitCast(bits | Philox.Words(repeating: 0x3F80_0000), to: Lane.self) }

    @inline(__always)
    static func gamma(_ z: Lane, _ shape: Float) -> Lane {
        let root = Lane(repeating: 1 - 1 / (9 * shape)).addingProduct(z, Lane(repeating: 1 / (3 * shape.squareRoot())))
        let positive = LaneMath.maximum(root, Lane(repeating: 0))
        return positive * positive * positive
    }

    @inline(__always)
    static func number(_ temperature: Lane, _ channel: Channel) -> Lane {
        let value = Lane(repeating: channel.offset).addingProduct(temperature, Lane(repeating: channel.scale))
        let held = LaneMath.clamp(value, channel.lowest, channel.highest)
        guard channel.rounds else { return held }
        let shift = Lane(repeating: 0x1.8p23)
        return (held + shift) - shift
    }

    @inline(__always)
    static func load(_ raw: UnsafeMutableRawPointer, _ i: Int) -> Lane { raw.loadUnaligned(fromByteOffset: i &* 64, as: Lane.self) }

    @inline(__always)
    static func store(_ raw: UnsafeMutableRawPointer, _ i: Int, _ lane: Lane) { raw.storeBytes(of: lane, toByteOffset: i &* 64, as: Lane.self) }

    // MARK: Reference

    /// The same in double precision, sample by sample, from the same random words: what `detect` is compared with.
    public static func referenceDetect(
        _ values: [Float], channel: Channel, shape: Double, stream: RandomStream, epoch: UInt64, firstTile: UInt64, draw: UInt32
    ) -> [Double] {
        values.enumerated().map { t, value in
            var factor = 1.0
            if shape > 0 {
                let place = t % tile
                let words = stream.words(epoch: epoch, index: (firstTile + UInt64(t / tile)) * 16 + UInt64(place % 16), draw: draw)
                let z = ReferenceNormal.pair(words[place / 32 * 2], words[place / 32 * 2 + 1])
                let root = max(0, 1 - 1 / (9 * shape) + (place / 16 % 2 == 0 ? z.0 : z.1) / (3 * shape.squareRoot()))
                factor = root * root * root
            }
            let number = Double(channel.offset) + (Double(value) + Double(channel.base)) * factor * Double(channel.scale)
            let held = min(max(number, Double(channel.lowest)), Double(channel.highest))
            return channel.rounds ? held.rounded(.toNearestOrEven) : held
        }
    }
}
