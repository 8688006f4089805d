import Numerics

/// Parameters, gradient, moments and average: vectors of one length in whole lanes, zero beyond the last parameter.
final class FlatVectors {
    let count: Int
    let lanes: Int
    let parameters: UnsafeMutablePointer<Float>
    let gradient: UnsafeMutablePointer<Float>
    /// The optimizer's vectors, one after the other, each of `lanes` lanes.
    let moments: UnsafeMutablePointer<Float>
    let momentCount: Int
    let average: UnsafeMutablePointer<Float>?
    private let memory: UnsafeMutablePointer<Lane>

    init(parameters initial: [Float], moments momentCount: Int, averaged: Bool) {
        count = initial.count
        lanes = (count + laneWidth - 1) / laneWidth
        self.momentCount = momentCount
        let total = lanes * (2 + momentCount + (averaged ? 1 : 0))
        memory = .allocate(capacity: max(total, 1))
        memory.initialize(repeating: .zero, count: max(total, 1))
        let numbers = UnsafeMutableRawPointer(memory).assumingMemoryBound(to: Float.self)
        let length = lanes * laneWidth
        parameters = numbers
        gradient = numbers + length
        moments = numbers + 2 * length
        average = averaged ? numbers + (2 + momentCount) * length : nil
        for i in 0..<count {
            parameters[i] = initial[i]
            average?[i] = initial[i]
        }
    }

    deinit { memory.deallocate() }

    /// The numbers of a vector without its padding.
    func view(_ vector: UnsafeMutablePointer<Float>) -> UnsafeBufferPointer<Float> {
        UnsafeBufferPointer(start: vector, count: count)
    }

    /// Vector `k` of the optimizer's state.
    func moment(_ k: Int) -> UnsafeMutablePointer<Float> { moments + k * lanes * laneWidth }

    /// Takes over a saved state; `moments` are the optimizer's vectors without padding.
    func replace(parameters newParameters: [Float], average newAverage: [Float]?, moments newMoments: [Float]) {
        for i in 0..<count {
            parameters[i] = newParameters[i]
            if let newAverage { average?[i] = newAverage[i] }
            for k in 0..<momentCount { moment(k)[i] = newMoments[k * count + i] }
        }
    }

    /// The Euclidean norm of the gradient, summed in double precision in an order that only the length decides.
    func gradientNorm() -> Double {
        let gradient = Self.asLanes(gradient)
        var low = SIMD8<Double>.zero
        var high = SIMD8<Double>.zero
        for i in 0..<lanes {
            let a = SIMD8<Double>(gradient[i].lowHalf)
            let b = SIMD8<Double>(gradient[i].highHalf)
            low += a * a
            high += b * b
        }
        return (low + high).sum().squareRoot()
    }

    func update(by optimizer: any Optimizer, step: Int, learningRate: Double, gradientFactor: Float) {
        optimizer.update(
            parameters: Self.asLanes(parameters), gradient: UnsafePointer(Self.asLanes(gradient)),
            moments: Self.asLanes(moments), lanes: lanes, step: step, learningRate: learningRate,
            gradientFactor: gradientFactor)
    }

    /// average += (1 - decay) (parameters - average).
    func updateAverage(decay: Double) {
        guard let average else { return }
        let mean = Self.asLanes(average)
        let current = Self.asLanes(parameters)
        let share = Float(1 - decay)
        for i in 0..<lanes { mean[i] += (current[i] - mean[i]) * share }
    }

    private static func asLanes(_ numbers: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Lane> {
        UnsafeMutableRawPointer(numbers).assumingMemoryBound(to: Lane.self)
    }
}
