import Flows
import Glibc
import Numerics
import Training

/// One reverse-KL training step of the normflow `scalar_affine` model on one core: benchmarks/coupling-step.
enum CouplingStepBenchmark {
    static func run(_ arguments: [String]) throws {
        let extent = arguments.first.flatMap { Int($0) } ?? 16
        let batch = 128
        let engine = CouplingFlowEngine(try CouplingFlow(CouplingFlowSettings(extents: [extent, extent])))
        var parameters = engine.initialParameters(seed: 1)
        let count = parameters.count
        let lanes = (count + laneWidth - 1) / laneWidth
        var gradient = [Float](repeating: 0, count: count)
        let padded = UnsafeMutablePointer<Lane>.allocate(capacity: 4 * lanes)
        padded.initialize(repeating: .zero, count: 4 * lanes)
        defer { padded.deallocate() }
        let field = LaneBuffer(extent * extent)
        let stream = RandomStream(seed: 1, purpose: .prior)
        let action = LaneActionParameters(b: 0.634, c: 0, d: 0.5)
        let optimizer = Adam.withDecoupledDecay()
        let values = UnsafeMutableRawPointer(padded).assumingMemoryBound(to: Float.self)
        let sums = values + lanes * laneWidth
        for i in 0..<count { values[i] = parameters[i] }
        for pathGradient in [false, true] {
            var times: [Double] = []
            var loss = 0.0
            for step in 0..<40 {
                let start = now()
                for i in 0..<lanes * laneWidth { sums[i] = 0 }
                loss = 0
                for shard in 0..<batch / laneWidth {
                    LaneNoise.fill(
                        field.lanes, siteCount: field.count, stream: stream, epoch: UInt64(step), firstSample: UInt64(shard * laneWidth))
                    let (q, s) = engine.reverseKullbackLeibler(
                        field.lanes, parameters: values, action: action, pathGradient: pathGradient, gradient: &gradient)
                    loss += (q + s).sum() / Double(batch)
                    for i in 0..<count { sums[i] += gradient[i] * Float(laneWidth) / Float(batch) }
                }
                optimizer.update(
                    parameters: padded, gradient: padded + lanes, moments: padded + 2 * lanes, lanes: lanes, step: step + 1,
                    learningRate: 1e-3, gradientFactor: 1)
                if step >= 5 { times.append(1e3 * (now() - start)) }
            }
            times.sort()
            let work = engine.cost.trainingOperations * Double(batch)
            let median = times[times.count / 2]
            print(
                "{\"program\": \"didymos\", \"extent\": \(extent), \"batch\": \(batch), \"precision\": \"float32\", \"path_gradient\": \(pathGradient), \"parameters\": \(count), \"step_ms_median\": \(median), \"step_ms_min\": \(times[0]), \"gflop_per_s\": \(work / median / 1e6), \"loss\": \(loss)}"
            )
        }
        parameters.removeAll()
    }

    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
    }
}
