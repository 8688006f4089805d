import Glitches

/// A model over an archive, a few seconds at a time, with data before and behind each where there are some. *Not collective.*
final class PieceProcessor {
    struct Piece {
        /// Of each sixteenth of a second; NaN where witnesses are missing or nothing is judged.
        var probabilities: [Double]
        /// At the strain's rate; 0 where witnesses are missing.
        var prediction: [Double]
        /// By second: whether every witness was there.
        var isKnown: [Bool]
    }

    private let reader: WindowReader
    private let engine: InferenceEngine
    /// Place of the first source among the reader's channels.
    private let first: Int

    init(_ reader: WindowReader, engine: InferenceEngine, firstSource: Int) { (self.reader, self.engine, first) = (reader, engine, firstSource) }

    func run(from start: Int64, seconds: Int, predicts: Bool) throws -> Piece {
        let (past, later) = (engine.past, 1)
        let sources = engine.model.sources
        let rates = sources.map(\.rate)
        let raw = try sources.indices.map { try reader.read(first + $0, from: start - Int64(past), seconds: past + seconds + later) }
        let complete = WindowReader.complete(raw, rates: rates, seconds: past + seconds + later)
        let strainRate = Int(engine.model.strainRate.rounded())
        if complete.allSatisfy(\.self), engine.serves(past: past, wanted: seconds, later: later) {
            let result = try engine.run(raw, past: past, wanted: seconds, later: later, predicts: predicts)
            return Piece(probabilities: result.probabilities, prediction: result.prediction, isKnown: [Bool](repeating: true, count: seconds))
        }
        // Second by second, each with what stands beside it.
        var piece = Piece(
            probabilities: [Double](repeating: .nan, count: seconds * InferenceGeometry.bins),
            prediction: [Double](repeating: 0, count: predicts ? seconds * strainRate : 0), isKnown: [Bool](repeating: false, count: seconds))
        for second in 0..<seconds where complete[past + second] {
            var before = 0
            while before < past, complete[past + second - before - 1] { before += 1 }
            let behind = complete[past + second + 1] ? 1 : 0
            guard engine.serves(past: before, wanted: 1, later: behind) else { continue }
            let window = zip(raw, rates).map { values, rate in
                let width = Int(rate.rounded())
                return Array(values[(past + second - before) * width..<(past + second + 1 + behind) * width])
            }
            let result = try engine.run(window, past: before, wanted: 1, later: behind, predicts: predicts)
            if !result.probabilities.isEmpty {
                piece.probabilities.replaceSubrange(second * InferenceGeometry.bins..<(second + 1) * InferenceGeometry.bins, with: result.probabilities)
            }
            if predicts { piece.prediction.replaceSubrange(second * strainRate..<(second + 1) * strainRate, with: result.prediction) }
            piece.isKnown[second] = true
        }
        return piece
    }
}
