import NetworkKernels
import Numerics

/// A convolution of three axes with fewer products: minimal filtering along the first axis, convolutions of planes at each of its eight points.
///
/// Planes are taken in tiles of m results, and all that a tile needs stays in the third cache. A kernel of 3, 4, 5 or 6 planes needs
/// 2.25, 2.5, 2.5 or 2.25 times fewer products than written out, and its rounding errors are 2 to 3 times as large (2e-6).
/// The interface is that of `Convolution`.
public struct WinogradConvolution: Sendable {
    public let shape: ConvolutionShape
    public let scratchLanes: Int
    /// The convolution at one point.
    private let plane: Convolution
    /// `[point][tap]`.
    private let filter: [Float]
    private let pointLanes: Int

    private typealias Half = EightPoints.Half

    /// Nil where the shape does not allow it (strides, a periodic boundary, other kernels) or saves less than a quarter of the products.
    public init?(_ shape: ConvolutionShape) {
        guard shape.spatialRank == 3, shape.boundary == .zero, shape.strides.allSatisfy({ $0 == 1 }), let taps = shape.kernelExtents.first,
            (3...6).contains(taps), shape.lowerPadding[0] < taps, shape.upperPadding[0] < taps,
            let planeShape = try? ConvolutionShape(
                inputChannels: shape.inputChannels, outputChannels: shape.outputChannels, inputExtents: Array(shape.inputExtents.dropFirst()),
                kernelExtents: Array(shape.kernelExtents.dropFirst()),
                padding: .amounts(lower: Array(shape.lowerPadding.dropFirst()), upper: Array(shape.upperPadding.dropFirst())))
        else { return nil }
        let results = EightPoints.count + 1 - taps
        for planes in [shape.inputExtents[0], shape.outputExtents[0]] {
            let tiles = (planes + results - 1) / results
            guard 4 * EightPoints.count * tiles <= 3 * taps * shape.outputExtents[0] else { return nil }
        }
        self.shape = shape
        plane = Convolution(planeShape)
        filter = EightPoints.filterMatrix(taps: taps)
        pointLanes = ((EightPoints.count + 1) * planeShape.weightCount + laneWidth - 1) / laneWidth
        let sites = max(planeShape.inputSites, planeShape.outputSites)
        scratchLanes =
            pointLanes + 2 * sites + plane.scratchLanes
            + EightPoints.count * (planeShape.inputChannels * planeShape.inputSites + planeShape.outputChannels * planeShape.outputSites)
    }

    private var taps: Int { shape.kernelExtents[0] }
    /// Results of a tile.
    private var results: Int { EightPoints.count + 1 - taps }
    private func tiles(_ planes: Int) -> Int { (planes + results - 1) / results }

    /// Multiply-adds that are done, for one sample: forward or by the weights, and by the input.
    public var multiplyAddsPerSample: Int { EightPoints.count * tiles(shape.outputExtents[0]) * plane.shape.multiplyAddsPerSample }
    public var dataMultiplyAddsPerSample: Int { EightPoints.count * tiles(shape.inputExtents[0]) * plane.shape.multiplyAddsPerSample }

    /// One side of the convolution: channels of planes of sites.
    private struct Side {
        let channels: Int
        let planes: Int
        let sites: Int

        var lanesOfPoint: Int { channels * sites }
        /// Halves from one point to the next.
        var distance: Int { 2 * channels * sites }
    }

    private var inputs: Side { Side(channels: shape.inputChannels, planes: shape.inputExtents[0], sites: plane.shape.inputSites) }
    private var outputs: Side { Side(channels: shape.outputChannels, planes: shape.outputExtents[0], sites: plane.shape.outputSites) }

    /// output = weights * input + bias.
    public func forward(
        input: UnsafePointer<Lane>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?, output: UnsafeMutablePointer<Lane>,
        scratch: UnsafeMutablePointer<Lane>
    ) {
        sweep(
            from: inputs, input, padding: shape.lowerPadding[0], to: outputs, output, bias: bias, weights: weights, isMirrored: false, scratch: scratch
        ) { source, weights, result, rest in
            plane.forward(input: source, weights: weights, bias: nil, output: result, scratch: rest)
        }
    }

