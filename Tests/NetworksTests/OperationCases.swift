import Networks

/// A small graph around one operation: inputs `x`, `y` and parameters of the given shapes, and what to compute.
struct OperationCase: CustomTestStringConvertible, Sendable {
    let name: String
    var x = [2, 4, 4]
    var y: [Int]?
    var parameters: [[Int]] = []
    /// Range of the random inputs.
    var domain: ClosedRange<Double> = -1.5...1.5
    let body: @Sendable (GraphBuilder, _ x: Tensor, _ y: Tensor, _ w: [Tensor]) throws -> Tensor

    var testDescription: String { name }

    /// The graph of a loss that weighs every element and sample of the result differently, its gradient, and the gradient by x.
    func graph() throws -> Graph {
        let builder = GraphBuilder()
        let x = try builder.input("x", shape: self.x)
        let y = try builder.input("y", shape: self.y ?? self.x)
        let w = try parameters.enumerated().map { try builder.parameter("w\($0.offset)", shape: $0.element, initializer: .normal(deviation: 0.5)) }
        let result = try body(builder, x, y, w)
        try builder.output("result", result)
        let weight = try builder.input("weight", shape: result.shape, batched: result.type.batched)
        let weighted = try result * weight
        let loss = result.type.batched ? try weighted.sumPerSample().laneMean() : try weighted.sum(over: [.channels, .sites]).reshaped([1])
        try builder.output("loss", loss)
        if builder.graph.layout.count > 0 { try builder.differentiate(loss) }
        for (name, value) in zip(["dx", "dy"], try builder.gradient(of: loss, withRespectTo: [x, y])) { try builder.output(name, value) }
        return builder.graph
    }
}

import Testing

let elementwiseCases: [OperationCase] = [
    OperationCase(name: "add") { _, x, y, _ in try x + y },
    OperationCase(name: "subtract") { _, x, y, _ in try x - y },
    OperationCase(name: "multiply") { _, x, y, _ in try x * y },
    OperationCase(name: "divide", domain: 0.5...2) { _, x, y, _ in try x / y },
    OperationCase(name: "negate") { _, x, _, _ in try -x },
    OperationCase(name: "affine") { _, x, _, _ in try x * 2.5 + 0.5 },
    OperationCase(name: "square") { _, x, _, _ in try x.square() },
    OperationCase(name: "absolute") { _, x, _, _ in try x.absolute() },
    OperationCase(name: "sign") { _, x, y, _ in try x.sign() * y },
    OperationCase(name: "reciprocal", domain: 0.5...2) { _, x, _, _ in try x.reciprocal() },
    OperationCase(name: "squareRoot", domain: 0.5...2) { _, x, _, _ in try x.squareRoot() },
    OperationCase(name: "power", domain: 0.5...2) { _, x, _, _ in try x.power(1.7) },
    OperationCase(name: "exp") { _, x, _, _ in try exp(x) },
    OperationCase(name: "log", domain: 0.5...2) { _, x, _, _ in try log(x) },
    OperationCase(name: "tanh") { _, x, _, _ in try tanh(x) },
    OperationCase(name: "sigmoid") { _, x, _, _ in try sigmoid(x) },
    OperationCase(name: "softplus") { _, x, _, _ in try softplus(x) },
    OperationCase(name: "sin") { _, x, _, _ in try sin(x) },
    OperationCase(name: "cos") { _, x, _, _ in try cos(x) },
    OperationCase(name: "erf") { _, x, _, _ in try erf(x) },
    OperationCase(name: "relu") { _, x, _, _ in try relu(x) },
    OperationCase(name: "leakyRelu") { _, x, _, _ in try leakyRelu(x, slope: 0.3) },
    OperationCase(name: "maximum") { _, x, y, _ in try x.maximum(y) },
    OperationCase(name: "minimum") { _, x, y, _ in try x.minimum(y) },
    OperationCase(name: "greater") { _, x, y, _ in try x.greater(than: y) * x },
    OperationCase(name: "select") { _, x, y, _ in try x.select(x * y, else: y.square()) },
    OperationCase(name: "multiply and add") { _, x, y, _ in try exp(x * y + x) },
    OperationCase(name: "long chain") { _, x, y, _ in
        let t = try tanh(x + y)
        return try (t * y + sigmoid(x) * 2 - t.square()) / (y.square() + 1)
    },
]

