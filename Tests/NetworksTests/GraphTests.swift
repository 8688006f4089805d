import Networks
import Testing

@Suite struct GraphTests {
    /// Each error names the node, what was found, what was wanted.
    @Test func shapeErrorsNameTheNode() throws {
        let builder = GraphBuilder()
        let x = try builder.input("x", shape: [2, 4, 4])
        let y = try builder.input("y", shape: [3, 4, 4])
        let w = try builder.parameter("w", shape: [5, 3, 3, 3], initializer: .zeros)
        func message(_ body: () throws -> Tensor) -> String {
            do {
                _ = try builder.scope("block2") { try body() }
                return "no error"
            } catch { return "\(error)" }
        }
        #expect(message { try x + y } == """
            network node 'block2/add#3': found [2, 4, 4] per sample, [3, 4, 4] per sample, wanted equal shapes, or one channel, or one site; \
            reshape or broadcast one of them first
            """)
        #expect(message { try x.convolved(w, boundary: .periodic) } == """
            network node 'block2/convolution#3': found [2, 4, 4] per sample, [5, 3, 3, 3], wanted weights for 2 input channels
            """)
        #expect(message { try y.convolved(w, boundary: .periodic, stride: [3, 3]) }.contains("a multiple of the stride"))
        #expect(message { try x.reshaped([31]) }.contains("as many elements as [31]"))
        #expect(message { try x.channels(1..<3) }.contains("channels 1..<3 to exist"))
        #expect(message { try x.averagePooled([3, 2]) }.contains("multiples of [3, 2]"))
        #expect(message { try x.gathered(.table(sites: [16], extents: [1])) }.contains("fit the site map"))
        #expect(message { try x.split(3)[0] }.contains("a multiple of 3"))
        #expect(message { try builder.dropout(x, rate: 1, draw: 0) }.contains("rate 1.0"))
        #expect(message { try builder.uniform(shape: [1], draw: 64) }.contains("a draw below 64"))
        #expect(message { try builder.input("x", shape: [1]) }.contains("a second input of this name"))
        #expect(message { try builder.input("z", shape: [1, 0]) }.contains("all positive"))
        #expect(message { try w.sum(over: .lanes) }.contains("a value per sample"))
        #expect(message { try concatenate([]) }.contains("at least one"))
        #expect(message { try GraphBuilder().input("a", shape: [2, 4, 4]) * x }.contains("another graph"))
    }

    @Test func onlyOneNumberCanBeDifferentiated() throws {
        let builder = GraphBuilder()
        let x = try builder.input("x", shape: [2])
        #expect(throws: NetworkError.self) { try builder.differentiate(x) }
        #expect(throws: NetworkError.self) { try builder.differentiate(x.sumPerSample()) }
    }

    @Test func unknownNamesAreRefused() throws {
        let builder = GraphBuilder()
        try builder.output("y", try builder.input("x", shape: [2]) * 2)
        let plan = try Plan(builder.graph)
        #expect(throws: NetworkError.self) { try plan.input("z") }
        #expect(throws: NetworkError.self) { try plan.output("x") }
        #expect(throws: NetworkError.self) { try plan.unbatchedOutput("y") }
        #expect(throws: NetworkError.self) { try ReferenceInterpreter(builder.graph).evaluate() }
        #expect(throws: NetworkError.self) { try ReferenceInterpreter(builder.graph).evaluate(inputs: ["x": [1]]) }
    }

    @Test func equalNodesAreMadeOnce() throws {
        let builder = GraphBuilder()
        let x = try builder.input("x", shape: [2])
        #expect(try tanh(x).node == tanh(x).node)
        #expect(try (x * 2).node != (x * 3).node)
    }

    /// Parameters appear in the layout in order of creation, without gaps.
    @Test func layoutIsFlat() throws {
        let builder = GraphBuilder()
        let x = try builder.input("x", shape: [2, 4, 4])
        _ = try builder.scope("net") { try builder.convolution("first", x, outputs: 3, kernel: [3, 3], boundary: .periodic) }
        let tensors = builder.graph.layout.tensors
        #expect(tensors.map(\.name) == ["net/first/weights", "net/first/bias"])
        #expect(tensors.map(\.shape) == [[3, 2, 3, 3], [3, 1, 1]])
        #expect(tensors.map(\.range) == [0..<54, 54..<57])
    }
}

@Suite struct GraphJSONTests {
    @Test(arguments: allCases)
    func roundTrip(_ operation: OperationCase) throws {
        let graph = try operation.graph()
        let copy = try Graph(json: graph.json)
        #expect(copy.nodes == graph.nodes)
        #expect(copy.constants == graph.constants)
        #expect(copy.layout == graph.layout)
        #expect(copy.initializers == graph.initializers)
        #expect(copy.outputs == graph.outputs)
        #expect(copy.parameterGradients == graph.parameterGradients)
        #expect(copy.json == graph.json)
    }

    @Test func numbersSurviveBitForBit() throws {
        let builder = GraphBuilder()
        let values: [Float] = [0.1, .pi, -.leastNonzeroMagnitude, 3.4e38, .infinity, -0.0]
        try builder.output("c", builder.constant(values, shape: [6]) * builder.input("x", shape: [1]))
        let copy = try Graph(json: builder.graph.json)
        #expect(copy.constants[0].map(\.bitPattern) == values.map(\.bitPattern))
    }

    /// What was damaged or made by hand is refused with the place.
    @Test func badTextIsRefused() throws {
        let text = try #require(allCases.first { $0.name == "two convolutions" }).graph().json
        func message(_ from: String, _ to: String) -> String { readingError(text, replacing: from, with: to) }
        #expect(message("\"version\": 1", "\"version\": 2").contains("version 2"))
        #expect(message("\"kernel\": [3, 3]", "\"kernel\": [3, 2]").contains("convolution"))
        #expect(message("\"type\": \"tanh\"", "\"type\": \"tahn\"").contains("'tahn'"))
        #expect(message("\"inputs\": [0, 2]", "\"inputs\": [0, 99]").contains("input node 99"))
        #expect(message("\"boundary\": \"periodic\"", "\"boundary\": \"open\"").contains("'open'"))
        #expect(message("\"shape\": [4, 4, 4]", "\"shape\": [4, 4, 5]").contains("[4, 4, 5]"))
        #expect(message("\"constants\"", "constants").contains("JSON line 1"))
        #expect(throws: NetworkError.self) { try Graph(json: String(text.dropLast(10))) }
        #expect(throws: NetworkError.self) { try Graph(json: String(repeating: "[", count: 100_000)) }
    }
}

extension String {
    fileprivate func replacingCharacters(in range: Range<String.Index>, with other: String) -> String {
        var copy = self
        copy.replaceSubrange(range, with: other)
        return copy
    }
}

/// What reading an architecture says when the first `from` in its text has become `to`.
func readingError(_ text: String, replacing from: String, with to: String) -> String {
    guard let range = text.firstRange(of: from) else { return "'\(from)' is not in the text" }
    do {
        _ = try Graph(json: text.replacingCharacters(in: range, with: to))
        return "no error"
    } catch { return "\(error)" }
}
