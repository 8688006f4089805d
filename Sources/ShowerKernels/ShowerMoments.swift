import CLanes
import Numerics

/// Energy sums of the layers of sixteen showers, `[x][y][layer]` of lanes.
public struct ShowerMoments: Sendable {
    public let extents: [Int]
    /// The network's image is the energy to this power.
    public let power: Float

    public init(extents: [Int], power: Float) {
        self.extents = extents
        self.power = power
    }

    public var sites: Int { extents.reduce(1, *) }

    /// base^exponent for base > 0, 0 elsewhere.
    @inline(__always)
    static func raise(_ base: Lane, _ exponent: Lane) -> Lane {
        let positive = base .> Lane.zero
        let safe = Lane(repeating: 1).replacing(with: base, where: positive)
        return Lane.zero.replacing(with: LaneMath.exp(exponent * LaneMath.log(safe)), where: positive)
    }

    /// image = (energy / unit)^power, with a unit for each sample.
    public func compress(_ energy: UnsafePointer<Lane>, unit: Lane = Lane(repeating: 1), into image: UnsafeMutablePointer<Lane>) {
        let exponent = Lane(repeating: power)
        for i in 0..<sites { image[i] = Self.raise(energy[i] / unit, exponent) }
    }

    /// energy = image^(1 / power) * unit.
    public func expand(_ image: UnsafePointer<Lane>, unit: Lane = Lane(repeating: 1), into energy: UnsafeMutablePointer<Lane>) {
        let exponent = Lane(repeating: 1 / power)
        for i in 0..<sites { energy[i] = Self.raise(image[i], exponent) * unit }
    }

    /// image *= gains[layer], in place.
    public func scale(_ image: UnsafeMutablePointer<Lane>, by gains: UnsafePointer<Lane>) {
        let layers = extents[2]
        for column in 0..<extents[0] * extents[1] {
            for layer in 0..<layers { image[column * layers + layer] *= gains[layer] }
        }
    }

    /// sums[0..<Z] = sum of e in each layer, sums[Z..<2 Z] of e (x - centre), sums[2 Z..<3 Z] of e (y - centre).
    public func measure(_ energy: UnsafePointer<Lane>, into sums: UnsafeMutablePointer<DoubleLane>) {
        let (columns, rows, layers) = (extents[0], extents[1], extents[2])
        sums.update(repeating: .zero, count: 3 * layers)
        for layer in 0..<layers {
            var total = DoubleLane.zero, alongX = DoubleLane.zero, alongY = DoubleLane.zero
            for x in 0..<columns {
                let column = energy + (x * rows * layers + layer)
                var sum = Lane.zero, weighted = Lane.zero
                for y in 0..<rows {
                    let e = column[y * layers]
                    sum += e
                    weighted = LaneMath.fma(e, Lane(repeating: Self.centred(y, rows)), weighted)
                }
                let wide: DoubleLane = didymos_double_lane_from_float(sum)
                total += wide
                alongX += wide * DoubleLane(repeating: Double(Self.centred(x, columns)))
                alongY += didymos_double_lane_from_float(weighted)
            }
            sums[layer] = total
            sums[layers + layer] = alongX
            sums[2 * layers + layer] = alongY
        }
    }

    /// gradient += d energy / d image * (a[z] + b[z] (x - centre) + c[z] (y - centre)), with a, b, c one after the other in `coefficients`.
    public func addGradient(
        image: UnsafePointer<Lane>, energy: UnsafePointer<Lane>, coefficients: UnsafePointer<Lane>, to gradient: UnsafeMutablePointer<Lane>
    ) {
        let (columns, rows, layers) = (extents[0], extents[1], extents[2])
        let inversePower = Lane(repeating: 1 / power)
        for x in 0..<columns {
            let dx = Lane(repeating: Self.centred(x, columns))
            for y in 0..<rows {
                let dy = Lane(repeating: Self.centred(y, rows))
                let row = (x * rows + y) * layers
                for layer in 0..<layers {
                    let pixel = image[row + layer]
                    let positive = pixel .> Lane.zero
                    let safe = Lane(repeating: 1).replacing(with: pixel, where: positive)
                    let slope: Lane = inversePower * energy[row + layer] / safe
                    let inner: Lane = LaneMath.fma(dy, coefficients[2 * layers + layer], coefficients[layer])
                    let force: Lane = LaneMath.fma(dx, coefficients[layers + layer], inner)
                    gradient[row + layer] += Lane.zero.replacing(with: slope * force, where: positive)
                }
            }
        }
    }

    @inline(__always)
    private static func centred(_ index: Int, _ count: Int) -> Float { Float(index) - 0.5 * Float(count - 1) }
}