    /// Gradient by the input, overwritten: along the first axis the convolution with mirrored taps.
    public func dataGradient(
        outputGradient: UnsafePointer<Lane>, weights: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Lane>,
        scratch: UnsafeMutablePointer<Lane>
    ) {
        sweep(
            from: outputs, outputGradient, padding: taps - 1 - shape.lowerPadding[0], to: inputs, inputGradient, bias: nil, weights: weights,
            isMirrored: true, scratch: scratch
        ) { source, weights, result, rest in
            plane.dataGradient(outputGradient: source, weights: weights, inputGradient: result, scratch: rest)
        }
    }

    /// Gradient by the weights, overwritten: summed over tiles at each point, then taken back to the taps.
    public func weightGradient(
        input: UnsafePointer<Lane>, outputGradient: UnsafePointer<Lane>, weightGradient: UnsafeMutablePointer<Float>,
        scratch: UnsafeMutablePointer<Lane>
    ) {
        let count = plane.shape.weightCount, numbers = EightPoints.count * count
        let inputs = inputs, outputs = outputs
        let room = Room(self, scratch)
        let sums = room.weights, part = sums + numbers
        sums.update(repeating: 0, count: numbers)
        let slopes = room.points + EightPoints.count * inputs.lanesOfPoint
        let rest = slopes + EightPoints.count * outputs.lanesOfPoint
        for tile in 0..<tiles(outputs.planes) {
            let first = tile * results
            split(input, inputs, first: first - shape.lowerPadding[0], zeros: room.zeros, into: room.points)
            spread(outputGradient, outputs, first: first, zeros: room.zeros, into: slopes)
            for point in 0..<EightPoints.count {
                plane.weightGradient(
                    input: room.points + point * inputs.lanesOfPoint, outputGradient: slopes + point * outputs.lanesOfPoint, weightGradient: part,
                    biasGradient: nil, scratch: rest)
                let sum = sums + point * count
                for i in 0..<count { sum[i] += part[i] }
            }
        }
        forEachFilter { from, to, tap in
            let planeTaps = plane.shape.tapCount
            for i in 0..<planeTaps {
                var sum: Float = 0
                for point in 0..<EightPoints.count { sum += filter[point * taps + tap] * sums[point * count + to + i] }
                weightGradient[from + i] = sum
            }
        }
    }

    /// The parts of the scratch memory.
    private struct Room {
        let weights: UnsafeMutablePointer<Float>
        /// A plane that is read beyond the edges, and one that takes what is beyond them.
        let zeros: UnsafeMutablePointer<Lane>
        let waste: UnsafeMutablePointer<Lane>
        let points: UnsafeMutablePointer<Lane>

