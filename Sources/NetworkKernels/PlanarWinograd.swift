import CLanes
import Numerics

/// A convolution of planes with 3 by 3 taps by minimal filtering F(4 x 4, 3 x 3): a quarter of the products of the definition.
///
/// The batch is in the lane, so that the transforms are element by element, and what is left are 36 small matrix products with broadcast weights
/// over a block of tiles. For wide layers only: a transform costs as much as some twenty channels of products.
struct PlanarWinograd: Sendable {
    let shape: ConvolutionShape
    let scratchLanes: Int

    /// What is read and what is written, seen from the pass that runs.
    private struct Sides {
        let sourceChannels, resultChannels: Int
        let sourceRows, sourceColumns, resultRows, resultColumns: Int
        /// Sites of the result that lie before the source's first, along each axis.
        let top, left: Int
        var sourceSites: Int { sourceRows * sourceColumns }
        var resultSites: Int { resultRows * resultColumns }
        var tileRows: Int { (resultRows + SixPoints.results - 1) / SixPoints.results }
        var tileColumns: Int { (resultColumns + SixPoints.results - 1) / SixPoints.results }
        var tiles: Int { tileRows * tileColumns }
    }

    /// Fewest channels on either side.
    static let fewestChannels = 64

    /// Nil where the shape does not allow it, or is too narrow for it to pay.
    init?(_ shape: ConvolutionShape) {
        guard shape.spatialRank == 2, shape.kernelExtents == [3, 3], shape.strides == [1, 1], shape.boundary == .zero,
            shape.lowerPadding.allSatisfy({ $0 <= 2 }), shape.upperPadding.allSatisfy({ $0 <= 2 }),
            shape.inputChannels >= Self.fewestChannels, shape.outputChannels >= Self.fewestChannels,
            shape.inputChannels % laneWidth == 0, shape.outputChannels % laneWidth == 0
        else { return nil }
        self.shape = shape
        let both = shape.inputChannels + shape.outputChannels
        let forward = Self.forwardSides(shape), backward = Self.backwardSides(shape)
        let longest = max(Self.tilesPerBlock(forward), Self.tilesPerBlock(backward))
        let weights = (SixPoints.points * shape.inputChannels * shape.outputChannels + laneWidth - 1) / laneWidth
        // Both sides' numbers at the points with their padding, the transposed panel, and 36 lanes for a tile.
        scratchLanes = weights + SixPoints.points * (both * longest + 2 * 81) + shape.inputChannels * longest + 2 * SixPoints.points
    }

    private static func forwardSides(_ shape: ConvolutionShape) -> Sides {
        Sides(
            sourceChannels: shape.inputChannels, resultChannels: shape.outputChannels, sourceRows: shape.inputExtents[0],
            sourceColumns: shape.inputExtents[1], resultRows: shape.outputExtents[0], resultColumns: shape.outputExtents[1],
            top: shape.lowerPadding[0], left: shape.lowerPadding[1])
    }

    private static func backwardSides(_ shape: ConvolutionShape) -> Sides {
        Sides(
            sourceChannels: shape.outputChannels, resultChannels: shape.inputChannels, sourceRows: shape.outputExtents[0],
            sourceColumns: shape.outputExtents[1], resultRows: shape.inputExtents[0], resultColumns: shape.inputExtents[1],
            top: 2 - shape.lowerPadding[0], left: 2 - shape.lowerPadding[1])
    }

    /// So many that a block's numbers stay in the third cache, and no fewer than fill the registers.
    private static func tilesPerBlock(_ sides: Sides) -> Int {
        let lanes = SixPoints.points * (sides.sourceChannels + sides.resultChannels)
        let most = max(12, (4 << 20) / (64 * lanes))
        return min(sides.tiles, most >= 24 ? 24 : 12)
    }

    /// Lanes from one point's numbers to the next: not a multiple of what puts them all into the same sets of a cache.
    private static func pointStride(_ channels: Int, _ tiles: Int) -> Int { (channels * tiles + 63) / 64 * 64 + 17 }

    // MARK: Passes

    /// result = weights * source + bias.
    func forward(
        input: UnsafePointer<Lane>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?, output: UnsafeMutablePointer<Lane>,
        scratch: UnsafeMutablePointer<Lane>
    ) {
        sweep(Self.forwardSides(shape), source: input, weights: weights, isMirrored: false, bias: bias, result: output, scratch: scratch)
    }

