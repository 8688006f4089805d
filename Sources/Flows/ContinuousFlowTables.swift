import FlowKernels
import Glibc
import Numerics

/// What the integrator reads: the parameters of a continuous flow as spectra at every time that it visits, and the way back
/// from gradients of those spectra to gradients of the parameters (the exact transpose).
final class ContinuousFlowTables {
    let flow: ContinuousFlow
    let times: [Double]
    let siteCount: Int
    let featureCount: Int
    let orbitCount: Int
    /// Orbits in whole lanes.
    let orbitLanes: Int
    /// Square roots of the prior's variance, and their inverses, at every mode.
    let amplitude: UnsafeMutablePointer<Float>
    let inverseAmplitude: UnsafeMutablePointer<Float>
    private(set) var logVarianceSum = 0.0
    private(set) var frequency: Float = 0
    /// [time][harmonic]: `nω W_n(0)` and `-n²ω² W_n(0)`.
    let slopes: UnsafeMutablePointer<Float>
    let curvatures: UnsafeMutablePointer<Float>
    /// [time]: `V W_0(0)`, the divergence of the linear term.
    let linearDivergence: UnsafeMutablePointer<Double>
    let members: UnsafeMutablePointer<Int32>
    let starts: UnsafeMutablePointer<Int32>

    private let spectra: UnsafeMutablePointer<Float>
    /// [coupled orbit][momentum orbit].
    private let cosines: UnsafeMutablePointer<Lane>
    /// [time][term]: Chebyshev polynomials.
    private let timeBasis: [[Float]]
    private let mixing: [[Float]]
    /// [term][feature] rows over momentum orbits, and rows of one time.
    private let spectral: UnsafeMutablePointer<Lane>
    private let row: UnsafeMutablePointer<Lane>
    /// Gradient accumulators: [term][feature] rows, and on-site ones.
    private let spectralGradient: UnsafeMutablePointer<Lane>
    private var onSiteGradient: [Float]
    /// Scratch of one stage: products of each feature by momentum orbit.
    let stageProducts: UnsafeMutablePointer<Float>
    private var current: [Float] = []

    init(flow: ContinuousFlow, times: [Double]) {
        self.flow = flow
        self.times = times
        siteCount = flow.siteCount
        featureCount = flow.featureCount
        orbitCount = flow.orbits.count
        orbitLanes = (orbitCount + laneWidth - 1) / laneWidth
        let terms = flow.shape.timeTerms
        amplitude = .allocate(capacity: siteCount)
        inverseAmplitude = .allocate(capacity: siteCount)
        slopes = .allocate(capacity: times.count * flow.shape.harmonics)
        curvatures = .allocate(capacity: times.count * flow.shape.harmonics)
        linearDivergence = .allocate(capacity: times.count)
        members = .allocate(capacity: siteCount)
        members.initialize(from: flow.orbits.members, count: siteCount)
        starts = .allocate(capacity: orbitCount + 1)
        starts.initialize(from: flow.orbits.starts, count: orbitCount + 1)
        spectra = .allocate(capacity: times.count * featureCount * siteCount)
        func lanes(_ count: Int) -> UnsafeMutablePointer<Lane> {
            let memory = UnsafeMutablePointer<Lane>.allocate(capacity: count)
            memory.initialize(repeating: .zero, count: count)
            return memory
        }
        cosines = lanes(flow.coupledOrbits.count * orbitLanes)
        spectral = lanes(terms * featureCount * orbitLanes)
        spectralGradient = lanes(terms * featureCount * orbitLanes)
        row = lanes(orbitLanes)
        let products = lanes(featureCount * orbitLanes)
        stageProducts = UnsafeMutableRawPointer(products).assumingMemoryBound(to: Float.self)
        onSiteGradient = Array(repeating: 0, count: terms * featureCount)
        timeBasis = times.map { t in
            (0..<terms).map { d in Float(cos(Double(d) * acos(min(max(2 * t - 1, -1), 1)))) }
        }
        mixing = flow.featureMixing.map { $0.map { Float($0) } }
        for (i, orbit) in flow.coupledOrbits.enumerated() {
            let target = Self.scalars(cosines + i * orbitLanes)
            let weight = flow.kernelWeight(ofCoupled: i)
            for (k, value) in flow.orbits.cosines(ofDisplacement: orbit).enumerated() { target[k] = Float(weight * value) }
        }
    }

    deinit {
        amplitude.deallocate()
        inverseAmplitude.deallocate()
        slopes.deallocate()
        curvatures.deallocate()
        linearDivergence.deallocate()
        members.deallocate()
        starts.deallocate()
        spectra.deallocate()
        cosines.deallocate()
        spectral.deallocate()
        spectralGradient.deallocate()
        row.deallocate()
        UnsafeMutableRawPointer(stageProducts).deallocate()
    }

    private static func scalars(_ lanes: UnsafeMutablePointer<Lane>) -> UnsafeMutablePointer<Float> {
        UnsafeMutableRawPointer(lanes).assumingMemoryBound(to: Float.self)
    }

