import Networks
import Numerics
import Training

// Small objectives with gradients written by hand, to see what the trainer does with them.

/// A quadratic bowl with noise: the mean over 16 samples of |h (p - target - noise)|^2 / 2, tensor by tensor.
struct NoisyBowl: ShardedObjective {
    var layout = ParameterLayout()
    let metricNames = ["loss", "distance"]
    /// Factor on loss and gradient at a step, to make a gradient outgrow its scale.
    var growth: (Int) -> Float = { _ in 1 }
    /// What to write as the loss at (step, shard) instead.
    var sabotage: (_ step: Int, _ shard: Int) throws -> Float? = { _, _ in nil }
    private let noise = RandomStream(seed: 7, purpose: .test)

    init() {
        layout.add("stiff", shape: [37])
        layout.add("empty", shape: [0])
        layout.add("soft/weight", shape: [5, 7])
        layout.add("soft/bias", shape: [1])
    }

    func stiffness(_ i: Int) -> Float { i < 37 ? 1 + Float(i % 5) : 0.01 }
    func target(_ i: Int) -> Float { Float(i % 11) * 0.3 - 1.5 }

    mutating func evaluate(
        step: Int, shard: Int, parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>,
        metrics: UnsafeMutablePointer<Double>, ready: (Range<Int>) -> Void
    ) throws {
        var loss = 0.0
        var distance = 0.0
        let sabotaged = try sabotage(step, shard)
        var end = layout.count
        // Backwards, in parts that respect neither tensors nor buckets.
        while end > 0 {
            let start = max(0, end - 10)
            for i in start..<end {
                let h = stiffness(i) * growth(step)
                let eta = noise.normalLane(epoch: UInt64(step), firstIndex: UInt64(shard * laneWidth), draw: UInt32(i))
                let off = parameters[i] - target(i) - eta * 0.1
                gradient[i] = h * off.sum() / Float(laneWidth)
                loss += Double(h * (off * off).sum()) / Double(2 * laneWidth)
                distance += Double(abs(parameters[i] - target(i)))
            }
            ready(start..<end)
            end = start
        }
        metrics[0] = sabotaged.map(Double.init) ?? loss
        metrics[1] = distance
    }
}

/// Least squares of a network 2 - 12 - 1 with tanh on sin(2 x) cos(y): samples in the lanes.
struct SmallRegression: ShardedObjective {
    static let hidden = 12
    var layout = ParameterLayout()
    let metricNames = ["loss"]
    private let samples = RandomStream(seed: 8, purpose: .test)
    private let inner: Range<Int>
    private let innerBias: Range<Int>
    private let outer: Range<Int>
    private let outerBias: Range<Int>
    private var activations = [Lane](repeating: .zero, count: Self.hidden)

    init() {
        inner = layout.add("inner/weight", shape: [Self.hidden, 2])
        innerBias = layout.add("inner/bias", shape: [Self.hidden])
        outer = layout.add("outer/weight", shape: [Self.hidden])
        outerBias = layout.add("outer/bias", shape: [1])
    }

    var start: [Float] {
        let stream = RandomStream(seed: 9, purpose: .initialization)
        return (0..<layout.count).map { Float(stream.normal(epoch: 0, index: UInt64($0), draw: 0)) * 0.5 }
    }

    mutating func evaluate(
        step: Int, shard: Int, parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>,
        metrics: UnsafeMutablePointer<Double>, ready: (Range<Int>) -> Void
    ) throws {
        let first = UInt64(shard * laneWidth)
        let x = samples.normalLane(epoch: UInt64(step), firstIndex: first, draw: 0)
        let y = samples.normalLane(epoch: UInt64(step), firstIndex: first, draw: 1)
        let wanted = LaneMath.sin(x * 2) * LaneMath.cos(y)
        var output = Lane(repeating: parameters[outerBias.lowerBound])
        for k in 0..<Self.hidden {
            let weight = parameters + inner.lowerBound + 2 * k
            activations[k] = LaneMath.tanh(x * weight[0] + y * weight[1] + parameters[innerBias.lowerBound + k])
            output += activations[k] * parameters[outer.lowerBound + k]
        }
        let error = output - wanted
        let slope = error * (2 / Float(laneWidth))
        gradient[outerBias.lowerBound] = slope.sum()
        for k in 0..<Self.hidden { gradient[outer.lowerBound + k] = (slope * activations[k]).sum() }
        ready(outer.lowerBound..<layout.count)
        for k in 0..<Self.hidden {
            let back = slope * parameters[outer.lowerBound + k] * (1 - activations[k] * activations[k])
            gradient[inner.lowerBound + 2 * k] = (back * x).sum()
            gradient[inner.lowerBound + 2 * k + 1] = (back * y).sum()
            gradient[innerBias.lowerBound + k] = back.sum()
        }
        ready(0..<outer.lowerBound)
        metrics[0] = Double((error * error).sum()) / Double(laneWidth)
    }
}
