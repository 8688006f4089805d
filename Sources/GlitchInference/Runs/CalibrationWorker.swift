import Glibc
import Glitches
import Numerics

/// What one rank does for a calibration. *Not collective.*
final class CalibrationWorker {
    private let reader: WindowReader
    private let plan: CalibrationPlan
    private let conditioner: SourceConditioner
    private let strainWhitening: PredictionErrorFilter
    private let whitening: [PredictionErrorFilter]
    private let tiles: WitnessTiles
    private let statistic: (any GlitchStatistic)?
    private let strainTiles: TileBank
    /// What a term is divided by, so that its variance is about 1.
    private var scales: [Double] = []

    /// - Parameter spectra: as `spectra(of:)` gives them, of all pieces.
    /// - Throws: `GlitchError` where there is no complete piece.
    init(_ reader: WindowReader, plan: CalibrationPlan, spectra: [[Int64]], parts: InferenceParts) throws {
        (self.reader, self.plan) = (reader, plan)
        conditioner = SourceConditioner(plan.geometry)
        let (channels, bins) = (reader.channels, plan.geometry.rate / 2 + 1)
        let whole = spectra.filter { $0.count == channels.count * bins }
        guard let firstWhole = spectra.firstIndex(where: { $0.count == channels.count * bins }) else {
            throw GlitchError("calibrate: found no piece of \(CalibrationPlan.seconds) s in which all of \(channels.map(\.name).joined(separator: ", ")) have data, wanted some")
        }
        let filters = try channels.indices.map { channel -> PredictionErrorFilter in
            let median = (0..<bins).map { bin -> Double in
                let values = whole.map { Double(bitPattern: UInt64(bitPattern: $0[channel * bins + bin])) }.sorted()
                return (values[values.count / 2] + values[(values.count - 1) / 2]) / 2
            }
            let highest = plan.geometry.highest(channels[channel].rate)
            return try PredictionErrorFilter(
                power: median, rate: Double(plan.geometry.rate), band: plan.geometry.lowest...max(plan.geometry.lowest + 2, highest), order: plan.geometry.order,
                name: channels[channel].name)
        }
        (strainWhitening, whitening) = (filters[0], Array(filters.dropFirst()))
        let witnesses = channels.dropFirst().prefix(plan.witnesses)
        tiles = WitnessTiles(witnesses.map(\.name), geometry: plan.geometry, rates: witnesses.map(\.rate))
        statistic = try parts.statistic?(witnesses.map(\.name), witnesses.map(\.rate))
        guard statistic?.serves(past: CalibrationPlan.past, wanted: CalibrationPlan.wanted, later: CalibrationPlan.later) ?? true else {
            throw GlitchError(
                "inference.network: found images that need longer series than the \(CalibrationPlan.seconds) s of a piece, wanted a network of images.segment of at most \(CalibrationPlan.seconds - 2) s")
        }
        strainTiles = try TileBank(plan.geometry, seconds: CalibrationPlan.seconds, highest: plan.geometry.highest(channels[0].rate))
        try measureScales(piece: plan.spectrumPieces[firstWhole])
    }

    /// All channels of a piece; nil where some have gaps.
    private static func raw(_ piece: Int64, _ reader: WindowReader) throws -> [[Double]]? {
        let raw = try reader.channels.indices.map { try reader.read($0, from: piece - Int64(CalibrationPlan.past), seconds: CalibrationPlan.seconds) }
        return raw.allSatisfy { $0.allSatisfy(\.isFinite) } ? raw : nil
    }

    /// Power densities of all channels in one piece, 1 Hz apart, as words; nothing where data are missing.
    static func spectra(of piece: Int64, reader: WindowReader, plan: CalibrationPlan) throws -> [Int64] {
        guard let raw = try raw(piece, reader) else { return [] }
        let conditioner = SourceConditioner(plan.geometry)
        let rate = plan.geometry.rate
        let shape = try WhiteningSettings(transformDuration: 1, overlap: 0.5, filterDuration: 1, average: .mean).shape(
            samples: CalibrationPlan.seconds * rate, rate: Double(rate))
        let whitening = try Whitening(shape)
        return try reader.channels.indices.flatMap { index in
            let series = try conditioner.whole(raw[index], rate: reader.channels[index].rate, seconds: CalibrationPlan.seconds)
            return whitening.powerSpectrum(of: series).map { Int64(bitPattern: $0.bitPattern) }
        }
    }

    private struct Prepared {
        let whole, factors, gates: [[Double]]
        let strain: [Double]
        /// Of the strain and of every feature, of all bins.
        let energies: [[Double]]
    }

    private var features: [String] { tiles.features + (statistic?.features ?? []) }

