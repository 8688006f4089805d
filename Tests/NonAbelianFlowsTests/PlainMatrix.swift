import GaugeKernels
import Numerics

/// A square complex matrix, the slow and plain way: the twin of kernels over lanes.
struct PlainMatrix {
    typealias Complex = SIMD2<Double>
    let degree: Int
    var elements: [Complex]

    static func unit(_ degree: Int) -> PlainMatrix {
        PlainMatrix(degree: degree, elements: (0..<degree * degree).map { Complex($0 % (degree + 1) == 0 ? 1 : 0, 0) })
    }

    static func product(_ x: Complex, _ y: Complex) -> Complex { Complex(x[0] * y[0] - x[1] * y[1], x[0] * y[1] + x[1] * y[0]) }

    static func * (a: PlainMatrix, b: PlainMatrix) -> PlainMatrix {
        let n = a.degree
        var c = PlainMatrix(degree: n, elements: [Complex](repeating: .zero, count: n * n))
        for i in 0..<n {
            for j in 0..<n {
                for k in 0..<n { c.elements[i * n + j] += product(a.elements[i * n + k], b.elements[k * n + j]) }
            }
        }
        return c
    }

    var adjoint: PlainMatrix {
        var b = self
        for i in 0..<degree {
            for j in 0..<degree { b.elements[i * degree + j] = Complex(elements[j * degree + i][0], -elements[j * degree + i][1]) }
        }
        return b
    }

    var trace: Complex { (0..<degree).reduce(.zero) { $0 + elements[$1 * (degree + 1)] } }

    func distance(to other: PlainMatrix) -> Double { zip(elements, other.elements).map { let d = $0 - $1; return (d * d).sum().squareRoot() }.max() ?? 0 }

    func power(_ n: Int) -> PlainMatrix { (0..<n).reduce(.unit(degree)) { result, _ in result * self } }

    /// Of one lane of a stored matrix.
    init(_ group: GaugeGroup, _ lanes: UnsafePointer<SiteLane>, lane: Int) {
        let c = (0..<group.components).map { lanes[$0][lane] }
        degree = group.degree
        elements =
            group == .su3
            ? (0..<9).map { Complex(c[2 * $0], c[2 * $0 + 1]) }
            : [Complex(c[0], c[3]), Complex(c[2], c[1]), Complex(-c[2], c[1]), Complex(c[0], -c[3])]
    }

    init(degree: Int, elements: [Complex]) { (self.degree, self.elements) = (degree, elements) }

    /// Into one lane of a stored matrix.
    func store(_ group: GaugeGroup, _ lanes: UnsafeMutablePointer<SiteLane>, lane: Int) {
        if group == .su3 {
            for k in 0..<9 { (lanes[2 * k][lane], lanes[2 * k + 1][lane]) = (elements[k][0], elements[k][1]) }
        } else {
            (lanes[0][lane], lanes[1][lane], lanes[2][lane], lanes[3][lane]) = (elements[0][0], elements[1][1], elements[1][0], elements[0][1])
        }
    }
}

/// Site lanes that are freed with their owner.
final class LaneMemory {
    let lanes: UnsafeMutablePointer<SiteLane>
    init(_ count: Int) { lanes = SiteMemory.allocate(count) }
    deinit { lanes.deallocate() }
}
