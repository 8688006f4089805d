import FlowKernels
import Flows
import LatticeFields
import Numerics
import Testing
import Training

@Suite("Training the continuous flow")
struct ContinuousFlowTrainingTests {
    /// Serial training by Adam: what the data-parallel trainer does on one rank, without MPI.
    private func train(
        _ engine: ContinuousFlowEngine, action: ScalarAction, steps: Int, shards: Int, rate: Double
    ) throws -> (parameters: [Float], losses: [Double], deviations: [Double]) {
        var objective = ReverseKullbackLeibler(
            flow: engine, action: LaneActionParameters(b: action.b, c: action.c, d: action.d), seed: 1, pathGradient: true)
        let count = engine.layout.count
        let lanes = (count + laneWidth - 1) / laneWidth
        var parameters = [Lane](repeating: .zero, count: lanes)
        var moments = [Lane](repeating: .zero, count: 2 * lanes)
        for (i, value) in engine.initialParameters(seed: 1).enumerated() { parameters[i / laneWidth][i % laneWidth] = value }
        let optimizer = Adam(firstDecay: 0.8, secondDecay: 0.9)
        let schedule = LearningRateSchedule.cosine(from: rate, to: rate / 100, steps: steps)
        var losses: [Double] = []
        var deviations: [Double] = []
        var metrics = [0.0, 0.0, 0.0]
        func flat() -> [Float] { (0..<count).map { parameters[$0 / laneWidth][$0 % laneWidth] } }
        for step in 0..<steps {
            var sum = [Lane](repeating: .zero, count: lanes)
            var loss = 0.0
            var square = 0.0
            for shard in 0..<shards {
                var gradient = [Float](repeating: 0, count: count)
                try objective.evaluate(step: step, shard: shard, parameters: flat(), gradient: &gradient, metrics: &metrics) { _ in }
                for (i, value) in gradient.enumerated() { sum[i / laneWidth][i % laneWidth] += value / Float(shards) }
                loss += metrics[0] / Double(shards)
                square += metrics[1] / Double(shards)
            }
            optimizer.update(
                parameters: &parameters, gradient: sum, moments: &moments, lanes: lanes, step: step + 1,
                learningRate: schedule.rate(step: step), gradientFactor: 1)
            losses.append(loss)
            deviations.append(max(square - loss * loss, 0).squareRoot())
        }
        return (flat(), losses, deviations)
    }

    private func logWeights(_ engine: ContinuousFlowEngine, _ parameters: [Float], action: ScalarAction, shards: Int) -> [Double] {
        let sites = engine.extents.reduce(1, *)
        let table = NeighbourTable(extents: engine.extents)
        let stream = RandomStream(seed: 9, purpose: .proposal)
        return (0..<shards).flatMap { shard -> [Double] in
            var field = [Lane](repeating: .zero, count: sites)
            var unused = field
            LaneNoise.fill(&field, siteCount: sites, stream: stream, epoch: 0, firstSample: UInt64(shard * laneWidth))
            let logDensity = engine.sample(&field, parameters: parameters)
            let energy = LaneAction.addGradient(
                field, table: table, b: Float(action.b), c: Float(action.c), d: Float(action.d), scale: 1, gradient: &unused)
            return (0..<laneWidth).map { -logDensity[$0] - energy[$0] }
        }
    }

    /// Exact values by transfer matrix; false alarms below 1e-6 (five standard errors), with fixed seeds.
    @Test(
        "trained on an exactly solved lattice, the loss stays above -log Z and the weights give log Z",
        arguments: [([2, 2], 6.975, 1.1731847108), ([2, 8], 6.975, 3.8162178145)])
    func exactPartition(extents: [Int], coupling: Double, logPartition: Double) throws {
        let action = try ScalarAction(b: 2, c: 0, d: coupling, dimension: 2)
        let engine = ContinuousFlowEngine(try ContinuousFlow(extents: extents, action: action, harmonics: 4, timeTerms: 4, steps: 6))
        let shards = 4
        let (parameters, losses, deviations) = try train(engine, action: action, steps: 150, shards: shards, rate: 0.01)
        for (loss, deviation) in zip(losses, deviations) {
            #expect(loss > -logPartition - 5 * deviation / Double(laneWidth * shards).squareRoot() - 2e-3)
        }
        // Weighed at twice the steps of training: the optimizer cannot have learnt that error.
        let refined = try #require(engine.refined)
        let weights = try ImportanceWeights(logWeights: logWeights(refined, parameters, action: action, shards: 256))
        #expect(abs(weights.logPartition - logPartition) < 5 * weights.logPartitionError + 2e-4)
        #expect(weights.loss > -logPartition - 5 * weights.lossError)
        #expect(weights.acceptanceRate > 0.93)
    }

    @Test("one and a half seconds of training reach 0.9 acceptance at L = 8 on the constant-physics line")
    func acceptance() throws {
        let action = try ScalarAction(b: 2, c: 0, d: 6.008, dimension: 2)
        let engine = ContinuousFlowEngine(try ContinuousFlow(extents: [8, 8], action: action, steps: 7))
        let (parameters, _, _) = try train(engine, action: action, steps: 200, shards: 8, rate: 0.01)
        // Weighed at twice the steps of training: the optimizer cannot have learnt that error.
        let refined = try #require(engine.refined)
        let weights = try ImportanceWeights(logWeights: logWeights(refined, parameters, action: action, shards: 256))
        #expect(weights.acceptanceRate > 0.90)
        #expect(abs(weights.logPartition - 15.991) < 0.025, "55.771(8) in normflow's units at kappa 0.57696")
    }

    @Test("a shard's gradient has the same bits whatever was evaluated before it")
    func sameBits() throws {
        let (flow, parameters) = try ContinuousFlowTests.disturbed(extents: [4, 8])
        func evaluate(_ order: [Int]) throws -> [Int: [UInt32]] {
            var objective = ReverseKullbackLeibler(
                flow: ContinuousFlowEngine(flow), action: LaneActionParameters(b: 2, c: 0, d: 6), seed: 4, pathGradient: true)
            var result: [Int: [UInt32]] = [:]
            for shard in order {
                var gradient = [Float](repeating: 0, count: flow.layout.count)
                var metrics = [0.0, 0.0, 0.0]
                try objective.evaluate(step: 5, shard: shard, parameters: parameters, gradient: &gradient, metrics: &metrics) { _ in }
                result[shard] = gradient.map(\.bitPattern)
            }
            return result
        }
        let forward = try evaluate([0, 1, 2, 3])
        let backward = try evaluate([3, 1, 2, 0])
        #expect(forward == backward)
        #expect(forward[0] != forward[1])
    }
}
