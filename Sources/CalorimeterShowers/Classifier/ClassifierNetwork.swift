import Networks
import Numerics

/// A dense network that tells two kinds of showers apart: leaky rectifiers of slope 0.01, and one logit.
struct ClassifierNetwork {
    /// Features a shower.
    let inputs: Int
    let layout: ParameterLayout
    private let plan: Plan
    private let features: UnsafeMutableBufferPointer<Lane>
    private let labels: UnsafeMutableBufferPointer<Lane>
    private let loss: UnsafeBufferPointer<Float>
    private let logits: UnsafeBufferPointer<Lane>

    /// *Not collective.*
    init(inputs: Int, width: Int, layers: Int) throws {
        let builder = GraphBuilder()
        var x = try builder.input("features", shape: [inputs])
        for layer in 0..<layers { x = try leakyRelu(builder.dense("dense\(layer + 1)", x, outputs: width), slope: 0.01) }
        let logit = try builder.dense("logit", x, outputs: 1)
        let entropy = try binaryCrossEntropy(logits: logit, targets: builder.input("labels", shape: [1])).laneMean()
        try builder.output("logit", logit)
        try builder.output("loss", entropy)
        try builder.differentiate(entropy)
        plan = try Plan(builder.graph)
        self.inputs = inputs
        layout = builder.graph.layout
        features = try plan.input("features")
        labels = try plan.input("labels")
        loss = try plan.unbatchedOutput("loss")
        logits = try plan.output("logit")
    }

    /// Weights at the start of a training.
    func initialParameters(seed: UInt64) -> [Float] { plan.graph.initialParameters(seed: seed) }

    /// Puts sixteen showers into the lanes.
    private func load(_ rows: [Int], of table: ClassifierTable) {
        guard let lanes = features.baseAddress else { return }
        let numbers = UnsafeMutableRawPointer(lanes).assumingMemoryBound(to: Float.self)
        for (j, row) in rows.enumerated() {
            table.withRow(row) { values in
                for i in 0..<inputs { numbers[i * laneWidth + j] = values[i] }
            }
            labels[0][j] = table.isReference[row] ? 1 : 0
        }
    }

    /// Mean cross-entropy of sixteen showers and its gradient. *Not collective.*
    func descend(
        _ rows: [Int], of table: ClassifierTable, parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>,
        ready: (Range<Int>) -> Void
    ) -> Double {
        load(rows, of: table)
        plan.run(parameters: parameters, gradient: gradient, ready: ready)
        return Double(loss[0])
    }

    /// Logits of up to sixteen showers, positive where they look like the reference's. *Not collective.*
    func logits(_ rows: [Int], of table: ClassifierTable, parameters: UnsafePointer<Float>) -> [Double] {
        load(rows, of: table)
        plan.run(parameters: parameters)
        return rows.indices.map { Double(logits[0][$0]) }
    }
}
