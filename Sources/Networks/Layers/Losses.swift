// Losses per sample; `laneMean()` makes a loss of them.

/// `log(sum over channels of exp(x))` per site and sample, without overflow.
public func logSumExp(_ x: Tensor) throws -> Tensor {
    let largest = try x.maximumOverChannels().stoppingGradient()
    return try log(exp(x - largest).sum(over: .channels)) + largest
}

/// Probabilities over channels.
public func softmax(_ x: Tensor) throws -> Tensor { try exp(x - logSumExp(x)) }

/// Cross-entropy of `logits` `[classes, space…]` with target probabilities of the same shape, summed over sites: one number per sample.
public func softmaxCrossEntropy(_ logits: Tensor, targets: Tensor) throws -> Tensor {
    try ((logSumExp(logits) - logits) * targets).sumPerSample()
}

/// Binary cross-entropy of logits with targets in [0, 1], mean over elements: one number per sample.
public func binaryCrossEntropy(logits: Tensor, targets: Tensor) throws -> Tensor {
    try (softplus(logits) - logits * targets).meanPerSample()
}

/// Mean square difference over elements: one number per sample.
public func meanSquareError(_ a: Tensor, _ b: Tensor) throws -> Tensor { try (a - b).square().meanPerSample() }
