import Flows
import Networks
import Numerics

/// Splines of r on (0, ½), continued by r → 1 - r, at nodes of s₀; between them their knots are blended by quadratic B-splines.
final class ShapeTable {
    /// Where the parameters of the first node begin, and how many a node has.
    private let first, width: Int
    private let doubles: Int
    private let storage: UnsafeMutablePointer<Double>
    let count: Int
    /// Knots x of all nodes, then y, then slopes: the six numbers of a bin are looked up here.
    private let knots: UnsafeMutablePointer<Double>
    let nodes: Int
    let cellsPerRadian: Double
    private static let span = 0.5

    init(bins: Int, nodes: Int, layout: inout ParameterLayout) {
        count = bins + 1
        self.nodes = nodes
        cellsPerRadian = Double(nodes - 2) / (2 * Double.pi)
        width = RationalQuadratic.parameterCount(bins + 1)
        first = layout.add("class.shape", shape: [nodes, width]).lowerBound
        doubles = RationalQuadratic.doubleCount(bins + 1)
        storage = .allocate(capacity: nodes * doubles)
        storage.initialize(repeating: 0, count: nodes * doubles)
        knots = .allocate(capacity: 3 * nodes * (bins + 1))
        knots.initialize(repeating: 0, count: 3 * nodes * (bins + 1))
    }

    deinit {
        storage.deallocate()
        knots.deallocate()
    }

    @inline(__always)
    private func spline(_ node: Int) -> RationalQuadratic { RationalQuadratic(count: count, storage: storage + node * doubles) }

    func prepare(_ parameters: UnsafePointer<Float>) {
        for node in 0..<nodes {
            let spline = spline(node)
            spline.set(raw: parameters + first + node * width, span: Self.span)
            let row = knots + node * count
            row.update(from: spline.x, count: count)
            (row + nodes * count).update(from: spline.y, count: count)
            (row + 2 * nodes * count).update(from: spline.slope, count: count)
        }
    }

    func clearGradient() {
        for node in 0..<nodes { spline(node).clearGradient() }
    }

    func pullBack(_ parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>) {
        for node in 0..<nodes {
            spline(node).pullBack(raw: parameters + first + node * width, span: Self.span, gradient: gradient + first + node * width)
        }
    }

    /// Adds `weight` times the derivatives of r by the knots.
    @inline(__always)
    func add(_ derivatives: Derivatives, _ place: Place, weight: Double) {
        spline(place.node).addKnotGradient(derivatives.value, bin: derivatives.bin, weight: weight * place.w0)
        spline(place.node + 1).addKnotGradient(derivatives.value, bin: derivatives.bin, weight: weight * place.w1)
        spline(place.node + 2).addKnotGradient(derivatives.value, bin: derivatives.bin, weight: weight * place.w2)
    }

    /// What training needs of a place and an r₀.
    struct Derivatives {
        let bin: Int
        /// Of r by the six numbers of the bin.
        let value: RationalQuadraticBin
        /// ∂ log(∂r/∂r₀)/∂r₀, ∂r/∂s₀ and ∂ log(∂r/∂r₀)/∂s₀.
        let bend, valueBySpread, logSlopeBySpread: Double
    }

    /// Where an s₀ lies in the table: three nodes with their weights.
    struct Place {
        let node: Int
        let w0, w1, w2: Double
        private let rates: (Double, Double, Double)
        private let knots: UnsafePointer<Double>
        private let count, plane: Int

        @inline(__always)
        init(_ table: ShapeTable, _ s0: Double) {
            let x = s0 * table.cellsPerRadian
            let cell = max(0, min(table.nodes - 3, Int(x)))
            let f = x - Double(cell), g = 1 - f
            node = cell
            (w0, w1, w2) = (0.5 * g * g, 0.5 + f * g, 0.5 * f * f)
            rates = (-g * table.cellsPerRadian, (g - f) * table.cellsPerRadian, f * table.cellsPerRadian)
            count = table.count
            plane = table.nodes * table.count
            knots = UnsafePointer(table.knots + cell * table.count)
        }

        @inline(__always)
        private func blended(_ k: Int, _ part: Int) -> Double {
            let row = knots + part * plane + k
            return w0 * row[0] + w1 * row[count] + w2 * row[2 * count]
        }

        @inline(__always)
        private func rate(_ k: Int, _ part: Int) -> Double {
            let row = knots + part * plane + k
            return rates.0 * row[0] + rates.1 * row[count] + rates.2 * row[2 * count]
        }

        /// The bin whose edges, x or y, hold a value.
        @inline(__always)
        private func index(_ value: Double, _ part: Int) -> Int {
            var i = 0
            while i + 2 < count && value >= blended(i + 1, part) { i += 1 }
            return i
        }

        @inline(__always)
        private func bin(_ i: Int) -> RationalQuadraticBin {
            RationalQuadraticBin(
                x0: blended(i, 0), x1: blended(i + 1, 0), y0: blended(i, 1), y1: blended(i + 1, 1), d0: blended(i, 2), d1: blended(i + 1, 2))
        }

        /// r and ∂r/∂r₀.
        @inline(__always)
        func value(at r0: Double) -> (value: Double, slope: Double) {
            let u = min(r0, 1 - r0)
            let (value, slope) = bin(index(u, 0)).value(at: u)
            return (r0 > 0.5 ? 1 - value : value, slope)
        }

        /// r₀ of an r, and ∂r/∂r₀ there.
        func inverse(of r: Double) -> (r0: Double, slope: Double) {
            let v = min(r, 1 - r)
            let bin = bin(index(v, 1))
            let u = bin.inverse(of: v)
            return (r > 0.5 ? 1 - u : u, bin.value(at: u).slope)
        }

        @inline(__always)
        func derivatives(at r0: Double) -> Derivatives {
            let mirrored = r0 > 0.5
            let u = mirrored ? 1 - r0 : r0
            let i = index(u, 0)
            let bin = bin(i)
            let moving = RationalQuadraticBin(x0: rate(i, 0), x1: rate(i + 1, 0), y0: rate(i, 1), y1: rate(i + 1, 1), d0: rate(i, 2), d1: rate(i + 1, 2))
            var value = bin.valueGradient(at: u)
            var bend = bin.bend(at: u), across = value.dot(moving)
            if mirrored {
                value = RationalQuadraticBin(x0: -value.x0, x1: -value.x1, y0: -value.y0, y1: -value.y1, d0: -value.d0, d1: -value.d1)
                (bend, across) = (-bend, -across)
            }
            return Derivatives(bin: i, value: value, bend: bend, valueBySpread: across, logSlopeBySpread: bin.logSlopeRate(at: u, rates: moving))
        }
    }
}