        init(_ owner: WinogradConvolution, _ scratch: UnsafeMutablePointer<Lane>) {
            weights = UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: Float.self)
            let sites = max(owner.plane.shape.inputSites, owner.plane.shape.outputSites)
            zeros = scratch + owner.pointLanes
            zeros.update(repeating: .zero, count: sites)
            waste = zeros + sites
            points = waste + sites
        }
    }

    @inline(__always)
    private func sweep(
        from source: Side, _ input: UnsafePointer<Lane>, padding: Int, to target: Side, _ output: UnsafeMutablePointer<Lane>,
        bias: UnsafePointer<Float>?, weights: UnsafePointer<Float>, isMirrored: Bool, scratch: UnsafeMutablePointer<Lane>,
        plane convolve: (UnsafePointer<Lane>, UnsafePointer<Float>, UnsafeMutablePointer<Lane>, UnsafeMutablePointer<Lane>) -> Void
    ) {
        let room = Room(self, scratch)
        let count = plane.shape.weightCount
        makeFilters(weights, isMirrored: isMirrored, into: room.weights)
        let products = room.points + EightPoints.count * source.lanesOfPoint
        let rest = products + EightPoints.count * target.lanesOfPoint
        for tile in 0..<tiles(target.planes) {
            let first = tile * results
            split(input, source, first: first - padding, zeros: room.zeros, into: room.points)
            for point in 0..<EightPoints.count {
                convolve(room.points + point * source.lanesOfPoint, room.weights + point * count, products + point * target.lanesOfPoint, rest)
            }
            join(products, target, first: first, bias: bias, waste: room.waste, into: output)
        }
    }

    /// Calls `body` with the place of every row of a plane's weights, the place of its number at a point, and its tap along the first axis.
    @inline(__always)
    private func forEachFilter(_ body: (_ from: Int, _ to: Int, _ tap: Int) -> Void) {
        let planeTaps = plane.shape.tapCount
        for pair in 0..<shape.inputChannels * shape.outputChannels {
            for tap in 0..<taps { body((pair * taps + tap) * planeTaps, pair * planeTaps, tap) }
        }
    }

    private func makeFilters(_ weights: UnsafePointer<Float>, isMirrored: Bool, into points: UnsafeMutablePointer<Float>) {
        let count = plane.shape.weightCount, planeTaps = plane.shape.tapCount
        points.update(repeating: 0, count: EightPoints.count * count)
        forEachFilter { from, to, tap in
            let place = isMirrored ? taps - 1 - tap : tap
            for point in 0..<EightPoints.count {
                let factor = filter[point * taps + place], row = points + point * count + to
                for i in 0..<planeTaps { row[i] += factor * weights[from + i] }
            }
        }
    }

    @inline(__always)
    private func halves(_ lanes: UnsafePointer<Lane>) -> UnsafePointer<Half> { UnsafeRawPointer(lanes).assumingMemoryBound(to: Half.self) }
    @inline(__always)
    private func halves(_ lanes: UnsafeMutablePointer<Lane>) -> UnsafeMutablePointer<Half> {
        UnsafeMutableRawPointer(lanes).assumingMemoryBound(to: Half.self)
    }

    /// Eight planes from `first` on, zeros beyond the edges, to their numbers.
    private func split(
        _ input: UnsafePointer<Lane>, _ side: Side, first: Int, zeros: UnsafePointer<Lane>, into points: UnsafeMutablePointer<Lane>
    ) {
        for channel in 0..<side.channels {
            let planes = InlineArray<8, UnsafePointer<Half>> {
                let plane = first + $0
                return halves(plane >= 0 && plane < side.planes ? input + (channel * side.planes + plane) * side.sites : zeros)
            }
            EightPoints.split(planes, count: 2 * side.sites, into: halves(points + channel * side.sites), distance: side.distance)
        }
    }

    private func join(
        _ points: UnsafePointer<Lane>, _ side: Side, first: Int, bias: UnsafePointer<Float>?, waste: UnsafeMutablePointer<Lane>,
        into output: UnsafeMutablePointer<Lane>
    ) {
        func join<let m: Int>(_: InlineArray<m, Int8>.Type) {
            for channel in 0..<side.channels {
                let planes = InlineArray<m, UnsafeMutablePointer<Half>> {
                    let plane = first + $0
                    return halves(plane < side.planes ? output + (channel * side.planes + plane) * side.sites : waste)
                }
                EightPoints.join(
                    halves(points + channel * side.sites), distance: side.distance, count: 2 * side.sites, constant: bias?[channel] ?? 0,
                    into: planes)
            }
        }
        switch results {
        case 3: join(InlineArray<3, Int8>.self)
        case 4: join(InlineArray<4, Int8>.self)
        case 5: join(InlineArray<5, Int8>.self)
        default: join(InlineArray<6, Int8>.self)
        }
    }

    private func spread(
        _ gradient: UnsafePointer<Lane>, _ side: Side, first: Int, zeros: UnsafePointer<Lane>, into points: UnsafeMutablePointer<Lane>
    ) {
        func spread<let m: Int>(_: InlineArray<m, Int8>.Type) {
            for channel in 0..<side.channels {
                let planes = InlineArray<m, UnsafePointer<Half>> {
                    let plane = first + $0
                    return halves(plane < side.planes ? gradient + (channel * side.planes + plane) * side.sites : zeros)
                }
                EightPoints.spread(planes, count: 2 * side.sites, into: halves(points + channel * side.sites), distance: side.distance)
            }
        }
        switch results {
        case 3: spread(InlineArray<3, Int8>.self)
        case 4: spread(InlineArray<4, Int8>.self)
        case 5: spread(InlineArray<5, Int8>.self)
        default: spread(InlineArray<6, Int8>.self)
        }
    }
}
