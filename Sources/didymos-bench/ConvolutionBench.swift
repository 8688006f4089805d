import Glibc
import NetworkKernels
import Numerics

/// Every pass of the layers that the four sciences use, against the core's multiply-add peak measured in between.
enum ConvolutionBenchmark {
    struct Layer {
        let name: String
        let shape: ConvolutionShape
    }

    static func layers() throws -> [Layer] {
        func layer(
            _ name: String, _ inputs: Int, _ outputs: Int, _ extents: [Int], _ kernel: [Int], _ padding: Padding = .same, _ boundary: Boundary = .zero
        ) throws -> Layer {
            Layer(
                name: name,
                shape: try ConvolutionShape(
                    inputChannels: inputs, outputChannels: outputs, inputExtents: extents, kernelExtents: kernel, padding: padding, boundary: boundary))
        }
        let depthOnly = Padding.amounts(lower: [0, 0, 1], upper: [0, 0, 1])
        return [
            try layer("conv3d 16->8 5x6x6 on 51x51x25", 16, 8, [51, 51, 25], [5, 6, 6], depthOnly),
            try layer("conv3d 8->8 6x6x8 on 54x54x48", 8, 8, [54, 54, 48], [6, 6, 8], .valid),
            try layer("conv3d 1->16 5x6x6 on 51x51x25", 1, 16, [51, 51, 25], [5, 6, 6]),
            try layer("conv2d 64->64 3x3 on 64x64", 64, 64, [64, 64], [3, 3]),
            try layer("conv2d 16->16 3x3 on 16x16", 16, 16, [16, 16], [3, 3]),
            try layer("conv2d 16->2 3x3 on 16x16", 16, 2, [16, 16], [3, 3]),
            try layer("conv2d 1->8 3x3 periodic 8x8", 1, 8, [8, 8], [3, 3], .same, .periodic),
            try layer("conv2d 8->8 3x3 periodic 8x8", 8, 8, [8, 8], [3, 3], .same, .periodic),
            try layer("conv2d 8->2 3x3 periodic 8x8", 8, 2, [8, 8], [3, 3], .same, .periodic),
            try layer("conv2d 1->8 3x3 periodic 16x16", 1, 8, [16, 16], [3, 3], .same, .periodic),
            try layer("conv2d 8->8 3x3 periodic 16x16", 8, 8, [16, 16], [3, 3], .same, .periodic),
            try layer("conv2d 8->2 3x3 periodic 16x16", 8, 2, [16, 16], [3, 3], .same, .periodic),
        ]
    }

    struct Result {
        let layer: Layer
        let pass: String
        /// Medians over the repeats, GF/s counted as 2 per weight and output site, and the peak measured around each.
        let gigaflops: Double
        let peak: Double
        /// The fastest repeat, when nothing else used the caches.
        let best: Double
        var fraction: Double { gigaflops / peak }
    }

    static func run(_ arguments: [String]) throws {
        var file: String?
        var seconds = 0.5
        var names: [String] = []
        var index = 0
        while index < arguments.count {
            let value = index + 1 < arguments.count ? arguments[index + 1] : ""
            switch arguments[index] {
            case "--json":
                file = value
                index += 1
            case "--seconds":
                guard let number = Double(value), number > 0 else { throw BenchmarkError(description: "--seconds: a positive number wanted, found '\(value)'") }
                seconds = number
                index += 1
            default: names.append(arguments[index])
            }
            index += 1
        }
        var results: [Result] = []
        print("\(Stopwatch.processor), one core, f32, batch \(laneWidth)")
        print(pad("layer", 34) + pad("pass", 17) + pad("GF/s", 9) + pad("peak", 9) + pad("% of peak", 11) + "best")
        for layer in try layers() where names.isEmpty || names.contains(where: { layer.name.contains($0) }) {
            for result in measure(layer, seconds: seconds) {
                print(
                    pad(layer.name, 34) + pad(result.pass, 17) + pad(decimal(result.gigaflops), 9) + pad(decimal(result.peak), 9)
                        + pad(decimal(100 * result.fraction), 11) + decimal(100 * result.best / result.peak))
                results.append(result)
            }
        }
        if let file { try write(results, to: file) }
    }

