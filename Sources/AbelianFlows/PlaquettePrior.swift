import AbelianFields
import AbelianKernels
import Glibc
import Networks
import Numerics

/// Independent plaquettes on a torus: V angles Q from one trained density on the circle, whose sum, R modulo 2π, is then taken from all of them
/// evenly, P_i = Q_i - R/V, so that the P add up to whole turns.
///
/// (P, R) is the whole circle^V without a Jacobian, so the density of the plaquettes is a one-dimensional integral,
/// q(P) = ∫_{-π}^{π} dR/2π Π_i q(P_i + R/V) with respect to the normalised Haar measure of the links. No plaquette is singled out, and no R is
/// carried by one of them: a residue on a single plaquette costs as much action as the whole turn it is.
struct PlaquettePrior {
    let sites: Int
    let bins: Int
    /// Flat parameters: widths, heights, and inner slopes; all zero is the Haar measure.
    let widths: Range<Int>
    let heights: Range<Int>
    let slopes: Range<Int>
    private let nodes: [Double]
    private let weights: [Double]

    /// - Parameters:
    ///   - quadrature: points of the integral over R.
    init(sites: Int, bins: Int, quadrature: Int, layout: inout ParameterLayout) {
        self.sites = sites
        self.bins = bins
        widths = layout.add("plaquette.widths", shape: [bins])
        heights = layout.add("plaquette.heights", shape: [bins])
        slopes = layout.add("plaquette.slopes", shape: [bins + 1])
        let rule = GaussLegendre(quadrature)
        nodes = rule.points.map { $0 * Double.pi / Double(sites) }
        weights = rule.weights.map { $0 / 2 }
    }

    // MARK: - The density on the circle

    private static let smallest = 1e-6

    /// Fills the spline: softmax of widths and heights over (0, ½), slopes e^raw.
    func fill(_ spline: CircularSpline, _ parameters: UnsafePointer<Float>) {
        let w = shares(parameters, widths), h = shares(parameters, heights)
        var (x, y) = (0.0, 0.0)
        spline.x[0] = 0
        spline.y[0] = 0
        for k in 0..<bins {
            x += w[k]
            y += h[k]
            spline.x[k + 1] = k + 1 == bins ? 0.5 : x
            spline.y[k + 1] = k + 1 == bins ? 0.5 : y
        }
        for k in 0...bins { spline.slope[k] = exp(Double(parameters[slopes.lowerBound + k])) }
    }

    /// ½ of a softmax that leaves every bin a smallest share.
    private func shares(_ parameters: UnsafePointer<Float>, _ range: Range<Int>) -> [Double] {
        let raw = range.map { Double(parameters[$0]) }
        let top = raw.max() ?? 0
        let powers = raw.map { exp($0 - top) }
        let total = powers.reduce(0, +)
        let free = 1 - Self.smallest * Double(bins)
        return powers.map { 0.5 * (Self.smallest + free * $0 / total) }
    }

    /// Adds to `gradient` the pull-back of derivatives by knots (x, y, slope, `bins + 1` of each).
    func pullBack(_ knots: UnsafePointer<Double>, _ parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>) {
        for (range, offset) in [(widths, 0), (heights, bins + 1)] {
            // A share moves all knots to its right but the last, which stays at ½.
            var share = [Double](repeating: 0, count: bins)
            var sum = 0.0
            for k in stride(from: bins - 2, through: 0, by: -1) {
                sum += knots[offset + k + 1]
                share[k] = sum
            }
            let values = shares(parameters, range)
            let free = 1 - Self.smallest * Double(bins)
            let soft = values.map { ($0 / 0.5 - Self.smallest) / free }
            let mean = zip(soft, share).reduce(0) { $0 + $1.0 * $1.1 }
            for k in 0..<bins { gradient[range.lowerBound + k] += Float(0.5 * free * soft[k] * (share[k] - mean)) }
        }
        for k in 0...bins {
            gradient[slopes.lowerBound + k] += Float(knots[2 * (bins + 1) + k] * exp(Double(parameters[slopes.lowerBound + k])))
        }
    }

    // MARK: - Plaquettes

    /// Angles of v uniform on (0, 1), their sum taken from all of them; `field` holds v and becomes P.
    func sample(_ field: UnsafeMutablePointer<DoubleLane>, _ spline: CircularSpline) {
        var residue = DoubleLane.zero
        for site in 0..<sites {
            for lane in 0..<laneWidth { field[site][lane] = spline.angle(field[site][lane]) }
            residue += field[site]
        }
        residue = Angle.wrapped(residue) / Double(sites)
        for site in 0..<sites { field[site] = Angle.wrapped(field[site] - residue) }
    }

    /// log q of plaquettes, and, where `score` is there, its derivative by each of them.
    func logDensity(
        _ field: UnsafePointer<DoubleLane>, _ density: CircularDensity, score: UnsafeMutablePointer<DoubleLane>? = nil,
        scratch: UnsafeMutablePointer<DoubleLane>
    ) -> DoubleLane {
        let sums = nodes.enumerated().map { k, shift in
            density.logDensity(field, sites: sites, shift: shift, derivative: score == nil ? nil : scratch + k * sites)
        }
        var result = DoubleLane.zero
        var means = sums
        for lane in 0..<laneWidth {
            let top = sums.reduce(-Double.infinity) { max($0, $1[lane]) }
            let shares = nodes.indices.map { weights[$0] * exp(sums[$0][lane] - top) }
            let total = shares.reduce(0, +)
            result[lane] = top + log(total)
            for k in nodes.indices { means[k][lane] = shares[k] / total }
        }
        if let score {
            for site in 0..<sites {
                var mean = DoubleLane.zero
                for k in nodes.indices { mean += means[k] * scratch[k * sites + site] }
                score[site] = mean
            }
        }
        return result
    }

    var scratchLanes: Int { nodes.count * sites }

    /// Adds to `knots` the derivative of Σ_i c_i P_i by the spline's knots, where `uniform` made the P: through all Q, and through R.
    func pullBack(
        uniform: UnsafePointer<DoubleLane>, cotangent: UnsafePointer<DoubleLane>, _ spline: CircularSpline, knots: UnsafeMutablePointer<Double>
    ) {
        var mean = DoubleLane.zero
        for site in 0..<sites { mean += cotangent[site] }
        mean /= Double(sites)
        for site in 0..<sites {
            let c: DoubleLane = cotangent[site] - mean
            for lane in 0..<laneWidth {
                spline.pullBack(uniform[site][lane], cotangent: c[lane] / Double(laneWidth), gradient: knots)
            }
        }
    }
}
