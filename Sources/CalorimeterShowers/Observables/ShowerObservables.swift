import Glibc

/// What a physicist reads off one shower. Lengths are in pads and layers, counted from the window's edge and the front; energies in GeV.
public struct ShowerObservables: Sendable, Equatable {
    /// Energy of all cells above the threshold.
    public let total: Double
    /// Cells above the threshold.
    public let hits: Int
    /// Energy by layer, by row in x and by row in y.
    public let layers: [Double]
    public let rowsX: [Double]
    public let rowsY: [Double]
    /// Energy-weighted mean, and the standard deviation, along x, y and depth.
    public let mean: SIMD3<Double>
    public let spread: SIMD3<Double>
    /// Standard deviation across the shower's axis in x, and the share of energy within one pad of the core in x.
    public let coreShare: Double
    /// Angle in rad that the barycentres of the layers tell, pi/2 for a perpendicular shower; NaN where they do not.
    public let angle: Double
    /// Energy shares of the first, middle and last third of the layers.
    public let thirds: SIMD3<Double>

    /// Measures a shower of `grid` cells in GeV, `[x][y][layer]`.
    /// - Parameters:
    ///   - threshold: cells of less than this count as empty, GeV.
    ///   - slope: pads of y that a shower moves on per layer and unit of cot(theta), for the layer at each index, from the front.
    public init(_ cells: UnsafeBufferPointer<Float>, grid: ShowerGrid, threshold: Double, slope: [Double]) {
        precondition(cells.count == grid.cells && slope.count == grid.layers, "a shower has all cells of its grid")
        var layers = [Double](repeating: 0, count: grid.layers)
        var momentsY = layers
        var rowsX = [Double](repeating: 0, count: grid.x)
        var rowsY = [Double](repeating: 0, count: grid.y)
        var hits = 0
        let limit = Float(threshold)
        var k = 0
        for x in 0..<grid.x {
            var row = 0.0
            for y in 0..<grid.y {
                var column = 0.0
                for layer in 0..<grid.layers {
                    let value = cells[k]
                    k += 1
                    guard value > 0, value >= limit else { continue }
                    hits += 1
                    column += Double(value)
                    layers[layer] += Double(value)
                    momentsY[layer] += Double(value) * (Double(y) + 0.5)
                }
                row += column
                rowsY[y] += column
            }
            rowsX[x] = row
        }
        (self.layers, self.rowsX, self.rowsY, self.hits) = (layers, rowsX, rowsY, hits)
        let total = layers.reduce(0, +)
        self.total = total
        let (x, y, z) = (Self.moments(rowsX), Self.moments(rowsY), Self.moments(layers))
        mean = SIMD3(x.mean, y.mean, z.mean)
        spread = SIMD3(x.deviation, y.deviation, z.deviation)
        let centre = min(max(Int(x.mean), 0), grid.x - 1)
        let near = rowsX[max(0, centre - 1)...min(grid.x - 1, centre + 1)].reduce(0, +)
        coreShare = total > 0 ? near / total : 0
        angle = Self.angle(layers, momentsY, slope)
        let third = Double(grid.layers) / 3
        var parts = SIMD3<Double>.zero
        for (layer, energy) in layers.enumerated() { parts[min(2, Int(Double(layer) / third))] += energy }
        thirds = total > 0 ? parts / total : .zero
    }

    private static func moments(_ row: [Double]) -> (mean: Double, deviation: Double) {
        var (sum, first) = (0.0, 0.0)
        for (i, energy) in row.enumerated() {
            sum += energy
            first += energy * (Double(i) + 0.5)
        }
        guard sum > 0 else { return (0, 0) }
        let mean = first / sum
        var second = 0.0
        for (i, energy) in row.enumerated() { second += energy * (Double(i) + 0.5 - mean) * (Double(i) + 0.5 - mean) }
        return (mean, (second / sum).squareRoot())
    }

    /// Straight line through the layers' barycentres, weighted by energy: cot(theta) is its slope.
    private static func angle(_ layers: [Double], _ momentsY: [Double], _ slope: [Double]) -> Double {
        var (w, s, y, ss, sy) = (0.0, 0.0, 0.0, 0.0, 0.0)
        for i in layers.indices where layers[i] > 0 {
            let centre = momentsY[i] / layers[i]
            w += layers[i]
            s += layers[i] * slope[i]
            y += layers[i] * centre
            ss += layers[i] * slope[i] * slope[i]
            sy += layers[i] * slope[i] * centre
        }
        let determinant = w * ss - s * s
        guard w > 0, determinant > 1e-12 * w * ss else { return .nan }
        return .pi / 2 - atan((w * sy - s * y) / determinant)
    }
}