    private static func measure(_ layer: Layer, seconds: Double) -> [Result] {
        let shape = layer.shape
        let convolution = Convolution(shape)
        // One block, as the plan of a network has.
        let inputs = shape.inputChannels * shape.inputSites, outputs = shape.outputChannels * shape.outputSites
        let arena = LaneMemory.allocate(lanes: max(1 << 15, 2 * inputs + outputs + convolution.scratchLanes))
        for i in 0..<2 * inputs + outputs { arena[i] = Lane(repeating: 0.001 * Float(i % 100)) }
        let input = arena, output = input + inputs, inputGradient = output + outputs, scratch = inputGradient + inputs
        let weights = UnsafeMutablePointer<Float>.allocate(capacity: shape.weightCount)
        let weightGradient = UnsafeMutablePointer<Float>.allocate(capacity: shape.weightCount)
        let bias = UnsafeMutablePointer<Float>.allocate(capacity: shape.outputChannels)
        defer {
            arena.deallocate()
            [weights, weightGradient, bias].forEach { $0.deallocate() }
        }
        for w in 0..<shape.weightCount { weights[w] = 0.01 * Float(w % 7) }
        bias.update(repeating: 0.1, count: shape.outputChannels)
        let operations = 2 * Double(shape.multiplyAddsPerSample) * Double(laneWidth)
        let passes: [(String, () -> Void)] = [
            ("forward", { convolution.forward(input: input, weights: weights, bias: bias, output: output, scratch: scratch) }),
            ("data gradient", { convolution.dataGradient(outputGradient: output, weights: weights, inputGradient: inputGradient, scratch: scratch) }),
            (
                "weight gradient",
                {
                    convolution.weightGradient(
                        input: input, outputGradient: output, weightGradient: weightGradient, biasGradient: nil, scratch: scratch)
                }
            ),
        ]
        return passes.map { name, body in
            let once = Stopwatch.time(calls: 1, body)
            let calls = max(1, Int(0.02 / once))
            var rates: [Double] = [], peaks: [Double] = []
            let start = Stopwatch.seconds()
            repeat {
                peaks.append(PeakBenchmark.gigaflops())
                rates.append(operations / Stopwatch.time(calls: calls, body) * 1e-9)
                peaks.append(PeakBenchmark.gigaflops())
            } while rates.count < 5 || Stopwatch.seconds() - start < seconds
            return Result(layer: layer, pass: name, gigaflops: Stopwatch.median(rates), peak: Stopwatch.median(peaks), best: rates.max() ?? 0)
        }
    }

    private static func write(_ results: [Result], to path: String) throws {
        var rows: [String] = []
        for result in results {
            let shape = result.layer.shape
            rows.append(
                """
                {"layer": "\(result.layer.name)", "pass": "\(result.pass)", "gigaflops": \(result.gigaflops), "peak": \(result.peak), \
                "inputChannels": \(shape.inputChannels), "outputChannels": \(shape.outputChannels), "inputExtents": \(shape.inputExtents), \
                "kernelExtents": \(shape.kernelExtents), "lowerPadding": \(shape.lowerPadding), "upperPadding": \(shape.upperPadding), \
                "boundary": "\(shape.boundary.rawValue)", "operations": \(2 * shape.multiplyAddsPerSample * laneWidth)}
                """)
        }
        let text = "{\"processor\": \"\(Stopwatch.processor)\", \"rows\": [\n\(rows.joined(separator: ",\n"))\n]}\n"
        guard let file = fopen(path, "w"), fputs(text, file) >= 0, fclose(file) == 0 else {
            throw BenchmarkError(description: "cannot write \(path): \(String(cString: strerror(errno)))")
        }
    }

    private static func pad(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(1, width - text.count)) }
    private static func decimal(_ x: Double) -> String {
        let tenths = Int((10 * x).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