let broadcastCases: [OperationCase] = [
    OperationCase(name: "bias per channel", parameters: [[2, 1, 1]]) { _, x, _, w in try tanh(x + w[0]) },
    OperationCase(name: "scale per channel and site", parameters: [[2, 4, 4]]) { _, x, _, w in try x * w[0] },
    OperationCase(name: "scale per site", parameters: [[1, 4, 4]]) { _, x, _, w in try x * w[0] + w[0] },
    OperationCase(name: "one number", parameters: [[1]]) { _, x, _, w in try x * w[0] },
    OperationCase(name: "function of a parameter", parameters: [[2, 1, 1], [1]]) { _, x, _, w in try x * exp(w[0]) + sin(w[1] * w[0]) },
    OperationCase(name: "parameters alone", parameters: [[2, 3, 3], [2, 1, 1]]) { _, _, _, w in try tanh(w[0]) * w[1] },
    OperationCase(name: "parameter used twice", parameters: [[2, 1, 1]]) { _, x, y, w in try tanh(x * w[0]) * w[0] + y },
    OperationCase(name: "number per sample", y: [1]) { _, x, y, _ in try x * y },
    OperationCase(name: "mask over channels", y: [1, 4, 4]) { _, x, y, _ in try x * y },
    OperationCase(name: "features", x: [24], parameters: [[24]]) { _, x, y, w in try tanh(x + w[0]) * y },
    OperationCase(name: "many sites", x: [3, 10, 9], parameters: [[3, 1, 1]]) { _, x, y, w in try tanh(x * w[0]) * y },
    OperationCase(name: "constant mask") { b, x, y, _ in
        let mask = try b.constant((0..<16).map { Float($0 % 2) }, shape: [1, 4, 4])
        return try x * mask + y * (1 - mask)
    },
]

let reductionCases: [OperationCase] = [
    OperationCase(name: "sum over sites") { _, x, y, _ in try x.square().sum(over: .sites) * y.sum(over: .sites) },
    OperationCase(name: "sum over channels") { _, x, y, _ in try x.square().sum(over: .channels) * y },
    OperationCase(name: "sum over lanes") { _, x, y, _ in try x.square().sum(over: .lanes) * y },
    OperationCase(name: "sum over lanes and channels") { _, x, y, _ in try x.square().sum(over: [.lanes, .channels]) * y },
    OperationCase(name: "sum over sites and lanes") { _, x, y, _ in try x.square().sum(over: [.sites, .lanes]) * y },
    OperationCase(name: "sum over all") { _, x, y, _ in try x.square().sum(over: [.channels, .sites, .lanes]) * y },
    OperationCase(name: "sum per sample") { _, x, y, _ in try (x * y).sumPerSample() * exp(y) },
    OperationCase(name: "sum of parameters over sites", parameters: [[3, 4, 4]]) { _, _, _, w in try w[0].square().sum(over: .sites) },
    OperationCase(name: "sum of parameters over channels", parameters: [[3, 4, 4]]) { _, _, _, w in try w[0].square().sum(over: .channels) },
    OperationCase(name: "sum of features", x: [20]) { _, x, y, _ in try exp(x).sum(over: .channels) * y },
    OperationCase(name: "sum over lanes of features", x: [20]) { _, x, y, _ in try exp(x).sum(over: .lanes) * y },
    OperationCase(name: "maximum over channels") { _, x, y, _ in try x.maximumOverChannels() * y },
    OperationCase(name: "broadcast before a convolution", x: [1], y: [2, 4, 4], parameters: [[2, 2, 3, 3]]) { _, x, y, w in
        try x.broadcast(to: y.type).convolved(w[0], boundary: .periodic) * y
    },
    OperationCase(name: "gradient stopped") { _, x, y, _ in try x.square().stoppingGradient() * y },
]

let structureCases: [OperationCase] = [
    OperationCase(name: "reshape") { _, x, y, _ in try x.reshaped([4, 8]) * y.reshaped([4, 8]) },
    OperationCase(name: "slice channels", x: [4, 3, 3]) { _, x, y, _ in try exp(x.channels(1..<3)) * y.channels(2..<4) },
    OperationCase(name: "slice of a result, overwritten in place", x: [2, 4, 4]) { _, x, y, _ in
        let t = try (x * y).sumPooled([1, 1])
        return try t * t.channels(0..<1)
    },
    OperationCase(name: "pad channels", x: [2, 3, 3]) { _, x, _, _ in try x.square().paddedChannels(before: 1, after: 2) },
    OperationCase(name: "concatenate", y: [3, 4, 4]) { _, x, y, _ in try concatenate([x.square(), y, x]) },
    OperationCase(name: "roll") { _, x, y, _ in try x.rolled([1, -2]) * y },
    OperationCase(name: "checkerboard") { _, x, y, _ in try exp(x.gathered(.checkerboard(parity: 1))) * y.gathered(.checkerboard(parity: 0)) },
    OperationCase(name: "back from the checkerboard", x: [2, 4, 2], y: [2, 4, 4]) { _, x, y, _ in
        try x.square().gathered(.fromCheckerboard(parity: 1, extents: [4, 4])) * y
    },
    OperationCase(name: "gather with repeats", x: [2, 3, 2]) { _, x, _, _ in
        try x.square().gathered(.table(sites: [0, 0, 5, -1, 2, 2, 2, 1], extents: [8]))
    },
    OperationCase(name: "gather of parameters", parameters: [[2, 5]]) { _, _, _, w in
        try w[0].square().gathered(.table(sites: [4, 3, 3, -1], extents: [4]))
    },
    OperationCase(name: "upsample", x: [2, 3, 2], y: [2, 6, 6]) { _, x, y, _ in try x.upsampled([2, 3]) * y },
    OperationCase(name: "average pool", x: [2, 4, 6]) { _, x, _, _ in try x.square().averagePooled([2, 3]).square() },
    OperationCase(name: "maximum pool", x: [2, 4, 6]) { _, x, _, _ in try x.maximumPooled([2, 3]).square() },
]

