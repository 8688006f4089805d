import Numerics

/// What a tile can be made of: a lane, or half of one.
protocol TileVector: SIMD where Scalar == Float {
    /// Sum of the scalars, always as the same tree of halves.
    var horizontalSum: Float { get }
    /// Adds a b, rounded once.
    mutating func addProduct(_ a: Self, _ b: Self)
}

extension SIMD8: TileVector where Scalar == Float {
    @inline(__always) var horizontalSum: Float {
        let four = lowHalf + highHalf
        let two = four.lowHalf + four.highHalf
        return two.x + two.y
    }
}

extension SIMD16: TileVector where Scalar == Float {
    @inline(__always) var horizontalSum: Float { (lowHalf + highHalf).horizontalSum }
}

/// A block of sums held in registers: `rows` output channels times `columns` vectors at `sites` sites.
///
/// The innermost loop of every convolution. `columns / sites` vectors of each site are in the tile: one if a vector is
/// a whole lane or if the two halves of a lane are done one after the other, two if both halves are.
/// The number of sums is chosen to fill the register file (docs/decisions/lane-kernels.md).
struct Tile<Vector: TileVector, let rows: Int, let sites: Int, let columns: Int> {
    typealias Sums = InlineArray<rows, InlineArray<columns, Vector>>
    typealias Pointers = InlineArray<sites, UnsafeRawPointer>

    @inline(__always) static var vectorsPerSite: Int { columns / sites }
    /// How often a tile is run to cover whole lanes.
    @inline(__always) static var partsPerLane: Int { laneWidth / (Vector.scalarCount * vectorsPerSite) }
    @inline(__always) static var partBytes: Int { vectorBytes * vectorsPerSite }
    @inline(__always) static var vectorBytes: Int { Vector.scalarCount * 4 }

    @inline(__always)
    static func load(_ pointers: Pointers, _ column: Int, _ offset: Int) -> Vector {
        pointers[column / vectorsPerSite].load(
            fromByteOffset: offset &+ (column % vectorsPerSite) &* vectorBytes, as: Vector.self)
    }

    /// sums[row][column] += weights[row][t] * input[column] at offsets[t], for every t: a weight is broadcast.
    @inline(__always)
    static func accumulate(
        _ sums: inout Sums, inputs: Pointers, offsets: UnsafePointer<Int32>, count: Int,
        weights: UnsafePointer<Float>, weightStride: Int, tapStride: Int = 1
    ) {
        var local = sums  // a copy has no address, so it stays in registers
        var t = 0
        // Nine taps at a time: a loop of few turns ends as predicted.
        while t &+ 9 <= count {
            for _ in 0..<9 {
                addTap(&local, inputs, Int(offsets[t]), weights + t &* tapStride, weightStride)
                t &+= 1
            }
        }
        while t < count {
            addTap(&local, inputs, Int(offsets[t]), weights + t &* tapStride, weightStride)
            t &+= 1
        }
        sums = local
    }

    @inline(__always)
    private static func addTap(_ sums: inout Sums, _ inputs: Pointers, _ offset: Int, _ weights: UnsafePointer<Float>, _ weightStride: Int) {
        // Whichever side is shorter waits in registers while the other one streams through the last free one.
        if rows > 3 {
            let x = InlineArray<columns, Vector> { load(inputs, $0, offset) }
            for row in 0..<rows {
                let weight = Vector(repeating: weights[row &* weightStride])
                for column in 0..<columns { sums[row][column].addProduct(weight, x[column]) }
            }
        } else {
            let weight = InlineArray<rows, Vector> { Vector(repeating: weights[$0 &* weightStride]) }
            for site in 0..<sites {
                for part in 0..<vectorsPerSite {
                    let column = site &* vectorsPerSite &+ part
                    let x = load(inputs, column, offset)
                    for row in 0..<rows { sums[row][column].addProduct(weight[row], x) }
                }
            }
        }
    }

    /// sums[row][column] += gradient[row][s] * input[column] at offsets[s], for every site s: both sides are vectors.
    @inline(__always)
    static func accumulate(
        _ sums: inout Sums, inputs: Pointers, siteOffsets: UnsafePointer<Int32>, count: Int,
        gradient: UnsafeRawPointer, gradientStride: Int
    ) {
        var local = sums
        var s = 0
        while s < count {
            for part in 0..<partsPerLane {
                let offset = Int(siteOffsets[s]) &+ part &* partBytes
                let position = gradient + (s &* MemoryLayout<Lane>.size &+ part &* partBytes)
                if rows > 3 {
                    let x = InlineArray<columns, Vector> { load(inputs, $0, offset) }
                    for row in 0..<rows {
                        let slope = position.load(fromByteOffset: row &* gradientStride, as: Vector.self)
                        for column in 0..<columns { local[row][column].addProduct(slope, x[column]) }
                    }
                } else {
                    let slope = InlineArray<rows, Vector> { position.load(fromByteOffset: $0 &* gradientStride, as: Vector.self) }
                    for column in 0..<columns {
                        let x = load(inputs, column, offset)
                        for row in 0..<rows { local[row][column].addProduct(slope[row], x) }
                    }
                }
            }
            s &+= 1
        }
        sums = local
    }
}
