import Batch
import Frames
import Glitches

/// What a calibration looks at: channels, times, terms.
struct CalibrationPlan {
    /// Seconds of a piece, and of data before and behind it.
    static let wanted = 8, past = 3, later = 1
    static let seconds = past + wanted + later

    let strain: String
    let witnesses, carriers: Int
    let geometry: InferenceGeometry
    let terms: [CouplingTerm]
    /// GPS seconds: of all training data, and where each piece begins.
    let training: Range<Int64>
    let pieces: [Int64]
    /// Those that the spectra are made from: at most 64 of the pieces.
    let spectrumPieces: [Int64]

    /// Names of witnesses and carriers that the settings mean. *Not collective.*
    /// - Throws: `GlitchError` where there are none.
    static func sources(_ settings: InferenceSettings) throws -> (witnesses: [String], carriers: [String]) {
        func matches(_ name: String, _ patterns: [String]) -> Bool { patterns.contains { ChannelPattern($0).matches(name) } }
        guard !settings.inputs.isEmpty else { throw GlitchError("inference.frames: found nothing, wanted frame files or lists of them, here or with --frames") }
        let all = try namingFrames { try ChannelArchive(settings.inputs) }.channels.map(\.name).filter { $0 != settings.strain }
        var named: Set<String> = []
        if !settings.scan.isEmpty {
            let text = String(decoding: try Files.read(settings.scan, limit: 64 << 20), as: UTF8.self)
            for line in text.split(whereSeparator: \.isNewline) {
                let cells = line.split(separator: ",")
                if cells.last == "witness", let name = cells.first { named.insert(String(name)) }
            }
            guard !named.isEmpty else { throw GlitchError("\(settings.scan): found no witness, wanted a line that ends in \"witness\", as `glitchgen scan` writes channels.csv") }
        }
        let carriers = all.filter { matches($0, settings.carriers) && !matches($0, settings.excluded) }
        let witnesses = all.filter { (named.contains($0) || matches($0, settings.witnesses)) && !matches($0, settings.excluded) && !carriers.contains($0) }
        guard !witnesses.isEmpty else {
            throw GlitchError("inference.witnesses: found \(settings.witnesses), which no channel is called, wanted names, patterns, or inference.scan; the channels are \(all.prefix(8).joined(separator: ", "))")
        }
        return (witnesses, carriers)
    }

    init(_ settings: InferenceSettings, reader: WindowReader, witnesses: Int) throws {
        (strain, self.witnesses, carriers, geometry) = (settings.strain, witnesses, reader.channels.count - 1 - witnesses, settings.geometry)
        terms = CouplingTerm.candidates(witnesses: witnesses, carriers: carriers, squares: settings.usesSquares)
        guard terms.count * geometry.taps <= 6000 else {
            throw GlitchError("inference: found \(terms.count) terms of \(geometry.taps) taps, wanted at most 6000 in all; name fewer witnesses or carriers, or lower taps_later and taps_earlier")
        }
        let begin = max(settings.trainingStart?.seconds ?? settings.start?.seconds ?? .min, reader.extent.lowerBound)
        let end = min(settings.trainingEnd?.seconds ?? settings.end?.seconds ?? .max, reader.extent.upperBound)
        let room = end > begin ? Int(end - begin) : 0
        let count = (room - Self.past - Self.later) / Self.wanted
        guard count >= 2 else {
            throw GlitchError("inference.training_start, .training_end: found \(room) s of data between them, wanted at least \(2 * Self.wanted + Self.past + Self.later) s")
        }
        training = begin..<end
        pieces = (0..<count).map { begin + Int64(Self.past + $0 * Self.wanted) }
        let every = (count + 63) / 64
        spectrumPieces = stride(from: 0, to: count, by: every).map { [pieces] in pieces[$0] }
    }
}