    /// The spectrum of feature f (0 is φ, n is sin nωφ) at a time, at every mode.
    func spectrum(time: Int, feature: Int) -> UnsafePointer<Float> {
        UnsafePointer(spectra + (time * featureCount + feature) * siteCount)
    }

    /// Brings the tables up to date with the parameters; does nothing if they have not changed.
    func update(_ parameters: UnsafePointer<Float>) {
        let count = flow.layout.count
        if current.count == count {
            var same = true
            for i in 0..<count where current[i] != parameters[i] {
                same = false
                break
            }
            if same { return }
        }
        current = Array(UnsafeBufferPointer(start: parameters, count: count))
        updatePrior(parameters)
        frequency = parameters[flow.frequencyIndex]
        updateSpectra(parameters + flow.kernelRange.lowerBound)
    }

    private func updatePrior(_ parameters: UnsafePointer<Float>) {
        let start = flow.startingLogVariance
        logVarianceSum = 0
        for orbit in 0..<orbitCount {
            let logVariance = start[orbit] + Double(parameters[flow.priorRange.lowerBound + orbit])
            logVarianceSum += Double(flow.orbits.multiplicity(orbit)) * logVariance
            let root = exp(0.5 * logVariance)
            for i in Int(starts[orbit])..<Int(starts[orbit + 1]) {
                amplitude[Int(members[i])] = Float(root)
                inverseAmplitude[Int(members[i])] = Float(1 / root)
            }
        }
    }

    private func updateSpectra(_ kernel: UnsafePointer<Float>) {
        let terms = flow.shape.timeTerms
        let coupled = flow.coupledOrbits.count
        for rowIndex in 0..<terms * featureCount {
            let target = spectral + rowIndex * orbitLanes
            for i in 0..<orbitLanes { target[i] = .zero }
            for o in 0..<coupled {
                ContinuousFlowKernel.axpy(kernel[rowIndex * coupled + o], cosines + o * orbitLanes, lanes: orbitLanes, to: target)
            }
        }
        let values = Self.scalars(row)
        // The transforms carry a factor √V each.
        let scale = 1 / Float(siteCount)
        for time in times.indices {
            for n in 0..<featureCount {
                for i in 0..<orbitLanes { row[i] = .zero }
                var onSite: Float = 0
                for d in 0..<terms {
                    for f in n..<featureCount {
                        let weight = timeBasis[time][d] * mixing[f][n]
                        let rowIndex = d * featureCount + f
                        ContinuousFlowKernel.axpy(weight, spectral + rowIndex * orbitLanes, lanes: orbitLanes, to: row)
                        onSite += weight * kernel[rowIndex * coupled]
                    }
                }
                let target = spectra + (time * featureCount + n) * siteCount
                for orbit in 0..<orbitCount {
                    for i in Int(starts[orbit])..<Int(starts[orbit + 1]) { target[Int(members[i])] = values[orbit] * scale }
                }
                if n == 0 {
                    linearDivergence[time] = Double(siteCount) * Double(onSite)
                } else {
                    let place = time * flow.shape.harmonics + n - 1
                    slopes[place] = Float(n) * frequency * onSite
                    curvatures[place] = -Float(n) * frequency * slopes[place]
                }
            }
        }
    }

    /// Forgets the gradients accumulated so far.
    func clearGradient() {
        for i in 0..<flow.shape.timeTerms * featureCount * orbitLanes { spectralGradient[i] = .zero }
        for i in onSiteGradient.indices { onSiteGradient[i] = 0 }
    }

    /// Adds what a stage at `time` contributes: `stageProducts[feature][orbit]`.
    func addStageProducts(time: Int) {
        let lanes = UnsafeMutableRawPointer(stageProducts).assumingMemoryBound(to: Lane.self)
        for d in 0..<flow.shape.timeTerms {
            ContinuousFlowKernel.axpy(
                timeBasis[time][d], lanes, lanes: featureCount * orbitLanes, to: spectralGradient + d * featureCount * orbitLanes)
        }
    }

    /// Adds the gradient of the on-site weight of feature n at a time.
    func addOnSite(_ value: Float, time: Int, feature n: Int) {
        for d in 0..<flow.shape.timeTerms { onSiteGradient[d * featureCount + n] += timeBasis[time][d] * value }
    }

    /// Writes the gradient of the kernel: `[term][feature][coupled orbit]`, times `scale`.
    func writeKernelGradient(scale: Float, to gradient: UnsafeMutablePointer<Float>) {
        let coupled = flow.coupledOrbits.count
        for d in 0..<flow.shape.timeTerms {
            for f in 0..<featureCount {
                for i in 0..<orbitLanes { row[i] = .zero }
                var onSite: Float = 0
                for n in 0...f {
                    let source = d * featureCount + n
                    ContinuousFlowKernel.axpy(mixing[f][n], spectralGradient + source * orbitLanes, lanes: orbitLanes, to: row)
                    onSite += mixing[f][n] * onSiteGradient[source]
                }
                let target = gradient + (d * featureCount + f) * coupled
                for o in 0..<coupled {
                    target[o] = scale / Float(siteCount) * ContinuousFlowKernel.dot(row, cosines + o * orbitLanes, lanes: orbitLanes)
                }
                target[0] += scale * onSite
            }
        }
    }
}
