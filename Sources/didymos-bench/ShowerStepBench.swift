import Glibc
import MessagePassing
import Numerics
import ShowerNetworks
import Training

/// 3DGAN on one core, one shard of 16 showers: benchmarks/shower-network.
///
/// Reads names of passes from standard input and does each once: `generate`, `discriminator` (losses, gradients and update), `generator` (the same
/// against the frozen discriminator), `step` (discriminator on given and on generated showers, generator twice).
enum ShowerStepBenchmark {
    static func run() throws {
        let model = try Model()
        let cost = ShowerCost(.keras)
        while let name = readLine() {
            let multiplyAdds: Double, body: () throws -> Void
            switch name {
            case "generate": (multiplyAdds, body) = (cost.generation, { model.generate() })
            case "discriminator": (multiplyAdds, body) = (cost.discriminator, { try model.judge() })
            case "generator": (multiplyAdds, body) = (cost.generator, { try model.imitate() })
            case "step": (multiplyAdds, body) = (cost.step, { try model.step() })
            default: throw BenchmarkError(description: "pass '\(name)': generate, discriminator, generator or step wanted")
            }
            let peak = Stopwatch.median((0..<9).map { _ in PeakBenchmark.gigaflops() })
            let start = Stopwatch.seconds()
            try body()
            let time = (Stopwatch.seconds() - start) / Double(laneWidth)
            print(
                "{\"pass\": \"\(name)\", \"milliseconds_per_shower\": \(1e3 * time), \"gflop_per_s\": \(2e-9 * multiplyAdds / time), \"peak_gflop_per_s\": \(peak)}"
            )
            fflush(nil)
        }
    }

    /// Both networks, their optimizers, and one batch.
    private final class Model {
        private let engine: AdversarialEngine
        private let generator: Trained
        private let discriminator: Trained
        private let targets: [ShowerTargets]
        private var epoch: UInt64 = 0

        init() throws {
            let architecture = ShowerArchitecture.keras
            engine = try AdversarialEngine(architecture, shardsPerBatch: 1, seed: 1, communicator: MessagePassing.start())
            generator = Trained(engine.generator.initialParameters(seed: 1))
            discriminator = Trained(engine.discriminator.initialParameters(seed: 2))
            let stream = RandomStream(seed: 1, purpose: .prior)
            for i in 0..<architecture.latentCount { engine.latent(0)[i] = stream.normalLane(epoch: 0, firstIndex: 0, draw: UInt32(i)) }
            engine.latent(0)[0] = Lane(repeating: 0.5)
            engine.latent(0)[1] = Lane(repeating: 1.5)
            for i in 0..<architecture.imageSites {
                let noise = stream.normalLane(epoch: 1, firstIndex: 0, draw: UInt32(i))
                engine.image(0)[i] = noise.replacing(with: Lane.zero, where: noise .< Lane.zero)
            }
            let ones = [Double](repeating: 1, count: laneWidth)
            targets = [ShowerTargets(labels: ones, energies: ones, angles: ones, deposits: ones)]
        }

        func generate() {
            let image = engine.generator.infer(engine.latent(0), parameters: generator.parameters)
            engine.image(0).update(from: image, count: ShowerArchitecture.keras.imageSites)
        }

        func judge() throws {
            epoch += 1
            try engine.judge(targets, discriminator: discriminator.parameters, dropoutEpoch: epoch)
            discriminator.update(engine.discriminatorGradient(0))
        }

        func imitate() throws {
            epoch += 1
            try engine.imitate(targets, generator: generator.parameters, discriminator: discriminator.parameters, dropoutEpoch: epoch)
            generator.update(engine.generatorGradient(0))
        }

        func step() throws {
            try judge()
            generate()
            try judge()
            try imitate()
            try imitate()
        }
    }

    /// Parameters, their gradient, and the optimizer's state, in whole lanes.
    private final class Trained {
        private let count: Int
        private let lanes: Int
        private let memory: UnsafeMutablePointer<Lane>
        private let optimizer = RMSprop(decay: 0.9, epsilon: 1e-7)
        private var steps = 0

        init(_ values: [Float]) {
            count = values.count
            lanes = (count + laneWidth - 1) / laneWidth
            memory = .allocate(capacity: (2 + optimizer.momentCount) * lanes)
            memory.initialize(repeating: .zero, count: (2 + optimizer.momentCount) * lanes)
            floats(memory).update(from: values, count: count)
        }

        deinit { memory.deallocate() }

        var parameters: UnsafePointer<Float> { UnsafePointer(floats(memory)) }

        func update(_ gradient: UnsafePointer<Float>) {
            steps += 1
            floats(memory + lanes).update(from: gradient, count: count)
            optimizer.update(
                parameters: memory, gradient: memory + lanes, moments: memory + 2 * lanes, lanes: lanes, step: steps, learningRate: 1e-3,
                gradientFactor: 1)
        }

        private func floats(_ lanes: UnsafeMutablePointer<Lane>) -> UnsafeMutablePointer<Float> {
            UnsafeMutableRawPointer(lanes).assumingMemoryBound(to: Float.self)
        }
    }
}
