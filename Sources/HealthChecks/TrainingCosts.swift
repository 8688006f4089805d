import MessagePassing
import Numerics
import Training

/// What exact gradients cost on this machine, for a million parameters: rounding a shard's gradient into the sum,
/// turning the sum back, and reducing twice the bytes of a float gradient.
func checkGradientSumCost(_ world: Communicator) throws -> String {
    let count = 1 << 20
    let gradient = UnsafeMutableBufferPointer<Float>.allocate(capacity: count)
    let sums = UnsafeMutableBufferPointer<Int64>.allocate(capacity: count)
    defer {
        gradient.deallocate()
        sums.deallocate()
    }
    guard let values = gradient.baseAddress, let integers = sums.baseAddress else { throw CheckFailure("no memory") }
    let stream = RandomStream(seed: 3, purpose: .test)
    for i in stride(from: 0, to: count, by: laneWidth) {
        let lane = stream.normalLane(epoch: UInt64(world.rank), firstIndex: UInt64(i), draw: 0)
        for j in 0..<laneWidth { gradient[i + j] = lane[j] }
    }
    sums.initialize(repeating: 0)
    let fixed = FixedPoint(terms: world.size, headroomBits: 10)
    let largest = gradient.reduce(Float(0)) { max($0, abs($1)) }
    let exponent = fixed.exponent(forMagnitude: try world.allReduce(largest, .max).bitPattern, previous: FixedPoint.unknown)
    let scale = FixedPoint.scale(exponent)

    /// Milliseconds, the fastest of several.
    func time(_ body: () throws -> Void) throws -> Double {
        var best = Double.infinity
        for _ in 0..<9 {
            try world.barrier()
            let clock = ContinuousClock.now
            try body()
            best = min(best, (ContinuousClock.now - clock) / .milliseconds(1))
        }
        return best
    }
    let quantise = try time { _ = FixedPoint.quantise(values, into: integers, count: count, scale: scale, adding: true) }
    let restore = try time { FixedPoint.restore(integers, into: values, count: count, factor: 0x1p-60) }
    let asIntegers = try time { try world.allReduce(sums, .sum) }
    let asFloats = try time { try world.allReduce(gradient, .sum) }
    func text(_ milliseconds: Double) -> String { "\((milliseconds * 100).rounded() / 100) ms" }
    return "2^20 parameters: round and add a shard \(text(quantise)), sum back to Float \(text(restore)), "
        + "all-reduce as Int64 \(text(asIntegers)), as Float \(text(asFloats))"
}