let linearCases: [OperationCase] = [
    OperationCase(name: "convolution 1d, periodic", x: [2, 7], parameters: [[3, 2, 3]]) { _, x, _, w in
        try x.convolved(w[0], boundary: .periodic)
    },
    OperationCase(name: "convolution 2d, periodic", x: [2, 4, 5], parameters: [[3, 2, 3, 3]]) { _, x, _, w in
        try x.convolved(w[0], boundary: .periodic)
    },
    OperationCase(name: "convolution 2d, zeros", x: [2, 4, 5], parameters: [[3, 2, 3, 3]]) { _, x, _, w in
        try x.convolved(w[0], boundary: .zeros(before: [1, 1], after: [1, 1]))
    },
    OperationCase(name: "convolution 2d, uneven zeros, stride", x: [2, 5, 6], parameters: [[3, 2, 2, 4]]) { _, x, _, w in
        try x.convolved(w[0], boundary: .zeros(before: [0, 1], after: [1, 2]), stride: [2, 2])
    },
    OperationCase(name: "convolution 3d, valid", x: [2, 3, 4, 3], parameters: [[2, 2, 2, 3, 2]]) { _, x, _, w in
        try x.convolved(w[0], boundary: .zeros(before: [0, 0, 0], after: [0, 0, 0]))
    },
    OperationCase(name: "transposed convolution", x: [3, 2, 3], parameters: [[3, 2, 3, 3]]) { _, x, _, w in
        try x.transposeConvolved(w[0], extents: [4, 6], boundary: .zeros(before: [1, 1], after: [1, 1]), stride: [2, 2])
    },
    OperationCase(name: "dense", x: [6], parameters: [[4, 6]]) { _, x, _, w in try x.dense(w[0]) },
    OperationCase(name: "two convolutions", x: [1, 4, 4], parameters: [[4, 1, 3, 3], [4, 1, 1], [2, 4, 3, 3], [2, 1, 1]]) { _, x, _, w in
        let hidden = try tanh(x.convolved(w[0], boundary: .periodic) + w[1])
        return try hidden.convolved(w[2], boundary: .periodic) + w[3]
    },
]

let layerCases: [OperationCase] = [
    OperationCase(name: "ghost batch normalisation") { b, x, _, _ in try b.ghostBatchNormalization("norm", x).result },
    OperationCase(name: "softmax cross-entropy", x: [5]) { _, x, y, _ in try softmaxCrossEntropy(x, targets: softmax(y)) },
    OperationCase(name: "binary cross-entropy") { _, x, y, _ in try binaryCrossEntropy(logits: x, targets: sigmoid(y)) },
    OperationCase(name: "mean square error") { _, x, y, _ in try meanSquareError(x, y) },
    OperationCase(name: "dropout") { b, x, _, _ in try b.dropout(x, rate: 0.25, draw: 3) },
    OperationCase(name: "second derivative", x: [2, 4, 4], parameters: [[2, 2, 3, 3], [2, 1, 1]]) { b, x, _, w in
        let energy = try tanh(x.convolved(w[0], boundary: .periodic) + w[1]).square().sumPerSample()
        return try b.gradient(of: energy, withRespectTo: [x])[0].square()
    },
    OperationCase(name: "second derivative of a dense network", x: [3], parameters: [[4, 3], [4], [1, 4]]) { b, x, _, w in
        let energy = try softplus(x.dense(w[0]) + w[1]).dense(w[2])
        return try sigmoid(b.gradient(of: energy, withRespectTo: [x])[0])
    },
]

let imageCases: [OperationCase] = [
    OperationCase(name: "linear upsample", x: [2, 3, 2], y: [2, 6, 4]) { _, x, y, _ in try x.square().linearlyUpsampled() * y },
    OperationCase(name: "linear upsample of one site", x: [1, 1, 1], y: [1, 2, 2]) { _, x, y, _ in try x.square().linearlyUpsampled() * y },
    OperationCase(name: "gradient of a linear upsample", x: [1, 2, 3], y: [1, 4, 6]) { b, x, y, _ in
        let energy = try (x.linearlyUpsampled().square() * y).sumPerSample()
        return try b.gradient(of: energy, withRespectTo: [x])[0].square()
    },
    OperationCase(name: "attention", x: [3, 2, 3], y: [3, 2, 3]) { _, x, y, _ in
        try attended(queries: x.channels(0..<2), keys: y.channels(1..<3), values: y)
    },
    OperationCase(name: "attention with itself", x: [2, 3, 3], parameters: [[3, 2, 1, 1]]) { _, x, _, w in
        let values = try x.convolved(w[0], boundary: .periodic)
        return try attended(queries: x, keys: x, values: values)
    },
]

let allCases = elementwiseCases + broadcastCases + reductionCases + structureCases + linearCases + layerCases + imageCases