    private func prepare(_ raw: [[Double]], isScaling: Bool = false) throws -> Prepared {
        let (channels, seconds) = (reader.channels, CalibrationPlan.seconds)
        let sources = Array(channels.indices.dropFirst())
        let strain = strainWhitening.apply(try conditioner.whole(raw[0], rate: channels[0].rate, seconds: seconds))
        let whole = try sources.map { try conditioner.whole(raw[$0], rate: channels[$0].rate, seconds: seconds) }
        let factors = try sources.map { try conditioner.factor(raw[$0], rate: channels[$0].rate, seconds: seconds) }
        let window = WitnessWindow(
            raw: sources.prefix(plan.witnesses).map { raw[$0] }, rates: sources.prefix(plan.witnesses).map { channels[$0].rate },
            whitened: (0..<plan.witnesses).map { whitening[$0].apply(whole[$0]) }, seconds: seconds, past: CalibrationPlan.past, wanted: CalibrationPlan.wanted)
        let loud = try tiles.energies(window)
        let more = isScaling ? [] : try statistic?.energies(window) ?? []
        return Prepared(
            whole: whole, factors: factors, gates: loud.map { conditioner.gate($0) }, strain: strain,
            energies: [strainTiles.energies(strain)] + loud + more)
    }

    private func series(_ term: CouplingTerm, _ prepared: Prepared) throws -> [Double] {
        if term.isGated, !prepared.gates[term.first].contains(where: { $0 > 0 }) { return [] }
        return strainWhitening.apply(
            try conditioner.series(term, whole: prepared.whole, factors: prepared.factors, gates: prepared.gates, seconds: CalibrationPlan.seconds))
    }

    private func measureScales(piece: Int64) throws {
        guard let raw = try Self.raw(piece, reader) else { throw GlitchError("calibrate: the data of GPS \(piece) have changed while they were read") }
        let prepared = try prepare(raw, isScaling: true)
        let range = CalibrationPlan.past * plan.geometry.rate..<(CalibrationPlan.past + CalibrationPlan.wanted) * plan.geometry.rate
        scales = try plan.terms.map { term in
            let values = try series(CouplingTerm(term.kind, term.first, term.second, isGated: false), prepared)
            let square = values[range].reduce(0) { $0 + $1 * $1 } / Double(range.count)
            return square > 0 ? 1 / square.squareRoot() : 0
        }
    }

    /// Adds a piece to the sums; its energies as words, [strain, features …][bin], or nothing where data are missing.
    func run(piece: Int64, sums: inout NormalEquations) throws -> [Int64] {
        guard let raw = try Self.raw(piece, reader) else { return [] }
        let prepared = try prepare(raw)
        let rate = plan.geometry.rate
        let range = CalibrationPlan.past * rate..<(CalibrationPlan.past + CalibrationPlan.wanted) * rate
        let nothing = [Double](repeating: 0, count: prepared.strain.count)
        let inputs = try zip(plan.terms, scales).map { term, scale in
            let values = try series(term, prepared)
            return values.isEmpty ? nothing : values.map { $0 * scale }
        }
        sums.add(inputs, target: prepared.strain, range: range)
        let bins = CalibrationPlan.past * InferenceGeometry.bins..<(CalibrationPlan.past + CalibrationPlan.wanted) * InferenceGeometry.bins
        return prepared.energies.flatMap { $0[bins].map { Int64(bitPattern: $0.bitPattern) } }
    }

    /// The model that all pieces together give.
    /// - Throws: `GlitchError` where the strain has no glitches, or nothing else.
    func model(energies: [[Int64]], sums: NormalEquations, settings: InferenceSettings) throws -> InferenceModel {
        let bins = CalibrationPlan.wanted * InferenceGeometry.bins
        let whole = energies.filter { $0.count == (1 + features.count) * bins }
        func values(_ channel: Int) -> [Double] { whole.flatMap { $0[channel * bins..<(channel + 1) * bins].map { Double(bitPattern: UInt64(bitPattern: $0)) } } }
        let least = settings.labelSignalToNoise * settings.labelSignalToNoise / 2
        let calibration = try LogisticCalibration(
            features: features, energies: features.indices.map { values($0 + 1) }, isGlitch: values(0).map { $0 >= least })
        let selected = try sums.select(most: settings.mostTerms)
        var filters: [InferenceModel.Filter] = []
        if !selected.isEmpty {
            let solution = try sums.solve(selected.map(\.series))
            filters = zip(selected, solution.filters).map { choice, taps in
                InferenceModel.Filter(term: plan.terms[choice.series], taps: taps.map { $0 * scales[choice.series] }, gain: choice.gain)
            }
        }
        let channels = reader.channels
        return InferenceModel(
            strain: channels[0].name, strainRate: channels[0].rate, strainWhitening: strainWhitening,
            sources: channels.indices.dropFirst().map {
                InferenceModel.Source(name: channels[$0].name, rate: channels[$0].rate, isCarrier: $0 > plan.witnesses, whitening: whitening[$0 - 1])
            }, geometry: plan.geometry, calibration: calibration, filters: filters, training: plan.training)
    }
}
