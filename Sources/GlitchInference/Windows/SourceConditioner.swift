import Glitches

/// Brings channels to one rate and their bands, and makes the terms of the subtraction from them. *Not collective;* used by one thread at a time.
final class SourceConditioner {
    private enum Use: Hashable {
        case whole, factor, term, prediction
    }

    private struct Key: Hashable {
        let use: Use
        let seconds: Int
        let rate: Double
    }

    let geometry: InferenceGeometry
    private var resamplers: [Key: BandResampler] = [:]

    init(_ geometry: InferenceGeometry) { self.geometry = geometry }

    private func resampler(_ use: Use, _ seconds: Int, _ rate: Double) throws -> BandResampler {
        let key = Key(use: use, seconds: seconds, rate: rate)
        if let known = resamplers[key] { return known }
        let own = Double(geometry.rate)
        let made =
            switch use {
            case .whole: try BandResampler(seconds: seconds, rate: rate, target: own, lowest: geometry.lowest, highest: geometry.highest(rate))
            // Half the band, so that products stay below half the rate.
            case .factor:
                try BandResampler(seconds: seconds, rate: rate, target: own, lowest: geometry.factorLowest, highest: min(0.2 * own, geometry.highest(rate)))
            case .term: try BandResampler(seconds: seconds, rate: own, target: own, lowest: geometry.lowest, highest: geometry.highest(own))
            case .prediction: try BandResampler(seconds: seconds, rate: own, target: rate, lowest: 0, highest: geometry.highest(own))
            }
        resamplers[key] = made
        return made
    }

    /// The channel in the band that is looked at.
    func whole(_ raw: [Double], rate: Double, seconds: Int) throws -> [Double] { try resampler(.whole, seconds, rate).run(raw) }
    /// The channel as a factor of products.
    func factor(_ raw: [Double], rate: Double, seconds: Int) throws -> [Double] { try resampler(.factor, seconds, rate).run(raw) }
    /// A product or square in the band that is looked at.
    func term(_ series: [Double], seconds: Int) throws -> [Double] { try resampler(.term, seconds, Double(geometry.rate)).run(series) }
    /// A prediction at the strain's rate.
    func prediction(_ series: [Double], rate: Double, seconds: Int) throws -> [Double] { try resampler(.prediction, seconds, rate).run(series) }

    /// 1 around bins whose energy reaches the gate's, 0 elsewhere, with slopes of a bin's length: at the geometry's rate.
    func gate(_ energies: [Double]) -> [Double] {
        let least = geometry.gate * geometry.gate / 2
        let loud = energies.indices.map { bin in
            energies[max(0, bin - 2)...min(energies.count - 1, bin + 2)].contains { $0 >= least } ? 1.0 : 0
        }
        let width = Double(geometry.rate) / Double(InferenceGeometry.bins)
        return (0..<energies.count * geometry.rate / InferenceGeometry.bins).map { sample in
            let place = (Double(sample) + 0.5) / width - 0.5
            let low = Int(place.rounded(.down))
            let (a, b) = (loud[max(0, low)], loud[min(loud.count - 1, low + 1)])
            return a + (b - a) * (place - Double(low))
        }
    }

    /// The series of `term`. `whole` and `factors` by source, `gates` by witness.
    func series(_ term: CouplingTerm, whole: [[Double]], factors: [[Double]], gates: [[Double]], seconds: Int) throws -> [Double] {
        func times(_ a: [Double], _ b: [Double]) -> [Double] { a.indices.map { a[$0] * b[$0] } }
        let ungated: [Double] =
            switch term.kind {
            case .linear: whole[term.first]
            case .square: try self.term(times(factors[term.first], factors[term.first]), seconds: seconds)
            case .product: try self.term(times(factors[term.first], factors[term.second]), seconds: seconds)
            }
        return term.isGated ? times(ungated, gates[term.first]) : ungated
    }
}
