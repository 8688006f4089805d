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

    /// Scales an image of power 1/2 in place, so that the energies of each layer add up to `wanted`; a layer without any stays empty.
    /// - Parameter factors: `[layer]`, for `project`.
    public func normalise(_ image: UnsafeMutablePointer<Lane>, to wanted: UnsafePointer<Lane>, factors: UnsafeMutablePointer<Lane>) {
        let layers = extents[2]
        factors.update(repeating: .zero, count: layers)
        for column in 0..<extents[0] * extents[1] {
            for layer in 0..<layers {
                let pixel = image[column * layers + layer]
                factors[layer] = LaneMath.fma(pixel, pixel, factors[layer])
            }
        }
        for layer in 0..<layers {
            let filled = factors[layer] .> Lane.zero
            let safe = Lane(repeating: 1).replacing(with: factors[layer], where: filled)
            factors[layer] = Lane.zero.replacing(with: LaneMath.sqrt(wanted[layer] / safe), where: filled)
        }
        for column in 0..<extents[0] * extents[1] {
            for layer in 0..<layers { image[column * layers + layer] *= factors[layer] }
        }
    }

    /// The gradient by the image before `normalise` from that by the image after it, in place; zero where the image is: what `cut` lets through.
    ///
    /// With y = f x and f^2 sum x^2 = w the gradient is f (g - y (g . y) / w).
    /// - Parameter products: `[layer]`, to work in.
    public func project(
        _ gradient: UnsafeMutablePointer<Lane>, image: UnsafePointer<Lane>, wanted: UnsafePointer<Lane>, factors: UnsafePointer<Lane>,
        products: UnsafeMutablePointer<Lane>
    ) {
        let layers = extents[2]
        products.update(repeating: .zero, count: layers)
        for column in 0..<extents[0] * extents[1] {
            for layer in 0..<layers {
                let i = column * layers + layer
                products[layer] = LaneMath.fma(gradient[i], image[i], products[layer])
            }
        }
        for layer in 0..<layers {
            let positive = wanted[layer] .> Lane.zero
            let safe = Lane(repeating: 1).replacing(with: wanted[layer], where: positive)
            products[layer] = Lane.zero.replacing(with: products[layer] / safe, where: positive)
        }
        for column in 0..<extents[0] * extents[1] {
            for layer in 0..<layers {
                let i = column * layers + layer
                let rest: Lane = LaneMath.fma(-image[i], products[layer], gradient[i]) * factors[layer]
                gradient[i] = Lane.zero.replacing(with: rest, where: image[i] .> Lane.zero)
            }
        }
    }

    /// image = max(0, image - thresholds[layer]), in place.
    public func cut(_ image: UnsafeMutablePointer<Lane>, below thresholds: UnsafePointer<Float>) {
        let layers = extents[2]
        for column in 0..<extents[0] * extents[1] {
            for layer in 0..<layers {
                let rest: Lane = image[column * layers + layer] - Lane(repeating: thresholds[layer])
                image[column * layers + layer] = Lane.zero.replacing(with: rest, where: rest .> Lane.zero)
            }
        }
    }

    /// Bins of `count`: a bin is 1/16 of a power of two, and the last holds what is larger than 2^63.
    public static let bins = 2048

    /// The smallest number of a bin: 2^-64 of bin 0.
    public static func lowerEdge(ofBin bin: Int) -> Float { bin <= 0 ? 0 : Float(bitPattern: UInt32(bin + 16 * 63) << 19) }

    /// Adds to counts[layer][bin] the cells of sixteen showers whose number lies in the bin; numbers below 2^-64 are not counted.
    public func count(_ image: UnsafePointer<Lane>, into counts: UnsafeMutablePointer<Int64>) {
        let layers = extents[2]
        for column in 0..<extents[0] * extents[1] {
            for layer in 0..<layers {
                let cell = image[column * layers + layer]
                for j in 0..<laneWidth where cell[j] > 0x1p-64 {
                    let bin = min(Self.bins - 1, Int(cell[j].bitPattern >> 19) - 16 * 63)
                    counts[layer * Self.bins + bin] += 1
                }
            }
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
