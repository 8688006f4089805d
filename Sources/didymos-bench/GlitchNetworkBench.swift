import GlitchNetworks
import NetworkKernels
import Numerics

/// The networks of glitchgen on one core, sixteen images at a time: benchmarks/glitch-network.
enum GlitchNetworkBenchmark {
    static func run(_ arguments: [String]) throws {
        if arguments.contains("layers") { return try layers() }
        let isProfile = arguments.contains("profile")
        let base = arguments.compactMap { Int($0) }.first ?? 64
        print("\(Stopwatch.processor), one core, float32, 16 images of 8 x 64 x 64, seconds of the thread's processor time, median of 5\n")
        print("| network | parameters | GFLOP / step, written out | step, s | GFLOP/s, written out | inference, s |")
        print("|---|---|---|---|---|---|")
        for kind in GlitchNetworkKind.allCases { try row(GlitchArchitecture(kind: kind, base: base), isProfile: isProfile) }
    }

    private static func fill(_ lanes: UnsafeMutableBufferPointer<Lane>, epoch: UInt64) {
        let stream = RandomStream(seed: 1, purpose: .test)
        for i in lanes.indices {
            let lane = stream.normalLane(epoch: epoch, firstIndex: UInt64(16 * i), draw: 0)
            lanes[i] = lane * lane
        }
    }

    private static func row(_ architecture: GlitchArchitecture, isProfile: Bool) throws {
        let learner = try GlitchLearner(architecture, loss: GlitchLoss())
        let parameters = learner.initialParameters(seed: 1)
        fill(learner.images, epoch: 0)
        fill(learner.target, epoch: 1)
        if isProfile { return profile(learner, parameters) }
        var gradient = [Float](repeating: 0, count: parameters.count)
        func median(_ body: () -> Void) -> Double {
            body()
            return Stopwatch.median((0..<5).map { _ in Stopwatch.time(calls: 1, body) })
        }
        let step = median { _ = learner.descend(parameters: parameters, gradient: &gradient) }
        let model = GlitchModel(
            strain: "S", channels: (0..<architecture.inputs).map { "W\($0)" }, image: QImageSettings(), architecture: architecture,
            scaling: ImageScaling(.energy, scales: [Double](repeating: 1, count: architecture.inputs + 1)), parameters: parameters,
            means: learner.normalisedWidths.map { [Float](repeating: 0, count: $0) }, variances: learner.normalisedWidths.map { [Float](repeating: 1, count: $0) })
        let generator = try GlitchGenerator(model)
        let inference = median { generator.runNetwork() }
        let work = Double(learner.report.operations) * 1e-9
        print(
            "| \(architecture.kind.rawValue), base \(architecture.base) | \(parameters.count) | \(digits(work)) | \(digits(step)) | \(digits(work / step)) | \(digits(inference)) |")
    }

    private static func profile(_ learner: GlitchLearner, _ parameters: [Float]) {
        let seconds = learner.measure(parameters: parameters, runs: 2)
        var sums: [String: (seconds: Double, operations: Double, count: Int)] = [:]
        for (step, time) in zip(learner.report.steps, seconds) {
            let old = sums[step.kind] ?? (0, 0, 0)
            sums[step.kind] = (old.seconds + time, old.operations + Double(step.operations), old.count + 1)
        }
        for (kind, sum) in sums.sorted(by: { $0.value.seconds > $1.value.seconds }) {
            print("\(kind): \(sum.count) steps, \(digits(1e3 * sum.seconds)) ms, \(digits(1e-9 * sum.operations / sum.seconds)) GFLOP/s")
        }
        for (step, time) in zip(learner.report.steps, seconds).sorted(by: { $0.1 > $1.1 }).prefix(40) {
            print("  \(digits(1e3 * time)) ms, \(digits(1e-9 * Double(step.operations) / time)) GFLOP/s: \(step.kind) \(step.shape) \(step.name)")
        }
        print("sum \(digits(seconds.reduce(0, +))) s, arena \(learner.report.arenaBytes >> 20) MiB, scratch \(learner.report.scratchBytes >> 20) MiB")
    }

    /// The three passes of single layers, written out and filtered minimally.
    private static func layers() throws {
        print("| layer | pass | written out, ms | GFLOP/s | filtered, ms | GFLOP/s, written out |")
        print("|---|---|---|---|---|---|")
        for (inputs, outputs, extent) in [(64, 64, 64), (128, 128, 32), (256, 256, 16), (512, 512, 8), (128, 64, 64)] {
            let shape = try ConvolutionShape(inputChannels: inputs, outputChannels: outputs, inputExtents: [extent, extent], kernelExtents: [3, 3])
            let kernels = [Convolution(shape), Convolution(shape, filtersMinimally: true)]
            let scratch = LaneMemory.allocate(lanes: kernels.map(\.scratchLanes).max() ?? 1)
            let x = LaneMemory.allocate(lanes: inputs * shape.inputSites), y = LaneMemory.allocate(lanes: outputs * shape.outputSites)
            x.initialize(repeating: Lane(repeating: 0.5), count: inputs * shape.inputSites)
            y.initialize(repeating: Lane(repeating: 0.5), count: outputs * shape.outputSites)
            var weights = [Float](repeating: 0.01, count: shape.weightCount)
            let work = 32e-9 * Double(shape.multiplyAddsPerSample)
            func time(_ body: () -> Void) -> Double {
                body()
                return Stopwatch.median((0..<5).map { _ in Stopwatch.time(calls: 1, body) })
            }
            let rows: [(String, (Convolution) -> Void)] = [
                ("forward", { $0.forward(input: x, weights: weights, bias: nil, output: y, scratch: scratch) }),
                ("data gradient", { $0.dataGradient(outputGradient: y, weights: weights, inputGradient: x, scratch: scratch) }),
                ("weight gradient", { $0.weightGradient(input: x, outputGradient: y, weightGradient: &weights, biasGradient: nil, scratch: scratch) }),
            ]
            for (name, pass) in rows {
                let times = kernels.map { kernel in time { pass(kernel) } }
                weights = [Float](repeating: 0.01, count: shape.weightCount)
                print(
                    "| \(inputs)->\(outputs), \(extent) x \(extent) | \(name) | \(digits(1e3 * times[0])) | \(digits(work / times[0])) | \(digits(1e3 * times[1])) | \(digits(work / times[1])) |")
            }
            for memory in [scratch, x, y] { memory.deallocate() }
        }
    }

    private static func digits(_ value: Double) -> String {
        let scale = value >= 100 ? 1.0 : value >= 10 ? 10.0 : 1000.0
        let rounded = (value * scale).rounded() / scale
        return scale == 1 ? "\(Int(rounded))" : "\(rounded)"
    }
}
