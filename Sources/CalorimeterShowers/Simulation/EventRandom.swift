import Glibc
import Numerics

extension RandomPurpose {
    /// Everything random in a parametrised shower: index is the event, draws count up.
    public static let shower = RandomPurpose(rawValue: 96)
    /// Choices made when samples are compared: which half, which resample.
    public static let comparison = RandomPurpose(rawValue: 97)
}

/// The random numbers of one event in their order: the same whichever rank simulates it.
struct EventRandom {
    private let stream: RandomStream
    private let event: UInt64
    private var draw: UInt32 = 0
    private var spare: Double?
    private var spareNormal: Double?

    init(_ stream: RandomStream, event: UInt64) {
        (self.stream, self.event) = (stream, event)
    }

    /// Uniform in (0, 1).
    mutating func uniform() -> Double {
        if let value = spare {
            spare = nil
            return value
        }
        let words = stream.words(epoch: 0, index: event, draw: draw)
        draw &+= 1
        spare = Self.unit(words[2], words[3])
        return Self.unit(words[0], words[1])
    }

    private static func unit(_ low: UInt32, _ high: UInt32) -> Double {
        Double((UInt64(high) << 32 | UInt64(low)) >> 12) * 0x1p-52 + 0x1p-53
    }

    /// Normal of mean 0 and variance 1, by Box and Muller.
    mutating func normal() -> Double {
        if let value = spareNormal {
            spareNormal = nil
            return value
        }
        let radius = (-2 * log(uniform())).squareRoot()
        let angle = 2 * Double.pi * uniform()
        spareNormal = radius * sin(angle)
        return radius * cos(angle)
    }

    /// Exponential of mean 1.
    mutating func exponential() -> Double { -log(uniform()) }

    /// Gamma of the given shape and scale 1, by Marsaglia and Tsang (ACM TOMS 26, 363, 2000).
    mutating func gamma(shape: Double) -> Double {
        if shape < 1 { return gamma(shape: shape + 1) * pow(uniform(), 1 / shape) }
        let d = shape - 1 / 3
        let c = 1 / (9 * d).squareRoot()
        while true {
            let x = normal()
            let v = 1 + c * x
            guard v > 0 else { continue }
            let cube = v * v * v
            if log(uniform()) < 0.5 * x * x + d - d * cube + d * log(cube) { return d * cube }
        }
    }
}
