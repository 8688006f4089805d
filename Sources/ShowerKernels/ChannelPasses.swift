import CLanes
import Numerics

/// Passes over one channel of one shard between two convolutions: activation, normalisation, dropout, and their gradients.
///
/// Sums run in single precision over 32 sites and in double precision from there on, in an order that only the length decides.
public enum ChannelPasses {
    /// Sites that are summed in single precision.
    @inline(__always) static var chunk: Int { 32 }

    /// values = v where v > 0, slope v elsewhere, in place. Returns the sums of the results and of their squares.
    public static func activate(_ values: UnsafeMutablePointer<Lane>, sites: Int, slope: Float) -> (sum: Double, squares: Double) {
        var sum = DoubleLane.zero, squares = DoubleLane.zero
        let slopes = Lane(repeating: slope)
        var start = 0
        while start < sites {
            let end = min(start + chunk, sites)
            var part = Lane.zero, partOfSquares = Lane.zero
            for site in start..<end {
                let x = values[site]
                let y = (x * slopes).replacing(with: x, where: x .> Lane.zero)
                values[site] = y
                part += y
                partOfSquares = LaneMath.fma(y, y, partOfSquares)
            }
            sum += didymos_double_lane_from_float(part)
            squares += didymos_double_lane_from_float(partOfSquares)
            start = end
        }
        return (sum.sum(), squares.sum())
    }

    /// output = values * scale + shift.
    public static func normalise(
        _ values: UnsafePointer<Lane>, sites: Int, scale: Float, shift: Float, into output: UnsafeMutablePointer<Lane>
    ) {
        let scales = Lane(repeating: scale), shifts = Lane(repeating: shift)
        for site in 0..<sites { output[site] = LaneMath.fma(values[site], scales, shifts) }
    }

    /// output = values * scale + shift where the sample's bit in `kept` is set, 0 elsewhere.
    public static func normalise(
        _ values: UnsafePointer<Lane>, sites: Int, scale: Float, shift: Float, kept: UnsafePointer<UInt16>,
        into output: UnsafeMutablePointer<Lane>
    ) {
        let scales = Lane(repeating: scale), shifts = Lane(repeating: shift)
        for site in 0..<sites {
            let y: Lane = LaneMath.fma(values[site], scales, shifts)
            output[site] = DropoutMask.select(y, kept[site])
        }
    }

    /// gradient = outer * gain where kept (everywhere without `kept`): the gradient by the normalised values.
    /// Returns its sum and the sum of its products with (values - mean) * inverse.
    public static func collect(
        _ outer: UnsafePointer<Lane>, values: UnsafePointer<Lane>, sites: Int, mean: Float, inverse: Float,
        kept: UnsafePointer<UInt16>?, gain: Float, into gradient: UnsafeMutablePointer<Lane>
    ) -> (sum: Double, products: Double) {
        var sum = DoubleLane.zero, products = DoubleLane.zero
        let gains = Lane(repeating: gain), inverses = Lane(repeating: inverse), offset = Lane(repeating: -mean * inverse)
        var start = 0
        while start < sites {
            let end = min(start + chunk, sites)
            var part = Lane.zero, partOfProducts = Lane.zero
            for site in start..<end {
                var g = outer[site]
                if let kept { g = DropoutMask.select(g * gains, kept[site]) }
                gradient[site] = g
                part += g
                partOfProducts = LaneMath.fma(g, LaneMath.fma(values[site], inverses, offset), partOfProducts)
            }
            sum += didymos_double_lane_from_float(part)
            products += didymos_double_lane_from_float(partOfProducts)
            start = end
        }
        return (sum.sum(), products.sum())
    }

    /// gradient = (a gradient + b values + c) * (1 where values > 0, slope elsewhere), in place: through normalisation and activation.
    public static func descend(
        _ gradient: UnsafeMutablePointer<Lane>, values: UnsafePointer<Lane>, sites: Int, a: Float, b: Float, c: Float, slope: Float
    ) {
        let a = Lane(repeating: a), b = Lane(repeating: b), c = Lane(repeating: c), slopes = Lane(repeating: slope)
        for site in 0..<sites {
            let x = values[site]
            let g: Lane = LaneMath.fma(a, gradient[site], LaneMath.fma(b, x, c))
            gradient[site] = (g * slopes).replacing(with: g, where: x .> Lane.zero)
        }
    }
}
