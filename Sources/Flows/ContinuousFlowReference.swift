import Glibc
import LatticeFields

/// The continuous flow in plain double precision, one field at a time: sums over displacements, no transforms, no lanes.
/// What the fast engine is tested against.
package struct ContinuousFlowReference {
    package let flow: ContinuousFlow
    package var parameters: [Double]
    package let steps: Int
    private let coordinates: [[Int]]
    /// `displacement[x·V + y]`: the site that x - y is.
    private let displacement: [Int]
    /// Coupled index of each displacement, or -1.
    private let coupledIndex: [Int]

    package init(flow: ContinuousFlow, parameters: [Float], steps: Int) {
        self.flow = flow
        self.parameters = parameters.map(Double.init)
        self.steps = steps
        let extents = flow.shape.extents
        let all = (0..<flow.siteCount).map { SpectralOrbits.coordinates(ofSite: $0, extents: extents) }
        coordinates = all
        displacement = all.flatMap { x in
            all.map { y in
                var site = 0
                for axis in extents.indices { site = site * extents[axis] + (x[axis] - y[axis] + extents[axis]) % extents[axis] }
                return site
            }
        }
        coupledIndex = flow.orbits.orbitOfSite.map { flow.coupledOrbits.firstIndex(of: Int($0)) ?? -1 }
    }

    private var frequency: Double { parameters[flow.frequencyIndex] }

    /// W_n(t) by displacement, n = 0 for φ and 1... for the sines.
    private func kernels(_ t: Double) -> [[Double]] {
        let features = flow.featureCount
        let coupled = flow.coupledOrbits.count
        return (0..<features).map { n in
            coupledIndex.map { index in
                guard index >= 0 else { return 0 }
                var sum = 0.0
                for d in 0..<flow.shape.timeTerms {
                    let basis = cos(Double(d) * acos(min(max(2 * t - 1, -1), 1)))
                    for f in 0..<features {
                        let place = flow.kernelRange.lowerBound + (d * features + f) * coupled + index
                        sum += basis * flow.featureMixing[f][n] * parameters[place]
                    }
                }
                return sum * flow.kernelWeight(ofCoupled: index)
            }
        }
    }

    /// v(φ, t) and its divergence.
    package func velocity(_ field: [Double], time: Double) -> (velocity: [Double], divergence: Double) {
        let kernels = kernels(time)
        let sites = flow.siteCount
        var velocity = [Double](repeating: 0, count: sites)
        var divergence = 0.0
        for (n, kernel) in kernels.enumerated() {
            let a = Double(n) * frequency
            for y in 0..<sites {
                let feature = n == 0 ? field[y] : sin(a * field[y])
                divergence += kernel[0] * (n == 0 ? 1 : a * cos(a * field[y]))
                for x in 0..<sites { velocity[x] += kernel[displacement[x * sites + y]] * feature }
            }
        }
        return (velocity, divergence)
    }

    /// From time 0 to 1, or back; and ∫ ∇·v dt along the way.
    private func integrate(_ start: [Double], backward: Bool) -> (field: [Double], divergence: Double) {
        let scheme = RungeKuttaScheme.fifthOrder
        let h = (backward ? -1 : 1) / Double(steps)
        var field = start
        var total = 0.0
        for step in 0..<steps {
            let t = backward ? 1 + h * Double(step) : h * Double(step)
            var slopes: [[Double]] = []
            for stage in 0..<scheme.stages {
                var y = field
                for (j, a) in scheme.couplings[stage].enumerated() {
                    for x in y.indices { y[x] += h * a * slopes[j][x] }
                }
                let (v, divergence) = velocity(y, time: t + h * scheme.nodes[stage])
                slopes.append(v)
                total += h * scheme.weights[stage] * divergence
            }
            for (slope, b) in zip(slopes, scheme.weights) {
                for x in field.indices { field[x] += h * b * slope[x] }
            }
        }
        return (field, total)
    }

    /// cas(2πj·k/L) products over √V: the Hartley basis.
    private func hartley(_ values: [Double]) -> [Double] {
        let extents = flow.shape.extents
        return coordinates.map { k in
            var sum = 0.0
            for (x, value) in zip(coordinates, values) {
                var product = value
                for axis in extents.indices {
                    let phase = 2 * Double.pi * Double(k[axis] * x[axis]) / Double(extents[axis])
                    product *= cos(phase) + sin(phase)
                }
                sum += product
            }
            return sum / Double(flow.siteCount).squareRoot()
        }
    }

    private var logVariances: [Double] {
        let start = flow.startingLogVariance
        return flow.orbits.orbitOfSite.map { start[Int($0)] + parameters[flow.priorRange.lowerBound + Int($0)] }
    }

    private func logPrior(_ noise: [Double]) -> Double {
        zip(noise, logVariances).reduce(0) { $0 - 0.5 * ($1.0 * $1.0 + $1.1 + log(2 * Double.pi)) }
    }

    /// The field that noise becomes, and log q.
    package func sample(_ noise: [Double]) -> (field: [Double], logDensity: Double) {
        let start = hartley(zip(noise, logVariances).map { $0 * exp(0.5 * $1) })
        let (field, divergence) = integrate(start, backward: false)
        return (field, logPrior(noise) - divergence)
    }

    /// log q of a field by integrating back.
    package func logDensity(_ field: [Double]) -> Double {
        let (start, divergence) = integrate(field, backward: true)
        let noise = zip(hartley(start), logVariances).map { $0 * exp(-0.5 * $1) }
        return logPrior(noise) + divergence
    }

    /// S of a field.
    package func action(_ field: [Double], _ action: ScalarAction) -> Double {
        let extents = flow.shape.extents
        var sum = 0.0
        for (site, x) in coordinates.enumerated() {
            let phi = field[site]
            sum += action.c * phi * phi + action.d * phi * phi * phi * phi
            for axis in extents.indices {
                var y = x
                y[axis] = (y[axis] + 1) % extents[axis]
                let neighbour = zip(y, extents).reduce(0) { $0 * $1.1 + $1.0 }
                sum -= action.b * phi * field[neighbour]
            }
        }
        return sum
    }
}
