import Glitches

/// Whitened strain and terms of the time that a model was calibrated on, in pieces: what a network is trained on. *Not collective.*
package final class TrainingSeries {
    /// Seconds of a piece.
    package static let seconds = CalibrationPlan.wanted

    package let model: InferenceModel
    package let terms: [CouplingTerm]
    /// GPS seconds at which pieces begin, one behind the other.
    package let pieces: [Int64]
    private let reader: WindowReader
    private let whitened: WhitenedTerms

    /// - Throws: `GlitchError` for files or channels that are not there.
    package init(_ settings: InferenceSettings, model: InferenceModel, terms: [CouplingTerm]) throws {
        (self.model, self.terms, whitened) = (model, terms, WhitenedTerms(model))
        try ArchiveSpan.check(model, settings)
        reader = try WindowReader(settings.inputs, channels: [model.strain] + model.sources.map(\.name))
        let begin = max(model.training.lowerBound, reader.extent.lowerBound), end = min(model.training.upperBound, reader.extent.upperBound)
        let room = end > begin ? Int(end - begin) - CalibrationPlan.past - CalibrationPlan.later : 0
        guard room >= 2 * Self.seconds else {
            throw GlitchError("train: found \(max(0, room)) s of the calibration's GPS \(model.training.lowerBound) to \(model.training.upperBound) in the frames, wanted at least \(2 * Self.seconds) s of them")
        }
        pieces = (0..<room / Self.seconds).map { begin + Int64(CalibrationPlan.past + $0 * Self.seconds) }
    }

    /// Files that could not be read.
    package var problems: [String] { reader.archive.problems.values.sorted() }

    /// The strain, then each term, at the geometry's rate; nil where data are missing.
    package func read(_ index: Int) throws -> [[Double]]? {
        let seconds = CalibrationPlan.seconds, rate = model.geometry.rate
        let raw = try reader.channels.indices.map { try reader.read($0, from: pieces[index] - Int64(CalibrationPlan.past), seconds: seconds) }
        guard raw.allSatisfy({ $0.allSatisfy(\.isFinite) }) else { return nil }
        let all = try [whitened.strain(raw[0], seconds: seconds)] + whitened.series(terms, raw: Array(raw.dropFirst()), seconds: seconds)
        return all.map { Array($0[CalibrationPlan.past * rate..<(CalibrationPlan.past + CalibrationPlan.wanted) * rate]) }
    }
}
