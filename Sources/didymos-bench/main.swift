import Glibc

/// Benchmarks by name; each file of this target adds one.
let benchmarks: [(name: String, help: String, run: ([String]) throws -> Void)] = [
    ("lanes", "ns per element of lane functions, random numbers and exact sums", { _ in LanesBenchmark.run() }),
    ("peak", "multiply-adds per second of one core, nothing else", { _ in try PeakBenchmark.run() }),
    ("convolutions", "every pass of every layer of the list [--json FILE] [--seconds S] [LAYER…]", { try ConvolutionBenchmark.run($0) }),
    ("coupling-step", "a training step of normflow's scalar_affine model on one core [EXTENT]", { try CouplingStepBenchmark.run($0) }),
    ("shower-step", "3DGAN for 16 showers on one core: reads generate, discriminator, generator or step, and does it", { _ in try ShowerStepBenchmark.run() }),
    ("frames", "a frame file of 201 channels: written, read whole, read by channel [DIRECTORY [keep]]", { try FramesBenchmark.run($0) }),
    ("dedispersion", "sums along dispersed paths beside a STREAM triad [CHANNELS…]", { try DedispersionBenchmark.run($0) }),
    ("glitch-scan", "whitening and Q transform of 6 s at 4096 Hz, sixteen series at a time and one at a time", { _ in try GlitchScanBenchmark.run() }),
    ("glitch-network", "steps and inference of glitchgen's networks on one core [BASE] [profile | layers]", { try GlitchNetworkBenchmark.run($0) }),
    ("pulsar-twin", "labelled frames and a stream of the pulsar's twin on one core, all stages on, and parts of them [--frames N]", { try PulsarTwinBenchmark.run($0) }),
    ("pulsar-classifier", "frames of a pulsar's stream: prepared, and judged by each network [EXTENT…]", { try PulsarClassifierBenchmark.run($0) }),
    ("hmc", "site updates beside a STREAM triad [EXTENT…]", { try HybridMonteCarloBenchmark.run($0) }),
    ("gauge", "force, heat bath and over-relaxation of SU(3) beside the peak and a STREAM triad [EXTENT…]", { try GaugeBenchmark.run($0) }),
]

let arguments = Array(CommandLine.arguments.dropFirst())
guard let benchmark = benchmarks.first(where: { $0.name == arguments.first }) else {
    print("usage: didymos-bench BENCHMARK\n" + benchmarks.map { "  \($0.name): \($0.help)" }.joined(separator: "\n"))
    exit(64)
}
do {
    try benchmark.run(Array(arguments.dropFirst()))
} catch {
    print("didymos-bench \(benchmark.name): \(error)")
    exit(70)
}
