import MessagePassing
import Networks
import ParallelHDF5

/// The state of a trainer in a file: everything that the next step depends on.
///
///     step, optimizer                attributes
///     parameters/NAME                one dataset for each tensor, in its shape
///     average/NAME                   the moving average, if one is kept
///     moments                        [vector of the optimizer][parameter]
///     scale_exponents                of the fixed-point gradients, [tensor]
extension DataParallelTrainer {
    /// Writes the state into `group`. *Collective.*
    public func save(to group: HDF5Group) throws {
        try group.setAttribute("step", Int64(step))
        try group.setAttribute("optimizer", options.optimizer.name)
        try writeTensors(parameters, "parameters", to: group)
        if let averagedParameters { try writeTensors(averagedParameters, "average", to: group) }

        // Every rank holds all moments and writes its share of each.
        let moments = try group.createDataset("moments", shape: [vectors.momentCount, layout.count], type: .float32)
        let share = CartesianGrid.share(of: layout.count, parts: communicator.size, part: communicator.rank)
        for k in 0..<vectors.momentCount {
            let part = UnsafeBufferPointer(rebasing: vectors.view(vectors.moment(k))[share])
            try moments.write(part, offset: [k, share.lowerBound], count: [1, share.count])
        }
        try group.write("scale_exponents", Array(gradientSum.exponents))
    }

    /// Replaces the state by the one in `group`, written by any number of ranks. *Collective.*
    ///
    /// Throws a `TrainingError` that names what does not fit this trainer's optimizer and layout, and changes nothing then.
    public func restore(from group: HDF5Group) throws {
        let optimizer = try group.stringAttribute("optimizer")
        try require(optimizer == options.optimizer.name, group, "optimizer", found: optimizer, wanted: options.optimizer.name)
        let step = try group.attribute("step", as: Int64.self)
        try require((0...Int64(1) << 53).contains(step), group, "step", found: "\(step)", wanted: "a step number")
        let parameters = try readTensors("parameters", from: group)
        let average = try vectors.average.map { _ in try readTensors("average", from: group) }
        let moments = try group.dataset("moments")
        let shape = [vectors.momentCount, layout.count]
        try require(moments.shape == shape, group, "shape of moments", found: "\(moments.shape)", wanted: "\(shape)")
        let momentValues = try moments.read(as: Float.self)
        let exponents = try group.read("scale_exponents", as: Int32.self)
        let wanted = gradientSum.exponents.count
        try require(exponents.count == wanted, group, "number of scale exponents", found: "\(exponents.count)", wanted: "\(wanted)")
        for exponent in exponents where exponent != FixedPoint.unknown {
            try require((-200...250).contains(exponent), group, "scale exponent", found: "\(exponent)", wanted: "-200 to 250")
        }

        self.step = Int(step)
        vectors.replace(parameters: parameters, average: average, moments: momentValues)
        for (k, exponent) in exponents.enumerated() { gradientSum.exponents[k] = exponent }
    }

    private func writeTensors(_ vector: UnsafeBufferPointer<Float>, _ name: String, to group: HDF5Group) throws {
        for tensor in layout.tensors {
            try group.write("\(name)/\(tensor.name)", Array(vector[tensor.range]), shape: tensor.shape)
        }
    }

    private func readTensors(_ name: String, from group: HDF5Group) throws -> [Float] {
        var vector = [Float](repeating: 0, count: layout.count)
        for tensor in layout.tensors {
            let dataset = try group.dataset("\(name)/\(tensor.name)")
            try require(
                dataset.shape == tensor.shape, group, "shape of \(name)/\(tensor.name)", found: "\(dataset.shape)",
                wanted: "\(tensor.shape)")
            vector.replaceSubrange(tensor.range, with: try dataset.read(as: Float.self))
        }
        return vector
    }

    private func require(_ fits: Bool, _ group: HDF5Group, _ what: String, found: String, wanted: String) throws {
        if !fits {
            throw TrainingError("trainer state in \(group.path): \(what): found \(found), wanted \(wanted); resume with the model and optimizer that wrote it")
        }
    }
}
