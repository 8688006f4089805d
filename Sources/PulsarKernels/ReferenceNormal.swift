import Glibc

/// The normal numbers of `RadiometerKernel` in double precision.
enum ReferenceNormal {
    static func pair(_ radius: UInt32, _ angle: UInt32) -> (Double, Double) {
        let u = min((Double(radius) + 0.5) * 0x1p-32, 1 - 0x1p-24)
        let r = (-2 * log(u)).squareRoot()
        let a = 2 * Double.pi * Double(angle >> 9) * 0x1p-23
        return (r * cos(a), r * sin(a))
    }
}
