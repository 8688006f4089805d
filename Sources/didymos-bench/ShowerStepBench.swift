import MessagePassing
import Numerics
import ShowerNetworks

/// 3DGAN on one core, one shard of 16 showers: generation, the passes of a training step, and a whole step. benchmarks/shower-network.
enum ShowerStepBenchmark {
    static func run(_ arguments: [String]) throws {
        let repeats = arguments.first.flatMap { Int($0) } ?? 3
        let architecture = ShowerArchitecture.keras
        let engine = try AdversarialEngine(architecture, shardsPerBatch: 1, seed: 1, communicator: MessagePassing.start())
        let g = engine.generator.initialParameters(seed: 1), d = engine.discriminator.initialParameters(seed: 2)
        let stream = RandomStream(seed: 1, purpose: .prior)
        for i in 0..<architecture.latentCount { engine.latent(0)[i] = stream.normalLane(epoch: 0, firstIndex: 0, draw: UInt32(i)) }
        engine.latent(0)[0] = Lane(repeating: 0.5)
        engine.latent(0)[1] = Lane(repeating: 1.5)
        let ones = [Double](repeating: 1, count: laneWidth)
        let targets = [ShowerTargets(labels: ones, energies: ones, angles: ones, deposits: ones)]
        func generate() {
            let image = engine.generator.infer(engine.latent(0), parameters: g)
            engine.image(0).update(from: image, count: architecture.imageSites)
        }
        let cost = ShowerCost(architecture)
        func report(_ name: String, _ multiplyAdds: Double, _ body: () throws -> Void) throws {
            try body()
            var times: [Double] = [], peaks: [Double] = []
            for _ in 0..<repeats {
                peaks.append(PeakBenchmark.gigaflops())
                let start = Stopwatch.seconds()
                try body()
                times.append((Stopwatch.seconds() - start) / Double(laneWidth))
            }
            let time = Stopwatch.median(times), rate = 2e-9 * multiplyAdds / time, peak = Stopwatch.median(peaks)
            print(
                "{\"program\": \"didymos\", \"pass\": \"\(name)\", \"milliseconds_per_shower\": \(1e3 * time), \"gflop_per_s\": \(rate), \"of_peak\": \(rate / peak)}"
            )
        }
        try report("generate", cost.generation) { generate() }
        try report("discriminator", cost.discriminator) { try engine.judge(targets, discriminator: d, dropoutEpoch: 1) }
        try report("generator", cost.generator) { try engine.imitate(targets, generator: g, discriminator: d, dropoutEpoch: 2) }
        try report("step", cost.step) {
            try engine.judge(targets, discriminator: d, dropoutEpoch: 1)
            generate()
            try engine.judge(targets, discriminator: d, dropoutEpoch: 2)
            try engine.imitate(targets, generator: g, discriminator: d, dropoutEpoch: 3)
            try engine.imitate(targets, generator: g, discriminator: d, dropoutEpoch: 4)
        }
    }
}
