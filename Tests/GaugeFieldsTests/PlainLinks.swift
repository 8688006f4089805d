import GaugeFields
import GaugeKernels
import LatticeFields
import MessagePassing

/// A complex number, the slow and plain way.
struct Complex: Equatable {
    var re: Double
    var im: Double
    static let zero = Complex(re: 0, im: 0)
    static let one = Complex(re: 1, im: 0)
    static func + (a: Complex, b: Complex) -> Complex { Complex(re: a.re + b.re, im: a.im + b.im) }
    static func - (a: Complex, b: Complex) -> Complex { Complex(re: a.re - b.re, im: a.im - b.im) }
    static func * (a: Complex, b: Complex) -> Complex { Complex(re: a.re * b.re - a.im * b.im, im: a.re * b.im + a.im * b.re) }
    static func * (a: Double, b: Complex) -> Complex { Complex(re: a * b.re, im: a * b.im) }
    var conjugate: Complex { Complex(re: re, im: -im) }
    var modulus: Double { (re * re + im * im).squareRoot() }
}

/// A square complex matrix.
struct PlainMatrix {
    let degree: Int
    var elements: [Complex]

    static func unit(_ degree: Int) -> PlainMatrix {
        PlainMatrix(degree: degree, elements: (0..<degree * degree).map { $0 % (degree + 1) == 0 ? .one : .zero })
    }
    subscript(i: Int, j: Int) -> Complex {
        get { elements[i * degree + j] }
        set { elements[i * degree + j] = newValue }
    }
    static func * (a: PlainMatrix, b: PlainMatrix) -> PlainMatrix {
        var c = PlainMatrix(degree: a.degree, elements: [Complex](repeating: .zero, count: a.elements.count))
        for i in 0..<a.degree {
            for j in 0..<a.degree {
                for k in 0..<a.degree { c[i, j] = c[i, j] + a[i, k] * b[k, j] }
            }
        }
        return c
    }
    static func * (x: Double, a: PlainMatrix) -> PlainMatrix { PlainMatrix(degree: a.degree, elements: a.elements.map { x * $0 }) }
    static func + (a: PlainMatrix, b: PlainMatrix) -> PlainMatrix { PlainMatrix(degree: a.degree, elements: zip(a.elements, b.elements).map(+)) }
    var adjoint: PlainMatrix {
        var b = self
        for i in 0..<degree {
            for j in 0..<degree { b[i, j] = self[j, i].conjugate }
        }
        return b
    }
    var trace: Complex { (0..<degree).reduce(.zero) { $0 + self[$1, $1] } }

    /// exp by Taylor's series.
    var exponential: PlainMatrix {
        var sum = PlainMatrix.unit(degree), term = PlainMatrix.unit(degree)
        for n in 1..<40 {
            term = (1 / Double(n)) * (term * self)
            sum = sum + term
        }
        return sum
    }

    /// i Σ p_a T_a of the halved Pauli or Gell-Mann matrices.
    static func generator(_ p: [Double]) -> PlainMatrix {
        let degree = p.count == 3 ? 2 : 3
        var m = PlainMatrix(degree: degree, elements: [Complex](repeating: .zero, count: degree * degree))
        func pair(_ i: Int, _ j: Int, _ x: Double, _ y: Double) {
            // λ real symmetric with x, λ imaginary with y: element (i, j) = x - i y.
            m[i, j] = m[i, j] + Complex(re: 0.5 * y, im: 0.5 * x)
            m[j, i] = m[j, i] + Complex(re: -0.5 * y, im: 0.5 * x)
        }
        pair(0, 1, p[0], p[1])
        m[0, 0] = m[0, 0] + Complex(re: 0, im: 0.5 * p[2])
        m[1, 1] = m[1, 1] - Complex(re: 0, im: 0.5 * p[2])
        guard degree == 3 else { return m }
        pair(0, 2, p[3], p[4])
        pair(1, 2, p[5], p[6])
        let last = 0.5 * p[7] / 3.0.squareRoot()
        m[0, 0] = m[0, 0] + Complex(re: 0, im: last)
        m[1, 1] = m[1, 1] + Complex(re: 0, im: last)
        m[2, 2] = m[2, 2] - Complex(re: 0, im: 2 * last)
        return m
    }
}

/// All links of a periodic lattice, in lattice order: the twin of kernels over lanes.
struct PlainLinks {
    let extents: [Int]
    let group: GaugeGroup
    var matrices: [PlainMatrix]
    var dimension: Int { extents.count }
    var sites: Int { extents.reduce(1, *) }

    /// Of a field that one rank holds.
    init(_ field: GaugeField) {
        extents = field.order.geometry.extents
        group = field.group
        let components = group.components, block = field.block(), group = group
        matrices = (0..<block.count / components).map { PlainLinks.matrix(Array(block[$0 * components..<($0 + 1) * components]), group) }
    }

    static func matrix(_ c: [Double], _ group: GaugeGroup) -> PlainMatrix {
        if group == .su3 { return PlainMatrix(degree: 3, elements: (0..<9).map { Complex(re: c[2 * $0], im: c[2 * $0 + 1]) }) }
        return PlainMatrix(
            degree: 2,
            elements: [Complex(re: c[0], im: c[3]), Complex(re: c[2], im: c[1]), Complex(re: -c[2], im: c[1]), Complex(re: c[0], im: -c[3])])
    }

    func coordinates(_ site: Int) -> [Int] {
        var rest = site
        var result = extents
        for axis in extents.indices.reversed() {
            result[axis] = rest % extents[axis]
            rest /= extents[axis]
        }
        return result
    }

    func site(_ coordinates: [Int]) -> Int {
        zip(coordinates, extents).reduce(0) { $0 * $1.1 + (($1.0 % $1.1) + $1.1) % $1.1 }
    }

    /// The product along a path of axes, ±(axis + 1), from a site.
    func path(_ start: [Int], _ moves: [Int]) -> PlainMatrix {
        var place = start
        var product = PlainMatrix.unit(group.degree)
        for move in moves {
            let axis = abs(move) - 1
            if move < 0 { place[axis] -= 1 }
            let link = matrices[site(place) * dimension + axis]
            product = product * (move > 0 ? link : link.adjoint)
            if move > 0 { place[axis] += 1 }
        }
        return product
    }

    /// Σ over sites of tr of a path.
    func sum(_ moves: [Int]) -> Complex { (0..<sites).reduce(.zero) { $0 + path(coordinates($1), moves).trace } }

    func action(_ action: GaugeAction) -> Double {
        var value = 0.0
        let n = Double(group.degree), v = Double(sites)
        for mu in 1...dimension {
            for nu in 1...dimension where nu != mu {
                if mu < nu { value += action.plaquetteCoefficient * (v - sum([mu, nu, -mu, -nu]).re / n) }
                value += action.rectangleCoefficient * (v - sum([mu, mu, nu, -mu, -mu, -nu]).re / n)
            }
        }
        return action.beta * value
    }
}
