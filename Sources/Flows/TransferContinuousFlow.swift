import Glibc

extension ContinuousFlow {
    /// Parameters for this flow's lattice from those of a trained flow on another.
    ///
    /// Kernels keep their weights by displacement and vanish beyond (Gerdes et al., arXiv:2207.00283, section 4.3; on a smaller lattice
    /// they fold onto their periodic images); the prior's correction is carried over as a function of k̂²; the frequency keeps its
    /// value in units of the field's width.
    ///
    /// - Parameter parameters: the other flow's, `other.layout.count` numbers.
    /// - Throws: `FlowError` when harmonics, time terms or dimensions differ.
    public func transferred(from other: ContinuousFlow, parameters: [Float]) throws -> [Float] {
        guard other.shape.harmonics == shape.harmonics, other.shape.timeTerms == shape.timeTerms,
            other.shape.extents.count == shape.extents.count, parameters.count == other.layout.count
        else {
            throw FlowError(
                "transfer: found \(other.shape.harmonics) harmonics, \(other.shape.timeTerms) time terms and \(other.shape.extents.count) axes, wanted \(shape.harmonics), \(shape.timeTerms) and \(shape.extents.count)")
        }
        var result = initialParameters
        let width = shape.fieldVariance.squareRoot()
        let otherWidth = other.shape.fieldVariance.squareRoot()
        result[frequencyIndex] = parameters[other.frequencyIndex] * Float(otherWidth / width)

        let correction = other.priorCorrection(parameters)
        for (orbit, k2) in orbits.momentumSquared.enumerated() {
            result[priorRange.lowerBound + orbit] = Float(Self.interpolate(correction, at: k2))
        }

        // Where each displacement orbit of the other lattice lands here, if it is coupled.
        var place: [[Int]: Int] = [:]
        for (index, orbit) in coupledOrbits.enumerated() { place[orbits.representatives[orbit]] = index }
        let rows = shape.timeTerms * featureCount
        for (index, orbit) in other.coupledOrbits.enumerated() {
            for (target, share) in destinations(of: orbit, of: other.orbits) {
                guard let target = place[target] else { continue }
                for row in 0..<rows {
                    result[kernelRange.lowerBound + row * coupledOrbits.count + target] +=
                        share * parameters[other.kernelRange.lowerBound + row * other.coupledOrbits.count + index]
                }
            }
        }
        return result
    }

    /// The orbits here that another lattice's orbit falls into, and the share of its sites in each.
    private func destinations(of orbit: Int, of other: SpectralOrbits) -> [[Int]: Float] {
        var counts: [[Int]: Int] = [:]
        for member in other.members[Int(other.starts[orbit])..<Int(other.starts[orbit + 1])] {
            let x = SpectralOrbits.coordinates(ofSite: Int(member), extents: other.extents)
            let nearest = zip(x, other.extents).map { min($0, $1 - $0) }
            counts[orbits.representative(ofDisplacement: nearest), default: 0] += 1
        }
        return counts.mapValues { Float($0) / Float(other.multiplicity(orbit)) }
    }

    /// (k̂², correction of the log variance), ascending, one entry a value of k̂².
    private func priorCorrection(_ parameters: [Float]) -> [(k2: Double, value: Double)] {
        let points = zip(orbits.momentumSquared, parameters[priorRange]).sorted { $0.0 < $1.0 }
        var result: [(k2: Double, value: Double)] = []
        var count = 0.0
        for (k2, value) in points {
            if let last = result.last, k2 - last.k2 < 1e-9 {
                count += 1
                result[result.count - 1].value += (Double(value) - last.value) / count
            } else {
                result.append((k2, Double(value)))
                count = 1
            }
        }
        return result
    }

    private static func interpolate(_ points: [(k2: Double, value: Double)], at k2: Double) -> Double {
        guard let above = points.firstIndex(where: { $0.k2 >= k2 }) else { return points.last?.value ?? 0 }
        guard above > 0 else { return points[0].value }
        let (low, high) = (points[above - 1], points[above])
        let t = (k2 - low.k2) / (high.k2 - low.k2)
        return low.value + t * (high.value - low.value)
    }
}
