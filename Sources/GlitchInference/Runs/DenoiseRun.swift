import Batch
import Frames
import Glitches
import MessagePassing
import ParallelHDF5
import Segments

/// The command `denoise`: strain less what witnesses explain, as frames. Files are shared among the ranks; a file's bytes do not depend on who writes it.
public final class DenoiseRun: SteppedRun {
    package let context: JobContext
    private let settings: InferenceSettings
    private let denoise: DenoiseSettings
    private let model: InferenceModel
    private let reader: WindowReader
    private let processor: PieceProcessor
    private let span: Range<Int64>
    private let frames: OutputFrames
    private let usesNetwork: Bool
    private var done = 0

    /// *Collective.*
    /// - Throws: `GlitchError` where the model, channels or times are not there.
    public init(_ context: JobContext, settings: InferenceSettings, denoise: DenoiseSettings, parts: InferenceParts = InferenceParts()) throws {
        (self.context, self.settings, self.denoise, usesNetwork) = (context, settings, denoise, parts.predictor != nil)
        let path = settings.modelPath(in: context.directory)
        (model, reader, processor, span) = try context.communicator.agree {
            let model = try InferenceModel(path: path)
            try ArchiveSpan.check(model, settings)
            let reader = try WindowReader(settings.inputs, channels: [model.strain] + model.sources.map(\.name))
            return (model, reader, PieceProcessor(reader, engine: try InferenceEngine(model, parts: parts, judges: false), firstSource: 1), try ArchiveSpan.of(reader, settings))
        }
        frames = OutputFrames(strain: model.strain)
        context.log.info("\(parts.predictor == nil ? "\(model.filters.count) terms" : "a network's prediction") from \(model.sources.count) channels, \(span.count) s from GPS \(span.lowerBound) on")
        if model.filters.isEmpty, parts.predictor == nil { context.log.warning("the model subtracts nothing: calibrate found no coupling") }
    }

    package var label: String { "denoise" }
    package var unit: String { "file" }
    package var position: Int { done }
    package var total: Int { (span.count + denoise.frame - 1) / denoise.frame }
    package var checkpoints: CheckpointPolicy {
        CheckpointPolicy(
            configurationHash: SHA256.hexadecimal(of: "\(context.configuration.hash(of: ["inference", "denoise"])) \(span)".utf8),
            every: denoise.checkpointEvery, keep: 2)
    }

    package func start() throws {
        try context.communicator.agree { if context.communicator.isRoot { try Files.makeDirectories(context.directory.path("clean")) } }
    }

    private func place(_ item: Int) throws -> (path: String, start: Int64, seconds: Int) {
        let start = span.lowerBound + Int64(item * denoise.frame)
        let seconds = min(denoise.frame, Int(span.upperBound - start))
        return ("clean/\(try frames.name(denoise.content, start: start, seconds: seconds))", start, seconds)
    }

    package func step() throws -> [String: Double] {
        let item = done + context.communicator.rank
        try context.communicator.agree { if item < total { try context.phases.measure(.compute) { try write(item) } } }
        done = min(total, done + context.communicator.size)
        return [:]
    }

    private func write(_ item: Int) throws {
        let (path, start, seconds) = try place(item)
        var strain = try reader.read(0, from: start, seconds: seconds)
        let piece = try processor.run(from: start, seconds: seconds, predicts: true)
        for i in strain.indices { strain[i] -= piece.prediction[i] }
        try frames.writeClean(
            context.directory.path(path), start: start, values: strain, rate: model.strainRate, isKnown: piece.isKnown, channel: denoise.channel,
            compression: denoise.compression)
    }

    package func write(to group: HDF5Group) throws { try group.setAttribute("files", Int64(done)) }
    package func restore(from group: HDF5Group) throws { done = Int(try group.attribute("files", as: Int64.self)) }

    /// Writes the list of the files. *Collective.*
    package func conclude() throws {
        let entries = try (0..<total).map { item in
            let (path, start, seconds) = try place(item)
            return FrameFileList.Entry(path: path, start: GPSTime(seconds: start) ?? .epoch, duration: Double(seconds))
        }
        try context.communicator.agree {
            if context.communicator.isRoot { try context.directory.writeAtomically("clean.ffl", text: FrameFileList(entries).text) }
        }
        try ArchiveSpan.reportProblems(reader, context)
        context.summary.set("files", total)
        context.summary.set("seconds", span.count)
        context.summary.set("terms", usesNetwork ? 0 : model.filters.count)
        context.summary.set("uses_network", usesNetwork)
        context.summary.set("channel", denoise.channel)
        context.log.info("wrote \(total) files with \(denoise.channel), listed in \(context.directory.path("clean.ffl"))")
    }
}

/// What an archive command works through.
enum ArchiveSpan {
    /// Whole seconds that are asked for and there.
    static func of(_ reader: WindowReader, _ settings: InferenceSettings) throws -> Range<Int64> {
        let begin = max(settings.start?.seconds ?? .min, reader.extent.lowerBound)
        let end = min(settings.end?.seconds ?? .max, reader.extent.upperBound)
        guard begin < end else { throw GlitchError("inference.start, .end: found no data between them, wanted some of GPS \(reader.extent.lowerBound) to \(reader.extent.upperBound)") }
        return begin..<end
    }

    static func check(_ model: InferenceModel, _ settings: InferenceSettings) throws {
        guard model.strain == settings.strain else {
            throw GlitchError("inference.strain: found \(settings.strain), wanted \(model.strain), which the model \(settings.model) was calibrated for")
        }
    }

    /// Names the files that some rank could not read. *Collective.*
    static func reportProblems(_ reader: WindowReader, _ context: JobContext) throws {
        let own = reader.archive.problems.values.sorted().joined(separator: "\n")
        guard let all = try context.communicator.gather(Array(own.utf8), root: 0) else { return }
        let lines = Set(all.flatMap { String(decoding: $0, as: UTF8.self).split(separator: "\n").map(String.init) }).sorted()
        for line in lines { context.log.warning("passed over, its time is left out: \(line)") }
        context.summary.set("files_passed_over", lines.count)
    }
}
