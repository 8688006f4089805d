import Glibc
import LatticeFields
import Networks
import Numerics

/// How a continuous flow is built: everything but its parameters.
public struct ContinuousFlowShape: Sendable, Equatable {
    /// Extents of the lattice, any dimension.
    public var extents: [Int]
    /// Sines in the velocity, at multiples of one trainable frequency.
    public var harmonics: Int
    /// Chebyshev polynomials in time.
    public var timeTerms: Int
    /// Largest displacement along an axis that the kernel couples.
    public var range: Int
    /// Integration steps over the unit interval of time, in training.
    public var steps: Int
    /// Squared mass and coefficient of k̂² of the prior's starting propagator 1/(b k̂² + m²).
    public var priorMassSquared: Double
    public var priorStiffness: Double
    /// The scale of the field for which the features are orthonormal, <φ²>.
    public var fieldVariance: Double
    /// The frequency at the start, in units of 1/sqrt(fieldVariance).
    public var startingFrequency: Double
}

/// The equivariant continuous flow: a free field whose propagator is trained, carried by
///     dφ_x/dt = Σ_y Σ_f W_f(x - y, t) F_f(φ_y),   F_0 = φ, F_n = sin nωφ,
/// with kernels tied over translations and the point group of the lattice. Odd in φ, so Z2 is exact too.
///
/// Source: Gerdes, de Haan, Rainone, Bondesan, Cheng, arXiv:2207.00283, equations 15-20; the free prior, harmonics of one
/// frequency instead of free ones, and features orthonormal under the prior are ours (`docs/decisions/continuous-flow.md`).
public struct ContinuousFlow: Sendable {
    public let shape: ContinuousFlowShape
    public let orbits: SpectralOrbits
    /// Orbits that the kernel couples, in order of distance.
    public let coupledOrbits: [Int]
    /// `prior.logVariance` [momentum orbits], `frequency` [1], `kernel` [time terms, features, displacement orbits].
    public let layout: ParameterLayout
    let priorRange: Range<Int>
    let frequencyIndex: Int
    let kernelRange: Range<Int>
    /// Rows: features of the parameters; columns: φ and the sines. Lower triangular.
    package let featureMixing: [[Double]]

    /// The kernel's value on each coupled orbit is its parameter over the number of sites of the orbit: a parameter is the weight
    /// of the whole orbit. So a step of the optimizer moves the spectrum by as much for near orbits as for far ones, and a
    /// transfer to a larger lattice that keeps the parameters keeps the kernel up to periodic images.
    func kernelWeight(ofCoupled index: Int) -> Double { 1 / Double(orbits.multiplicity(coupledOrbits[index])) }

    public var siteCount: Int { orbits.siteCount }
    public var featureCount: Int { shape.harmonics + 1 }

    /// A flow for an action, with the best free field for that action as its prior. Throws if there is none, or for a shape
    /// that makes no sense.
    public init(
        extents: [Int], action: ScalarAction, harmonics: Int = 5, timeTerms: Int = 6, range: Int? = nil, steps: Int = 8,
        startingFrequency: Double = 0.6
    ) throws {
        guard !extents.isEmpty, extents.allSatisfy({ $0 >= 2 && $0 <= 4096 }) else {
            throw FlowError("lattice extents: found \(extents), wanted 2 or more sites along every axis")
        }
        let orbits = SpectralOrbits(extents: extents)
        let gap = try GapEquation(action: action, orbits: orbits)
        try self.init(
            shape: ContinuousFlowShape(
                extents: extents, harmonics: harmonics, timeTerms: timeTerms,
                range: min(range ?? Int.max, (extents.max() ?? 2) / 2), steps: steps, priorMassSquared: gap.squaredMass,
                priorStiffness: action.b, fieldVariance: gap.fieldVariance, startingFrequency: startingFrequency),
            orbits: orbits)
    }

    /// The flow of a shape that a file or another flow gives.
    public init(shape: ContinuousFlowShape) throws { try self.init(shape: shape, orbits: SpectralOrbits(extents: shape.extents)) }

