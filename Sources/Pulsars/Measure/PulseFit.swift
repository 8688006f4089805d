import Glibc
import Numerics
import PulsarKernels
import RadioStreams

/// Least squares of a `PulseModel` over all channels at once (Levenberg 1944, Marquardt 1963), with errors from the curvature.
struct PulseFit {
    enum Free: Int, CaseIterable { case arrival, measure, deviation, fluence, spectralIndex, scattering }

    private(set) var parameters: PulseModel.Parameters
    /// Standard errors by `Free`; nil where a parameter was held. That of the deviation is of its logarithm.
    private(set) var errors: [Double?] = [Double?](repeating: nil, count: Free.allCases.count)
    private(set) var chiSquared = Double.infinity
    private(set) var degreesOfFreedom = 0
    private(set) var hasConverged = false
    /// Fluence over its error with all else known: the matched filter's.
    private(set) var signalToNoise = 0.0
    private let model: PulseModel
    private let free: [Free]

    /// - Parameter free: what is fitted; the rest stays as it is in `start`.
    init(_ model: PulseModel, start: PulseModel.Parameters, free: [Free], rounds: Int = 60) {
        self.model = model
        self.free = free
        parameters = start
        degreesOfFreedom = model.points - free.count
        guard degreesOfFreedom > 0 else { return }
        var memory = Memory(model)
        var sums = memory.sums(model, parameters, free)
        var damping = 1e-3
        for _ in 0..<rounds {
            guard let step = Self.solve(sums.curvature, sums.gradient, damping: damping) else { break }
            var next = parameters
            for (i, which) in free.enumerated() { next.add(step[i], to: which) }
            next.hold(to: model)
            let trial = memory.sums(model, next, free)
            if trial.chiSquared.isFinite, trial.chiSquared < sums.chiSquared {
                let gain = sums.chiSquared - trial.chiSquared
                (parameters, sums) = (next, trial)
                damping = max(1e-9, damping * 0.2)
                if gain < 1e-4 {
                    hasConverged = true
                    break
                }
            } else {
                damping *= 8
                if damping > 1e8 {
                    hasConverged = true
                    break
                }
            }
        }
        if parameters.isHeld(by: model) { hasConverged = false }
        chiSquared = sums.chiSquared
        if sums.square > 0 { signalToNoise = parameters.fluence * sums.square.squareRoot() }
        if let covariance = Self.inverse(sums.curvature) {
            let scale = max(1, chiSquared / Double(degreesOfFreedom))
            for (i, which) in free.enumerated() { errors[which.rawValue] = (covariance[i, i] * scale).squareRoot() }
        }
    }

    func error(_ which: Free) -> Double { errors[which.rawValue] ?? .nan }

    private struct Sums {
        var chiSquared = 0.0
        var gradient: [Double]
        var curvature: Matrix
        /// Of the shape of fluence 1 with the spectrum.
        var square = 0.0

        init(_ count: Int) {
            gradient = [Double](repeating: 0, count: count)
            curvature = Matrix(rows: count, columns: count)
        }
    }

    /// Rows of one channel.
    private struct Memory {
        var density: [Float]
        var scratch: [Float]
        var rows: [[Float]]

        init(_ model: PulseModel) {
            let longest = model.ranges.map(\.count).max() ?? 0
            density = [Float](repeating: 0, count: longest * model.steps)
            scratch = [Float](repeating: 0, count: PulseKernel.scratch(count: longest * model.steps))
            rows = [[Float]](repeating: [Float](repeating: 0, count: longest), count: 7)
        }

