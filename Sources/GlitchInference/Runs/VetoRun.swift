import Batch
import Glitches
import MessagePassing
import ParallelHDF5

/// The command `veto` over an archive: P(glitch) and vetoes, a frame a second. Pieces are shared among the ranks; a frame's bytes do not depend on who writes it.
public final class VetoRun: SteppedRun {
    package let context: JobContext
    private let settings: InferenceSettings
    private let veto: VetoSettings
    private let model: InferenceModel
    private let reader: WindowReader
    private let processor: PieceProcessor
    private let span: Range<Int64>
    private let frames: OutputFrames
    private var done = 0

    /// *Collective.*
    /// - Throws: `GlitchError` where the model, channels or times are not there.
    public init(_ context: JobContext, settings: InferenceSettings, veto: VetoSettings, parts: InferenceParts = InferenceParts()) throws {
        (self.context, self.settings, self.veto) = (context, settings, veto)
        let path = settings.modelPath(in: context.directory)
        (model, reader, processor, span) = try context.communicator.agree {
            let model = try InferenceModel(path: path)
            try ArchiveSpan.check(model, settings)
            // Witnesses only: a veto never looks at the strain.
            let reader = try WindowReader(settings.inputs, channels: model.sources.map(\.name))
            return (model, reader, PieceProcessor(reader, engine: try InferenceEngine(model, parts: parts), firstSource: 0), try ArchiveSpan.of(reader, settings))
        }
        frames = OutputFrames(strain: model.strain)
        context.log.info("\(model.witnesses.count) witnesses, \(span.count) s from GPS \(span.lowerBound) on, threshold \(veto.threshold)")
    }

    package var label: String { "veto" }
    package var unit: String { "piece" }
    package var position: Int { done }
    package var total: Int { (span.count + veto.piece - 1) / veto.piece }
    package var checkpoints: CheckpointPolicy {
        CheckpointPolicy(
            configurationHash: SHA256.hexadecimal(of: "\(context.configuration.hash(of: ["inference", "veto"])) \(span)".utf8), every: veto.checkpointEvery, keep: 2)
    }

    package func start() throws {
        try context.communicator.agree { if context.communicator.isRoot { try Files.makeDirectories(context.directory.path("veto")) } }
    }

    package func step() throws -> [String: Double] {
        let item = done + context.communicator.rank
        try context.communicator.agree { if item < total { try context.phases.measure(.compute) { try write(item) } } }
        done = min(total, done + context.communicator.size)
        return [:]
    }

    private func write(_ item: Int) throws {
        let start = span.lowerBound + Int64(item * veto.piece)
        let seconds = min(veto.piece, Int(span.upperBound - start))
        let piece = try processor.run(from: start, seconds: seconds, predicts: false)
        for second in 0..<seconds where piece.isKnown[second] {
            let time = start + Int64(second)
            let values = Array(piece.probabilities[second * InferenceGeometry.bins..<(second + 1) * InferenceGeometry.bins])
            try frames.writeVeto(
                context.directory.path("veto/\(try frames.name(veto.content, start: time, seconds: 1))"), start: time, probabilities: values, settings: veto)
        }
    }

    package func write(to group: HDF5Group) throws { try group.setAttribute("pieces", Int64(done)) }
    package func restore(from group: HDF5Group) throws { done = Int(try group.attribute("pieces", as: Int64.self)) }

    /// Writes the table and the segments. *Collective.*
    package func conclude() throws {
        try ArchiveSpan.reportProblems(reader, context)
        let table = try context.communicator.agree { try VetoTable(directory: context.directory.path("veto"), settings: veto) }
        try table.write(context, settings: veto)
    }
}
