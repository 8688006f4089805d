import Glitches

/// Applies a model to a window of witnesses: P(glitch), and what they foretell of the strain. Nothing of it looks at the strain.
///
/// *Not collective;* used by one thread at a time.
public final class InferenceEngine {
    public struct Result: Sendable {
        /// Of each sixteenth of the wanted seconds; empty where nothing is judged.
        public let probabilities: [Double]
        /// Energies of the statistic's features: [feature][bin], of the wanted seconds.
        public let energies: [[Double]]
        /// What the witnesses add to the strain, at its rate, in the wanted seconds; empty unless asked for.
        public let prediction: [Double]
    }

    public let model: InferenceModel
    private let conditioner: SourceConditioner
    private let tiles: WitnessTiles
    private let statistic: (any GlitchStatistic)?
    private let predictor: (any StrainPredictor)?
    private let judges: Bool

    /// - Parameters:
    ///   - parts: the statistic that the model's probability was calibrated with beside the tiles, and what is subtracted in place of its filters.
    ///   - judges: whether P(glitch) is wanted.
    /// - Throws: `GlitchError` where the features are others.
    public init(_ model: InferenceModel, parts: InferenceParts = InferenceParts(), judges: Bool = true) throws {
        (self.model, self.judges) = (model, judges)
        conditioner = SourceConditioner(model.geometry)
        let names = model.witnesses.map(\.name), rates = model.witnesses.map(\.rate)
        tiles = WitnessTiles(names, geometry: model.geometry, rates: rates)
        statistic = judges ? try parts.statistic?(names, rates) : nil
        predictor = try parts.predictor?(model)
        guard judges else { return }
        let features = tiles.features + (statistic?.features ?? [])
        guard features == model.calibration.features else {
            throw GlitchError(
                "inference: found a probability of \(model.calibration.features), wanted one of \(features); name the network that it was calibrated with as inference.network, or calibrate again")
        }
    }

    /// Seconds of data before those that are wanted that are good to have.
    public var past: Int { statistic?.past ?? InferenceGeometry.past }
    /// Whether a window of so many seconds before, of, and behind the wanted ones is enough for P(glitch).
    public func serves(past: Int, wanted: Int, later: Int) -> Bool { statistic?.serves(past: past, wanted: wanted, later: later) ?? true }

    /// - Parameters:
    ///   - raw: of each source, `past + wanted + later` seconds, all of them numbers.
    ///   - past: seconds before the wanted ones; `later`: behind them.
    public func run(_ raw: [[Double]], past: Int, wanted: Int, later: Int, predicts: Bool = true) throws -> Result {
        let seconds = past + wanted + later
        let sources = model.sources
        precondition(raw.count == sources.count, "a window has every source of the model")
        let witnesses = sources.indices.filter { !sources[$0].isCarrier }
        let whole = try sources.indices.map { try conditioner.whole(raw[$0], rate: sources[$0].rate, seconds: seconds) }
        let window = WitnessWindow(
            raw: witnesses.map { raw[$0] }, rates: witnesses.map { sources[$0].rate }, whitened: witnesses.map { sources[$0].whitening.apply(whole[$0]) },
            seconds: seconds, past: past, wanted: wanted)
        let loud = try tiles.energies(window)
        let features = judges ? try loud + (statistic?.energies(window) ?? []) : []
        let bins = past * InferenceGeometry.bins..<(past + wanted) * InferenceGeometry.bins
        let probabilities = !judges ? [] : bins.map { bin in model.calibration.probability(features.map { $0[bin] }) }
        let prediction = predicts ? try predict(raw, whole: whole, loud: loud, seconds: seconds, past: past, wanted: wanted) : []
        return Result(probabilities: probabilities, energies: features.map { Array($0[bins]) }, prediction: prediction)
    }

    private func predict(_ raw: [[Double]], whole: [[Double]], loud: [[Double]], seconds: Int, past: Int, wanted: Int) throws -> [Double] {
        let (geometry, rate) = (model.geometry, Int(model.strainRate.rounded()))
        if let predictor {
            let raised = try conditioner.prediction(predictor.strain(raw, seconds: seconds), rate: model.strainRate, seconds: seconds)
            return Array(raised[past * rate..<(past + wanted) * rate])
        }
        var sum = [Double](repeating: 0, count: seconds * geometry.rate)
        var isZero = true
        var factors = [[Double]](repeating: [], count: raw.count)
        for filter in model.filters {
            let term = filter.term
            if term.kind != .linear {
                for index in [term.first, term.second] where index >= 0 && factors[index].isEmpty {
                    factors[index] = try conditioner.factor(raw[index], rate: model.sources[index].rate, seconds: seconds)
                }
            }
            var open = [[Double]](repeating: [], count: loud.count)
            if term.isGated {
                let gate = conditioner.gate(loud[term.first])
                if !gate.contains(where: { $0 > 0 }) { continue }
                open[term.first] = gate
            }
            let series = try conditioner.series(term, whole: whole, factors: factors, gates: open, seconds: seconds)
            isZero = false
            Self.add(series, taps: filter.taps, later: geometry.later, to: &sum)
        }
        if isZero { return [Double](repeating: 0, count: wanted * rate) }
        let raised = try conditioner.prediction(sum, rate: model.strainRate, seconds: seconds)
        return Array(raised[past * rate..<(past + wanted) * rate])
    }

    /// Adds the series behind a filter; beyond its ends it is taken as 0.
    package static func add(_ series: [Double], taps: [Double], later: Int, to sum: inout [Double]) {
        let earlier = taps.count - 1 - later
        let reversed = Array(taps.reversed())
        let padded = [Double](repeating: 0, count: earlier) + series + [Double](repeating: 0, count: later)
        padded.withUnsafeBufferPointer { x in
            reversed.withUnsafeBufferPointer { h in
                guard let x = x.baseAddress, let h = h.baseAddress else { return }
                for t in sum.indices { sum[t] += InnerProduct.of(x + t, h, count: taps.count) }
            }
        }
    }
}
