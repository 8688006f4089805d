import Glibc

/// The polar angle of one shower from the barycentres of its layers, and its gradient.
///
/// Source: `ecal_angle` of 3DGAN (CERN-IT-INNOVATION/3DGAN, gan_models.py): every layer with energy gives pi/2 - atan((y - y0) / distance to the
/// barycentre in the x-z plane), weighted by its depth; 100 for an empty image.
enum ShowerAngle {
    static let ofNothing = 100.0
    /// Below this the squared distance is held. Source: Keras, epsilon().
    static let floor = 1e-7

    /// - Parameters:
    ///   - sums: energy, energy times x and energy times y of each layer, one after the other.
    ///   - gradient: the same places, overwritten.
    static func measure(_ sums: [Double], gradient: inout [Double]) -> Double {
        let layers = sums.count / 3
        for i in gradient.indices { gradient[i] = 0 }
        var total = 0.0, alongX = 0.0, alongY = 0.0, alongZ = 0.0, weights = 0.0
        for z in 0..<layers {
            total += sums[z]
            alongX += sums[layers + z]
            alongY += sums[2 * layers + z]
            alongZ += sums[z] * (Double(z) + 0.5)
            if sums[z] != 0 { weights += Double(z) + 0.5 }
        }
        guard total != 0, weights > 0 else { return ofNothing }
        let x0 = alongX / total, y0 = alongY / total, z0 = alongZ / total
        var angle = 0.0, gx0 = 0.0, gy0 = 0.0, gz0 = 0.0
        for z in 0..<layers where sums[z] != 0 {
            let energy = sums[z], depth = Double(z) + 0.5, weight = depth / weights
            let x = sums[layers + z] / energy, y = sums[2 * layers + z] / energy
            let u = x - x0, w = depth - z0
            let square = u * u + w * w
            let distance = max(square, floor).squareRoot()
            let sign = depth < z0 ? -1.0 : 1.0
            let slope = sign * (y - y0) / distance
            angle += weight * (Double.pi / 2 - atan(slope))
            let gSlope = -weight / (1 + slope * slope)
            let gy = gSlope * sign / distance
            let gDistance = square > floor ? -gSlope * slope / distance : 0
            let gx = gDistance * u / distance
            gx0 -= gx
            gy0 -= gy
            gz0 -= gDistance * w / distance
            gradient[layers + z] += gx / energy
            gradient[2 * layers + z] += gy / energy
            gradient[z] -= (gx * x + gy * y) / energy
        }
        for z in 0..<layers {
            gradient[z] += (gz0 * (Double(z) + 0.5 - z0) - gx0 * x0 - gy0 * y0) / total
            gradient[layers + z] += gx0 / total
            gradient[2 * layers + z] += gy0 / total
        }
        return angle
    }
}
