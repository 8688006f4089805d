import Glibc
import Numerics

/// Random numbers of one (epoch, index), one after the other.
package struct Draws {
    private let stream: RandomStream
    private let epoch: UInt64
    private let index: UInt64
    private var next: UInt32 = 0

    package init(_ stream: RandomStream, epoch: UInt64 = 0, index: UInt64) {
        self.stream = stream
        self.epoch = epoch
        self.index = index
    }

    /// In (0, 1).
    mutating func uniform() -> Double {
        defer { next &+= 1 }
        return stream.uniform(epoch: epoch, index: index, draw: next)
    }

    mutating func uniform(_ range: ClosedRange<Double>) -> Double { range.lowerBound + (range.upperBound - range.lowerBound) * uniform() }

    /// Uniform in the logarithm; the bounds are above 0.
    mutating func logarithmic(_ range: ClosedRange<Double>) -> Double {
        range.lowerBound * exp(log(range.upperBound / range.lowerBound) * uniform())
    }

    mutating func integer(below bound: Int) -> Int { min(bound - 1, Int(uniform() * Double(bound))) }

    /// Mean 0, variance 1.
    mutating func normal() -> Double {
        let radius = (-2 * log(uniform())).squareRoot()
        return radius * cos(2 * .pi * uniform())
    }

    /// Poisson of a small mean, by inversion.
    mutating func poisson(_ mean: Double) -> Int {
        guard mean > 0 else { return 0 }
        let limit = exp(-min(mean, 500))
        var (count, product) = (0, uniform())
        while product > limit {
            count += 1
            product *= uniform()
        }
        return count
    }
}