    private init(shape: ContinuousFlowShape, orbits: SpectralOrbits) throws {
        func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
            if !condition { throw FlowError(message()) }
        }
        try require((1...32).contains(shape.harmonics), "harmonics: found \(shape.harmonics), wanted 1 to 32")
        try require((1...32).contains(shape.timeTerms), "time terms: found \(shape.timeTerms), wanted 1 to 32")
        try require(shape.range >= 0, "kernel range: found \(shape.range), wanted 0 or more sites")
        try require((1...4096).contains(shape.steps), "integration steps: found \(shape.steps), wanted 1 to 4096")
        try require(
            shape.priorMassSquared > 0 && shape.priorStiffness >= 0 && shape.fieldVariance > 0 && shape.startingFrequency > 0,
            "prior: found squared mass \(shape.priorMassSquared), stiffness \(shape.priorStiffness), field variance \(shape.fieldVariance), wanted positive numbers")
        self.shape = shape
        self.orbits = orbits
        coupledOrbits = orbits.within(range: shape.range)
        var layout = ParameterLayout()
        priorRange = layout.add("prior.logVariance", shape: [orbits.count])
        frequencyIndex = layout.add("frequency", shape: [1]).lowerBound
        kernelRange = layout.add("kernel", shape: [shape.timeTerms, shape.harmonics + 1, coupledOrbits.count])
        self.layout = layout
        featureMixing = Self.orthonormalFeatures(
            count: shape.harmonics + 1, variance: shape.fieldVariance,
            frequency: shape.startingFrequency / shape.fieldVariance.squareRoot())
    }

    /// The identity flow on the starting prior.
    public var initialParameters: [Float] {
        var parameters = [Float](repeating: 0, count: layout.count)
        parameters[frequencyIndex] = Float(shape.startingFrequency / shape.fieldVariance.squareRoot())
        return parameters
    }

    /// log of the starting variance of each momentum orbit; the parameter `prior.logVariance` adds to it.
    var startingLogVariance: [Double] {
        orbits.momentumSquared.map { -log(shape.priorStiffness * $0 + shape.priorMassSquared) }
    }

    /// Gram-Schmidt of φ, sin ωφ, sin 2ωφ, ... under a normal φ: row f holds the combination that is feature f, of variance `variance`.
    ///
    /// Without it the features are almost parallel, and Adam crawls. A ridge keeps nearly dependent ones bounded.
    static func orthonormalFeatures(count: Int, variance: Double, frequency: Double) -> [[Double]] {
        func overlap(_ m: Int, _ n: Int) -> Double {
            let (a, b) = (Double(m) * frequency, Double(n) * frequency)
            switch (m, n) {
            case (0, 0): return variance
            case (0, _): return b * variance * exp(-b * b * variance / 2)
            case (_, 0): return a * variance * exp(-a * a * variance / 2)
            default: return 0.5 * (exp(-(a - b) * (a - b) * variance / 2) - exp(-(a + b) * (a + b) * variance / 2))
            }
        }
        var rows: [[Double]] = []
        let ridge = 1e-4
        func product(_ u: [Double], _ v: [Double]) -> Double {
            var sum = 0.0
            for m in 0..<count where u[m] != 0 {
                for n in 0..<count where v[n] != 0 { sum += u[m] * v[n] * (overlap(m, n) + (m == n ? ridge * overlap(m, m) : 0)) }
            }
            return sum
        }
        for f in 0..<count {
            var row = [Double](repeating: 0, count: count)
            row[f] = 1
            // Twice is enough (Kahan).
            for _ in 0..<2 {
                for earlier in rows {
                    let share = product(row, earlier)
                    for n in 0..<count { row[n] -= share * earlier[n] }
                }
            }
            let norm = product(row, row).squareRoot()
            rows.append(row.map { $0 / norm })
        }
        // In units of the field, so that a rescaled action has the same flow.
        return rows.map { row in row.map { $0 * variance.squareRoot() } }
    }
}