    func dataGradient(
        outputGradient: UnsafePointer<Lane>, weights: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Lane>,
        scratch: UnsafeMutablePointer<Lane>
    ) {
        sweep(
            Self.backwardSides(shape), source: outputGradient, weights: weights, isMirrored: true, bias: nil, result: inputGradient, scratch: scratch)
    }

    private func sweep(
        _ sides: Sides, source: UnsafePointer<Lane>, weights: UnsafePointer<Float>, isMirrored: Bool, bias: UnsafePointer<Float>?,
        result: UnsafeMutablePointer<Lane>, scratch: UnsafeMutablePointer<Lane>
    ) {
        let (inputs, outputs) = (sides.sourceChannels, sides.resultChannels)
        let filters = UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: Float.self)
        makeFilters(weights, sides, isMirrored: isMirrored, into: filters)
        let perBlock = Self.tilesPerBlock(sides)
        let tile = scratch + (SixPoints.points * inputs * outputs) / laneWidth
        let numbers = tile + 2 * SixPoints.points
        let products = numbers + SixPoints.points * Self.pointStride(inputs, perBlock)
        var first = 0
        while first < sides.tiles {
            let count = min(perBlock, sides.tiles - first)
            let fromStride = Self.pointStride(inputs, count), toStride = Self.pointStride(outputs, count)
            split(source, sides, first: first, count: count, pointStride: fromStride, tile: tile, into: numbers)
            for point in 0..<SixPoints.points {
                let column = numbers + point * fromStride, filter = filters + point * inputs * outputs
                var from = 0
                // Six columns of all channels are read again for every four rows: they stay in the first or second cache.
                while from < count {
                    let width = min(6, count - from)
                    for row in 0..<outputs / 4 {
                        Panels.multiply(
                            rows: 4, columns: width, count: inputs, Panel(base: filter + row * 4 * inputs, stride: 1, step: 4),
                            Panel(base: column + from, stride: 1, step: count),
                            into: PanelResult(base: products + point * toStride + row * 4 * count + from, rowStride: count, columnStride: 1, adds: false))
                    }
                    from += width
                }
            }
            join(products, sides, first: first, count: count, pointStride: toStride, bias: bias, tile: tile, into: result)
            first += count
        }
    }

    /// Gradient by the weights, overwritten.
    func weightGradient(
        input: UnsafePointer<Lane>, outputGradient: UnsafePointer<Lane>, weightGradient: UnsafeMutablePointer<Float>,
        scratch: UnsafeMutablePointer<Lane>
    ) {
        let sides = Self.forwardSides(shape)
        let (inputs, outputs) = (sides.sourceChannels, sides.resultChannels)
        let perBlock = Self.tilesPerBlock(sides)
        let sums = scratch, lanesOfRow = inputs / laneWidth, lanesOfPoint = outputs * lanesOfRow
        let tile = sums + SixPoints.points * lanesOfPoint
        let panel = tile + 2 * SixPoints.points
        let numbers = panel + inputs * perBlock
        let slopes = numbers + SixPoints.points * Self.pointStride(inputs, perBlock)
        var first = 0
        while first < sides.tiles {
            let count = min(perBlock, sides.tiles - first)
            let fromStride = Self.pointStride(inputs, count), toStride = Self.pointStride(outputs, count)
            split(input, sides, first: first, count: count, pointStride: fromStride, tile: tile, into: numbers)
            spread(outputGradient, sides, first: first, count: count, pointStride: toStride, tile: tile, into: slopes)
            let terms = count * laneWidth
            for point in 0..<SixPoints.points {
                transpose(numbers + point * fromStride, channels: inputs, tiles: count, into: panel)
                let slope = UnsafeRawPointer(slopes + point * toStride).assumingMemoryBound(to: Float.self)
                let sum = sums + point * lanesOfPoint
                var from = 0
                while from < lanesOfRow {
                    let width = min(4, lanesOfRow - from)
                    for row in 0..<outputs / 4 {
                        Panels.multiply(
                            rows: 4, columns: width, count: terms, Panel(base: slope + row * 4 * terms, stride: terms, step: 1),
                            Panel(base: panel + from * terms, stride: terms, step: 1),
                            into: PanelResult(base: sum + row * 4 * lanesOfRow + from, rowStride: lanesOfRow, columnStride: 1, adds: first > 0))
                    }
                    from += width
                }
            }
            first += count
        }
        takeBack(sums, lanesOfPoint: lanesOfPoint, into: weightGradient)
    }

    /// [channel][tile] of sixteen samples -> [sixteen channels][tile, sample] of channels: the sum over samples becomes one over terms.
    private func transpose(_ numbers: UnsafePointer<Lane>, channels: Int, tiles: Int, into panel: UnsafeMutablePointer<Lane>) {
        let table = UnsafeRawPointer(numbers).assumingMemoryBound(to: Float.self)
        let columns = UnsafeMutableRawPointer(panel).assumingMemoryBound(to: Float.self)
        var places = SIMD16<Int32>()
        for i in 0..<laneWidth { places[i] = Int32(2 * i * tiles) }
        for block in 0..<channels / laneWidth {
            let start = Int32(2 * block * laneWidth * tiles)
            for tile in 0..<tiles {
                let place = places &+ SIMD16<Int32>(repeating: start &+ Int32(2 * tile))
                let target = columns + (block * tiles + tile) * laneWidth * laneWidth
                didymos_gather_rows(table, place, target)
                didymos_gather_rows(table, place &+ SIMD16<Int32>(repeating: 1), target + 8 * laneWidth)
            }
        }
    }

    // MARK: Transforms

    private func split(
        _ source: UnsafePointer<Lane>, _ sides: Sides, first: Int, count: Int, pointStride: Int, tile work: UnsafeMutablePointer<Lane>,
        into numbers: UnsafeMutablePointer<Lane>
    ) {
        let (rows, columns) = (sides.sourceRows, sides.sourceColumns)
        for channel in 0..<sides.sourceChannels {
            let image = source + channel * sides.sourceSites
            for index in 0..<count {
                let row = (first + index) / sides.tileColumns * SixPoints.results - sides.top
                let column = (first + index) % sides.tileColumns * SixPoints.results - sides.left
                let isInside = row >= 0 && column >= 0 && row + 6 <= rows && column + 6 <= columns
                var (from, stride) = (image + row * columns + column, columns)
                if !isInside {
                    for y in 0..<6 {
                        for x in 0..<6 {
                            let isSite = row + y >= 0 && row + y < rows && column + x >= 0 && column + x < columns
                            work[y * 6 + x] = isSite ? image[(row + y) * columns + column + x] : .zero
                        }
                    }
                    (from, stride) = (UnsafePointer(work), 6)
                }
                let half = work + SixPoints.points
                for x in 0..<6 {
                    let t = SixPoints.split(InlineArray<6, Lane> { from[$0 &* stride &+ x] })
                    for y in 0..<6 { half[y &* 6 &+ x] = t[y] }
                }
                let to = numbers + channel * count + index
                for y in 0..<6 {
                    let t = SixPoints.split(InlineArray<6, Lane> { half[y &* 6 &+ $0] })
                    for x in 0..<6 { to[(y &* 6 &+ x) &* pointStride] = t[x] }
                }
            }
        }
    }

    private func join(
        _ products: UnsafePointer<Lane>, _ sides: Sides, first: Int, count: Int, pointStride: Int, bias: UnsafePointer<Float>?,
        tile work: UnsafeMutablePointer<Lane>, into result: UnsafeMutablePointer<Lane>
    ) {
        let (rows, columns) = (sides.resultRows, sides.resultColumns)
        for channel in 0..<sides.resultChannels {
            let image = result + channel * sides.resultSites
            let constant = Lane(repeating: bias?[channel] ?? 0)
            for index in 0..<count {
                let row = (first + index) / sides.tileColumns * SixPoints.results, column = (first + index) % sides.tileColumns * SixPoints.results
                let from = products + channel * count + index
                for x in 0..<6 {
                    let t = SixPoints.join(InlineArray<6, Lane> { from[($0 &* 6 &+ x) &* pointStride] })
                    for y in 0..<4 { work[y &* 6 &+ x] = t[y] }
                }
                let (height, width) = (min(4, rows - row), min(4, columns - column))
                for y in 0..<height {
                    let t = SixPoints.join(InlineArray<6, Lane> { work[y &* 6 &+ $0] })
                    let to = image + (row + y) * columns + column
                    if width == 4 {
                        for x in 0..<4 { to[x] = t[x] + constant }
                    } else {
                        for x in 0..<width { to[x] = t[x] + constant }
                    }
                }
            }
        }
    }

    private func spread(
        _ gradient: UnsafePointer<Lane>, _ sides: Sides, first: Int, count: Int, pointStride: Int, tile work: UnsafeMutablePointer<Lane>,
        into slopes: UnsafeMutablePointer<Lane>
    ) {
        let (rows, columns) = (sides.resultRows, sides.resultColumns)
        for channel in 0..<sides.resultChannels {
            let image = gradient + channel * sides.resultSites
            for index in 0..<count {
                let row = (first + index) / sides.tileColumns * SixPoints.results, column = (first + index) % sides.tileColumns * SixPoints.results
                var (from, stride) = (image + row * columns + column, columns)
                if row + 4 > rows || column + 4 > columns {
                    for y in 0..<4 {
                        for x in 0..<4 { work[y * 4 + x] = row + y < rows && column + x < columns ? image[(row + y) * columns + column + x] : .zero }
                    }
                    (from, stride) = (UnsafePointer(work), 4)
                }
                let half = work + SixPoints.points
                for x in 0..<4 {
                    let t = SixPoints.spread(InlineArray<4, Lane> { from[$0 &* stride &+ x] })
                    for y in 0..<6 { half[y &* 4 &+ x] = t[y] }
                }
                let to = slopes + channel * count + index
                for y in 0..<6 {
                    let t = SixPoints.spread(InlineArray<4, Lane> { half[y &* 4 &+ $0] })
                    for x in 0..<6 { to[(y &* 6 &+ x) &* pointStride] = t[x] }
                }
            }
        }
    }

    // MARK: Weights

    /// `[point][four result channels][source channel][one of the four]`.
    private func makeFilters(_ weights: UnsafePointer<Float>, _ sides: Sides, isMirrored: Bool, into filters: UnsafeMutablePointer<Float>) {
        typealias Four = SIMD4<Float>
        let (inputs, outputs) = (sides.sourceChannels, sides.resultChannels)
        let (resultStride, sourceStride) = isMirrored ? (9, 9 * outputs) : (9 * inputs, 9)
        for block in 0..<outputs / 4 {
            for input in 0..<inputs {
                let w = weights + block * 4 * resultStride + input * sourceStride
                let taps = InlineArray<9, Four> { tap in
                    let k = isMirrored ? 8 - tap : tap
                    return Four(w[k], w[resultStride + k], w[2 * resultStride + k], w[3 * resultStride + k])
                }
                let columns = InlineArray<3, InlineArray<6, Four>> { x in SixPoints.filter([taps[x], taps[3 + x], taps[6 + x]]) }
                let to = UnsafeMutableRawPointer(filters + (block * inputs + input) * 4)
                for y in 0..<6 {
                    let row = SixPoints.filter([columns[0][y], columns[1][y], columns[2][y]])
                    for x in 0..<6 { to.storeBytes(of: row[x], toByteOffset: (y * 6 + x) * inputs * outputs * 4, as: Four.self) }
                }
            }
        }
    }

    /// Gradients at the points, `[point][output][sixteen inputs]`, to those of the taps.
    private func takeBack(_ sums: UnsafePointer<Lane>, lanesOfPoint: Int, into gradient: UnsafeMutablePointer<Float>) {
        let lanesOfRow = shape.inputChannels / laneWidth
        for output in 0..<shape.outputChannels {
            for block in 0..<lanesOfRow {
                let from = sums + output * lanesOfRow + block
                let columns = InlineArray<6, InlineArray<3, Lane>> { x in
                    SixPoints.taps(InlineArray<6, Lane> { from[($0 &* 6 &+ x) &* lanesOfPoint] })
                }
                let to = gradient + (output * shape.inputChannels + block * laneWidth) * 9
                for y in 0..<3 {
                    let row = SixPoints.taps(InlineArray<6, Lane> { columns[$0][y] })
                    for x in 0..<3 {
                        for i in 0..<laneWidth { to[i &* 9 &+ y &* 3 &+ x] = row[x][i] }
                    }
                }
            }
        }
    }
}