        /// χ², half its gradient and curvature at `parameters`. Derivatives by arrival, width and scattering are differences, the others follow from them.
        mutating func sums(_ model: PulseModel, _ parameters: PulseModel.Parameters, _ free: [Free]) -> Sums {
            var sums = Sums(free.count)
            let arrivalStep = 0.05 * max(0.3, parameters.deviation)
            let widthStep = 0.05
            let scatteringStep = 0.05 * max(0.3, parameters.deviation, parameters.scattering)
            var low = parameters
            low.scattering = max(0, parameters.scattering - scatteringStep)
            var high = parameters
            high.scattering = parameters.scattering + scatteringStep
            var variants = [parameters]
            for (sign, other) in [(-1.0, low), (1.0, high)] {
                var moved = parameters
                moved.arrival += sign * arrivalStep
                var wider = parameters
                wider.deviation *= exp(sign * widthStep)
                variants += [moved, wider, other]
            }
            let scatteringSpan = high.scattering - low.scattering
            var jacobian = [Double](repeating: 0, count: free.count)
            for channel in model.ranges.indices {
                let range = model.ranges[channel]
                guard !range.isEmpty else { continue }
                for (k, variant) in variants.enumerated() {
                    model.shape(variant, channel: channel, density: &density, scratch: &scratch, out: &rows[k])
                }
                let flux = parameters.fluence * exp(parameters.spectralIndex * model.colour(channel))
                let colour = exp(parameters.spectralIndex * model.colour(channel))
                let perMeasure = model.delayPerMeasure(channel)
                let data = model.window.columns[channel]
                for t in 0..<range.count {
                    let shape = Double(rows[0][t])
                    let rest = Double(data[range.lowerBound + t]) - flux * shape
                    let byArrival = flux * Double(rows[4][t] - rows[1][t]) / (2 * arrivalStep)
                    for (i, which) in free.enumerated() {
                        switch which {
                        case .arrival: jacobian[i] = byArrival
                        case .measure: jacobian[i] = byArrival * perMeasure
                        case .deviation: jacobian[i] = flux * Double(rows[5][t] - rows[2][t]) / (2 * widthStep)
                        case .fluence: jacobian[i] = colour * shape
                        case .spectralIndex: jacobian[i] = flux * shape * model.colour(channel)
                        case .scattering: jacobian[i] = flux * Double(rows[6][t] - rows[3][t]) / scatteringSpan
                        }
                    }
                    sums.chiSquared += rest * rest
                    sums.square += colour * colour * shape * shape
                    for i in free.indices {
                        sums.gradient[i] += jacobian[i] * rest
                        for k in 0...i { sums.curvature[i, k] += jacobian[i] * jacobian[k] }
                    }
                }
            }
            for i in free.indices { for k in 0..<i { sums.curvature[k, i] = sums.curvature[i, k] } }
            return sums
        }
    }

    /// Scaled to a diagonal of 1, so that units do not matter.
    private static func scales(_ curvature: Matrix) -> [Double]? {
        let scales = (0..<curvature.rows).map { curvature[$0, $0].squareRoot() }
        return scales.allSatisfy { $0 > 0 && $0.isFinite } ? scales : nil
    }

    private static func solve(_ curvature: Matrix, _ gradient: [Double], damping: Double) -> [Double]? {
        guard let scales = scales(curvature) else { return nil }
        let scaled = Matrix(rows: curvature.rows, columns: curvature.rows) { i, k in
            curvature[i, k] / (scales[i] * scales[k]) + (i == k ? damping : 0)
        }
        let right = Matrix(rows: curvature.rows, columns: 1) { i, _ in gradient[i] / scales[i] }
        guard let solution = try? LinearAlgebra.solvePositive(scaled, right) else { return nil }
        return scales.indices.map { solution[$0, 0] / scales[$0] }
    }

    private static func inverse(_ curvature: Matrix) -> Matrix? {
        guard let scales = scales(curvature) else { return nil }
        let scaled = Matrix(rows: curvature.rows, columns: curvature.rows) { i, k in curvature[i, k] / (scales[i] * scales[k]) }
        guard let inverse = try? LinearAlgebra.solvePositive(scaled, .identity(curvature.rows)) else { return nil }
        return Matrix(rows: curvature.rows, columns: curvature.rows) { i, k in inverse[i, k] / (scales[i] * scales[k]) }
    }
}

extension PulseModel.Parameters {
    /// Moves one parameter; the deviation by its logarithm.
    mutating func add(_ step: Double, to which: PulseFit.Free) {
        switch which {
        case .arrival: arrival += step
        case .measure: measure += step
        case .deviation: deviation *= exp(min(1, max(-1, step)))
        case .fluence: fluence += step
        case .spectralIndex: spectralIndex += min(2, max(-2, step))
        case .scattering: scattering += step
        }
    }

    /// Keeps parameters where they mean something.
    mutating func hold(to model: PulseModel) {
        func within(_ value: Double, _ range: ClosedRange<Double>) -> Double { min(range.upperBound, max(range.lowerBound, value)) }
        arrival = within(arrival, model.arrivals)
        measure = within(measure, model.measures)
        deviation = within(deviation, model.deviations)
        scattering = within(scattering, 0...2 * model.deviations.upperBound)
        spectralIndex = within(spectralIndex, -15...15)
    }

    /// Whether a parameter came to the end of its range.
    func isHeld(by model: PulseModel) -> Bool {
        func isEnd(_ value: Double, _ range: ClosedRange<Double>) -> Bool { value <= range.lowerBound || value >= range.upperBound }
        return isEnd(arrival, model.arrivals) || isEnd(deviation, model.deviations) || measure >= model.measures.upperBound
            || (measure > 0 && measure <= model.measures.lowerBound) || abs(spectralIndex) >= 15
    }
}
