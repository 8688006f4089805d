extension GraphBuilder {
    /// Appends the gradient of `loss` with respect to every parameter; a `Plan` then writes it to a flat vector.
    ///
    /// `loss` is one number, for all samples: usually `perSample.laneMean()`.
    public func differentiate(_ loss: Tensor) throws {
        guard !loss.type.batched, loss.type.count == 1 else {
            throw NetworkError(
                node: graph.nodes[loss.node].name, found: loss.type.description, wanted: "one number for all samples",
                advice: "sum per sample, then take laneMean()")
        }
        let parameters = graph.nodes.indices.filter { if case .parameter = graph.nodes[$0].operation { true } else { false } }
        let gradients = try pullBack(loss, targets: parameters, cotangent: nil)
        setParameterGradients(gradients.map { $0?.node })
    }

    /// The gradient of `output` with respect to each of `targets`, as new nodes.
    ///
    /// For a value per sample, samples being independent, this is each sample's own gradient. Without a `cotangent`
    /// it is the gradient of the sum over the output's channels and sites.
    public func gradient(of output: Tensor, withRespectTo targets: [Tensor], cotangent: Tensor? = nil) throws -> [Tensor] {
        try zip(targets, pullBack(output, targets: targets.map(\.node), cotangent: cotangent)).map { target, gradient in
            try gradient ?? constant(0).broadcast(to: target.type)
        }
    }

    /// Reverse mode from graph to graph: cotangents flow from `output` back to `targets`.
    private func pullBack(_ output: Tensor, targets: [Int], cotangent: Tensor?) throws -> [Tensor?] {
        try differentiation {
            let depends = dependents(of: targets, upTo: output.node)
            var cotangents = [Tensor?](repeating: nil, count: output.node + 1)
            guard depends[output.node] else { return targets.map { _ in nil } }
            cotangents[output.node] = try cotangent ?? constant(1).broadcast(to: output.type)
            for node in stride(from: output.node, through: 0, by: -1) {
                guard depends[node], let g = cotangents[node] else { continue }
                let record = graph.nodes[node]
                for (position, input) in Self.inputOrder(record) where depends[input] {
                    guard let term = try vectorJacobianProduct(of: node, input: position, cotangent: g) else { continue }
                    cotangents[input] = try cotangents[input].map { try $0 + term } ?? term
                }
            }
            return targets.map { $0 < cotangents.count ? cotangents[$0] : nil }
        }
    }

    /// Weights first: their gradients are then final early, and can travel while the rest is computed.
    private static func inputOrder(_ node: Graph.Node) -> [(position: Int, input: Int)] {
        node.inputs.enumerated().map { ($0.offset, $0.element) }.reversed()
    }

    private func dependents(of targets: [Int], upTo last: Int) -> [Bool] {
        var depends = [Bool](repeating: false, count: last + 1)
        let wanted = Set(targets)
        for node in 0...last {
            let record = graph.nodes[node]
            depends[node] = wanted.contains(node) || (record.operation != .stopGradient && record.inputs.contains { depends[$0] })
        }
        return depends
    }
}
