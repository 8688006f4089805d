import Networks
import Numerics
import Testing

/// Numbers in a range that depend on a seed and position alone.
func randomNumbers(_ count: Int, _ domain: ClosedRange<Double>, seed: UInt32) -> [Double] {
    (0..<count).map { index in
        let word = Philox.block(counter: SIMD4(UInt32(index), seed, 0, 0), key: SIMD2(1, 2))[0]
        // Rounded to Float so that plan and reference read the same numbers.
        return Double(Float(domain.lowerBound + (domain.upperBound - domain.lowerBound) * (Double(word) + 0.5) / 4_294_967_296))
    }
}

/// The inputs and parameters of a case.
struct CaseData {
    var inputs: [String: [Double]] = [:]
    var parameters: [Double]

    init(_ graph: Graph, domain: ClosedRange<Double>) {
        for (position, node) in graph.inputNodes.enumerated() {
            inputs[graph.nodes[node].name] = randomNumbers(graph.nodes[node].type.floats, domain, seed: UInt32(10 + position))
        }
        parameters = randomNumbers(graph.layout.count, -1...1, seed: 99)
    }
}

/// Runs a plan on the numbers of a case and returns outputs by name and the gradient.
func runPlan(_ graph: Graph, _ data: CaseData, noise: NoiseKey = NoiseKey()) throws -> (outputs: [String: [Double]], gradient: [Double], plan: Plan) {
    let plan = try Plan(graph)
    for node in graph.inputNodes {
        let name = graph.nodes[node].name
        let values = data.inputs[name] ?? []
        if graph.nodes[node].type.batched {
            let lanes = try plan.input(name)
            for element in lanes.indices { for lane in 0..<laneWidth { lanes[element][lane] = Float(values[element * laneWidth + lane]) } }
        } else {
            let floats = try plan.unbatchedInput(name)
            for element in floats.indices { floats[element] = Float(values[element]) }
        }
    }
    let parameters = data.parameters.map(Float.init)
    var gradient = [Float](repeating: .nan, count: parameters.count)
    if graph.parameterGradients.isEmpty {
        plan.run(parameters: parameters, noise: noise)
        gradient = []
    } else {
        gradient.withUnsafeMutableBufferPointer { plan.run(parameters: parameters, gradient: $0.baseAddress, noise: noise) }
    }
    var outputs: [String: [Double]] = [:]
    for output in graph.outputs {
        if graph.nodes[output.node].type.batched {
            outputs[output.name] = try plan.output(output.name).flatMap { lane in (0..<laneWidth).map { Double(lane[$0]) } }
        } else {
            outputs[output.name] = try plan.unbatchedOutput(output.name).map(Double.init)
        }
    }
    return (outputs, gradient.map(Double.init), plan)
}

/// Largest difference in units of the largest value.
func relativeDifference(_ a: [Double], _ b: [Double]) -> Double {
    guard a.count == b.count else { return .infinity }
    let scale = max(a.map(abs).max() ?? 0, b.map(abs).max() ?? 0, 1e-3)
    return (zip(a, b).map { $0.0 == $0.1 ? 0 : abs($0.0 - $0.1) }.max() ?? 0) / scale
}

@Suite struct OperationTests {
    /// Reverse mode against central differences of the loss, all in Double.
    @Test(arguments: allCases)
    func gradientEqualsCentralDifferences(_ operation: OperationCase) throws {
        let graph = try operation.graph()
        let interpreter = ReferenceInterpreter(graph)
        let data = CaseData(graph, domain: operation.domain)
        let values = try interpreter.evaluate(inputs: data.inputs, parameters: data.parameters)
        func loss(_ change: (inout CaseData) -> Void) throws -> Double {
            var changed = data
            change(&changed)
            return try interpreter.evaluate(inputs: changed.inputs, parameters: changed.parameters).output("loss")?[0] ?? .nan
        }
        let step = 1e-5
        func difference(_ change: (inout CaseData, Double) -> Void) throws -> Double {
            try (loss { change(&$0, step) } - loss { change(&$0, -step) }) / (2 * step)
        }
        let gradient = values.gradient
        let scale = max(gradient.map(abs).max() ?? 0, 0.1)
        for k in gradient.indices where k % max(1, gradient.count / 12) == 0 {
            let expected = try difference { $0.parameters[k] += $1 }
            #expect(abs(gradient[k] - expected) < 2e-7 * scale, "parameter \(k)")
        }
        for (input, name) in [("x", "dx"), ("y", "dy")] {
            let gradient = try #require(values.output(name))
            let scale = max(gradient.map(abs).max() ?? 0, 0.1)
            for k in gradient.indices where k % max(1, gradient.count / 12) == 0 {
                if operation.name == "gradient stopped" && input == "x" { continue }
                let expected = try difference { $0.inputs[input]?[k] += $1 }
                #expect(abs(gradient[k] - expected) < 2e-7 * scale, "\(input) \(k)")
            }
        }
    }

    /// The plan in Float against the plain interpreter in Double: outputs, input gradients and parameter gradients.
    @Test(arguments: allCases)
    func planEqualsReference(_ operation: OperationCase) throws {
        let graph = try operation.graph()
        let data = CaseData(graph, domain: operation.domain)
        let reference = try ReferenceInterpreter(graph).evaluate(inputs: data.inputs, parameters: data.parameters)
        let plan = try runPlan(graph, data)
        for output in graph.outputs {
            let expected = try #require(reference.output(output.name))
            // The loss is a sum of terms of both signs.
            let tolerance = output.name == "loss" ? 1e-4 : 2e-6
            #expect(relativeDifference(plan.outputs[output.name] ?? [], expected) < tolerance, "output \(output.name)")
        }
        if !graph.parameterGradients.isEmpty {
            #expect(relativeDifference(plan.gradient, reference.gradient) < 2e-6, "gradient")
        }
    }

    @Test func noGradientFlowsThroughAStop() throws {
        let graph = try #require(allCases.first { $0.name == "gradient stopped" }).graph()
        let data = CaseData(graph, domain: -1...1)
        let values = try ReferenceInterpreter(graph).evaluate(inputs: data.inputs, parameters: [])
        #expect(values.output("dx")?.allSatisfy { $0 == 0 } == true)
        #expect(values.output("dy")?.contains { $0 != 0 } == true)
    }
}
