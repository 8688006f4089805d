import Batch
import Frames
import Glitches
import MessagePassing
import ParallelHDF5
import Segments

/// The command `calibrate`: learns on a stretch of data what `veto` and `denoise` need. Pieces are shared among the ranks: first for the channels' spectra, then
/// for the energies of strain and witnesses and the sums of the subtraction. The result is the same on any number of ranks.
public final class CalibrationRun: SteppedRun {
    package let context: JobContext
    private let settings: InferenceSettings
    private let reader: WindowReader
    private let plan: CalibrationPlan
    private let parts: InferenceParts
    private var worker: CalibrationWorker?
    private var done = 0
    /// Of each piece done for spectra: densities of all channels, or nothing where data were missing.
    private var spectra: [[Int64]] = []
    /// Of each piece done for energies: piece number, then the energies of strain and witnesses.
    private var energies: [[Int64]] = []
    private var own, together: NormalEquations

    /// *Collective.*
    /// - Throws: `GlitchError` where channels or times are not there.
    public init(_ context: JobContext, settings: InferenceSettings, parts: InferenceParts = InferenceParts()) throws {
        (self.context, self.settings, self.parts) = (context, settings, parts)
        (reader, plan) = try context.communicator.agree {
            let (witnesses, carriers) = try CalibrationPlan.sources(settings)
            let reader = try WindowReader(settings.inputs, channels: [settings.strain] + witnesses + carriers)
            return (reader, try CalibrationPlan(settings, reader: reader, witnesses: witnesses.count))
        }
        own = NormalEquations(series: plan.terms.count, later: settings.geometry.later, earlier: settings.geometry.earlier)
        together = own
        context.log.info(
            "\(plan.witnesses) witnesses, \(plan.carriers) carriers, \(plan.terms.count) terms; \(plan.pieces.count) pieces of \(CalibrationPlan.wanted) s from \(plan.training.lowerBound) to \(plan.training.upperBound)")
    }

    package var label: String { "calibrate" }
    package var unit: String { "piece" }
    package var position: Int { done }
    package var total: Int { plan.spectrumPieces.count + plan.pieces.count }
    package var checkpoints: CheckpointPolicy {
        let names = reader.channels.map(\.name).joined(separator: " ")
        return CheckpointPolicy(
            configurationHash: SHA256.hexadecimal(of: "\(context.configuration.hash(of: ["inference"])) \(plan.training) \(names)".utf8),
            every: settings.checkpointEvery, keep: 2)
    }

    package func step() throws -> [String: Double] {
        let communicator = context.communicator
        let first = plan.spectrumPieces.count
        if done < first {
            let mine = done + communicator.rank
            let words = try communicator.agree {
                try context.phases.measure(.compute) { mine < first ? try CalibrationWorker.spectra(of: plan.spectrumPieces[mine], reader: reader, plan: plan) : [] }
            }
            spectra += try communicator.allGather(words).prefix(first - done)
            done = min(first, done + communicator.size)
            return [:]
        }
        let worker = try communicator.agree { try self.worker ?? CalibrationWorker(reader, plan: plan, spectra: spectra, parts: parts) }
        self.worker = worker
        let mine = done - first + communicator.rank
        let words = try communicator.agree {
            try context.phases.measure(.compute) { mine < plan.pieces.count ? try worker.run(piece: plan.pieces[mine], sums: &own) : [] }
        }
        energies += try communicator.allGather(words).prefix(plan.pieces.count - (done - first))
        done = min(total, done + communicator.size)
        return [:]
    }

    /// *Collective.*
    private func bringTogether() throws {
        var words = own.words
        try context.phases.measure(.allreduce) { try context.communicator.allReduce(&words, .sum) }
        _ = together.add(words: words)
        own = NormalEquations(series: plan.terms.count, later: settings.geometry.later, earlier: settings.geometry.earlier)
    }

    package func write(to group: HDF5Group) throws {
        try bringTogether()
        try group.setAttribute("pieces", Int64(done))
        try group.write("spectra_sizes", spectra.map { Int64($0.count) })
        try group.write("spectra", spectra.flatMap(\.self))
        try group.write("energies_sizes", energies.map { Int64($0.count) })
        try group.write("energies", energies.flatMap(\.self))
        try group.write("sums", together.words)
    }

    package func restore(from group: HDF5Group) throws {
        func lists(_ name: String) throws -> [[Int64]] {
            var (place, words) = (0, try group.read(name, as: Int64.self))
            return try group.read("\(name)_sizes", as: Int64.self).map { size in
                guard size >= 0, place + Int(size) <= words.count else { throw GlitchError("calibrate: the checkpoint is damaged; remove checkpoints/calibrate and start again") }
                defer { place += Int(size) }
                return Array(words[place..<place + Int(size)])
            }
        }
        done = Int(try group.attribute("pieces", as: Int64.self))
        (spectra, energies) = (try lists("spectra"), try lists("energies"))
        guard together.add(words: try group.read("sums", as: Int64.self)) else {
            throw GlitchError("calibrate: the checkpoint's sums have another size; remove checkpoints/calibrate and start again")
        }
    }

    /// Solves, and writes the model. *Collective.*
    package func conclude() throws {
        try bringTogether()
        let communicator = context.communicator
        let model = try communicator.agree {
            let worker = try self.worker ?? CalibrationWorker(reader, plan: plan, spectra: spectra, parts: parts)
            return try worker.model(energies: energies, sums: together, settings: settings)
        }
        try context.writeData(settings.model.hasPrefix("/") ? "inference.h5" : settings.model) { try model.write(to: $0.root) }
        let names = model.sources.map(\.name)
        var table = "term,gain_log_likelihood,taps\n"
        for filter in model.filters { table += "\(filter.term.title(names)),\(Format.fixed(filter.gain, decimals: 1)),\(filter.taps.count)\n" }
        var slopes = "feature,slope\nintercept,\(Format.fixed(model.calibration.intercept, decimals: 4))\n"
        for (name, slope) in zip(model.calibration.features, model.calibration.slopes) { slopes += "\(name),\(Format.fixed(slope, decimals: 4))\n" }
        try communicator.agree {
            guard communicator.isRoot else { return }
            try context.directory.writeAtomically("subtraction.csv", text: table)
            try context.directory.writeAtomically("probability.csv", text: slopes)
        }
        context.summary.set("witnesses", plan.witnesses)
        context.summary.set("pieces", plan.pieces.count)
        context.summary.set("pieces_left_out", energies.count(where: \.isEmpty))
        context.summary.set("terms", model.filters.count)
        context.summary.set("files_passed_over", reader.archive.problems.count)
        for filter in model.filters { context.log.info("subtracts \(filter.term.title(names)): \(Format.fixed(filter.gain, decimals: 1)) in logarithm of likelihood") }
        if model.filters.isEmpty { context.log.info("found nothing to subtract") }
        for (name, slope) in zip(model.calibration.features, model.calibration.slopes) where slope > 0 {
            context.log.info("\(name) tells of glitches: slope \(Format.fixed(slope, decimals: 2))")
        }
    }
}
