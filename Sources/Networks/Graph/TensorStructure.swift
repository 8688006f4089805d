// Sums, repetition, shapes, and the linear maps.

extension Tensor {
    /// The sum over the given axes, which stay with extent one; over nothing, this value itself.
    public func sum(over axes: ReductionAxes) throws -> Tensor {
        axes.isEmpty ? self : try builder.append(.sum(axes), [self])
    }
    /// The sum over channels and sites: one number per sample.
    public func sumPerSample() throws -> Tensor { try sum(over: [.channels, .sites]).reshaped([1]) }
    /// The mean over the sixteen samples of a shard: how a loss per sample becomes a loss.
    public func laneMean() throws -> Tensor { try sum(over: .lanes) * (1 / 16) }
    /// The mean over channels and sites: one number per sample.
    public func meanPerSample() throws -> Tensor { try sumPerSample() * (1 / Float(type.count)) }
    /// The largest value over channels, per site and sample.
    public func maximumOverChannels() throws -> Tensor { try builder.append(.maximumOverChannels, [self]) }
    /// The same value, through which no gradient flows.
    public func stoppingGradient() throws -> Tensor { try builder.append(.stopGradient, [self]) }
    /// Repeated over channels, sites or samples.
    public func broadcast(to target: TensorType) throws -> Tensor {
        type == target ? self : try builder.append(.broadcast(target), [self])
    }

    /// The same elements, row-major, under other extents.
    public func reshaped(_ extents: [Int]) throws -> Tensor {
        extents == shape ? self : try builder.append(.reshape(extents), [self])
    }
    /// Reshaped so that every later operation sees features alone.
    public func flattened() throws -> Tensor { try reshaped([type.count]) }
    public func channels(_ range: Range<Int>) throws -> Tensor {
        range == 0..<channels ? self : try builder.append(.sliceChannels(range), [self])
    }
    /// Splits the channels into `count` equal parts.
    public func split(_ count: Int) throws -> [Tensor] {
        guard count > 0, channels % count == 0 else {
            throw NetworkError(node: builder.graph.nodes[node].name, found: "\(channels) channels", wanted: "a multiple of \(count)")
        }
        let width = channels / count
        return try (0..<count).map { try channels($0 * width..<($0 + 1) * width) }
    }
    /// Zeros before and after the channels.
    public func paddedChannels(before: Int, after: Int) throws -> Tensor {
        before == 0 && after == 0 ? self : try builder.append(.padChannels(before: before, after: after), [self])
    }
    /// `y[c, i] = x[c, map(i)]`
    public func gathered(_ map: SiteMap) throws -> Tensor { try builder.append(.gatherSites(map), [self]) }
    /// The transpose of `gathered`, onto a lattice of `extents`.
    public func scattered(_ map: SiteMap, extents: [Int]) throws -> Tensor {
        try builder.append(.scatterSites(map, extents: extents), [self])
    }
    /// `y[x] = self[x - shift]` on the torus.
    public func rolled(_ shift: [Int]) throws -> Tensor { try gathered(.roll(shift)) }

    /// Each site repeated `factors` times along each axis.
    public func upsampled(_ factors: [Int]) throws -> Tensor { try builder.append(.upsample(factors), [self]) }
    public func sumPooled(_ factors: [Int]) throws -> Tensor { try builder.append(.sumPool(factors), [self]) }
    public func averagePooled(_ factors: [Int]) throws -> Tensor { try sumPooled(factors) * (1 / Float(factors.reduce(1, *))) }
    public func maximumPooled(_ factors: [Int]) throws -> Tensor { try builder.append(.maximumPool(factors), [self]) }
    /// An image `[channels, rows, columns]` of twice the rows and columns, interpolated between the middles of sites.
    public func linearlyUpsampled() throws -> Tensor { try builder.append(.linearUpsample, [self]) }

    /// Cross-correlation with weights `[outputs, inputs, kernel…]`.
    public func convolved(_ weights: Tensor, boundary: ConvolutionGeometry.Boundary, stride: [Int]? = nil) throws -> Tensor {
        let geometry = ConvolutionGeometry(kernel: Array(weights.shape.dropFirst(2)), stride: stride, boundary: boundary)
        return try builder.append(.convolution(geometry), [self, weights])
    }
    /// The transpose of `convolved`: from the extents of its result to `extents`.
    public func transposeConvolved(
        _ weights: Tensor, extents: [Int], boundary: ConvolutionGeometry.Boundary, stride: [Int]? = nil
    ) throws -> Tensor {
        let geometry = ConvolutionGeometry(kernel: Array(weights.shape.dropFirst(2)), stride: stride, boundary: boundary)
        return try builder.append(.convolutionDataGradient(geometry, extents: extents), [self, weights])
    }
    /// `w x` for features x and weights w `[outputs, inputs]`.
    public func dense(_ weights: Tensor) throws -> Tensor { try builder.append(.dense, [self, weights]) }
}

/// Channels one after the other.
public func concatenate(_ parts: [Tensor]) throws -> Tensor {
    guard let first = parts.first else {
        throw NetworkError(node: "concatenateChannels", found: "no tensor", wanted: "at least one")
    }
    return parts.count == 1 ? first : try first.builder.append(.concatenateChannels, parts)
}

/// `y[c, i] = sum over j of values[c, j] softmax over j (sum over d of queries[d, i] keys[d, j])`, for all sites i of queries and keys
/// `[d, space…]` and values `[c, space…]`. It can be differentiated once.
public func attended(queries: Tensor, keys: Tensor, values: Tensor) throws -> Tensor {
    try values.builder.append(.attention, [queries, keys, values]).channels(0..<values.channels)
}
