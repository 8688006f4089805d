import Batch
import MessagePassing
import ParallelHDF5
import RadioStreams

/// A recording, made block by block on all ranks and written by the first, and its truth.
///
/// The part of the recording that is on the disk is the checkpoint: a run that goes on starts after its last whole sample.
final class StreamRun {
    private let context: JobContext
    private let stream: TwinStream
    private let settingsHash: String
    private static let hashFile = "stream-settings.txt"

    init(_ context: JobContext, stream: TwinStream) {
        self.context = context
        self.stream = stream
        settingsHash = context.configuration.hash(of: ["seed", "telescope", "pulsar", "stages", "stream", "interference", "dispersion_constant"])
    }

    /// *Collective.* Why it stopped early, or nil when finished.
    func run() throws -> StopReason? {
        let communicator = context.communicator
        let path = context.directory.path(stream.settings.file)
        let isComplete = try communicator.agree { communicator.isRoot ? try prepare(path) : false }
        var made = 0
        let began = Phases.now()
        if try communicator.broadcast(isComplete ? 1 : 0, root: 0) == 0 {
            if let reason = try writeRecording(path, made: &made) { return reason }
        }
        try writeTruth()
        report(made: made, seconds: Phases.now() - began)
        return nil
    }

    /// Whether the recording is complete; what is there must have come of the same settings. On rank 0.
    private func prepare(_ path: String) throws -> Bool {
        let record = context.directory.path(Self.hashFile)
        let isStarted = Files.exists(path) || Files.exists(path + ".part")
        if isStarted {
            let found = Files.exists(record) ? String(decoding: try Files.read(record, limit: 1 << 12), as: UTF8.self) : ""
            guard found == settingsHash + "\n" else {
                throw TwinError("\(path): made with other settings of the stream; remove it (and \(path).part) or choose another run directory")
            }
        }
        try context.directory.writeAtomically(Self.hashFile, text: settingsHash + "\n")
        return Files.exists(path)
    }

    private func writeRecording(_ path: String, made: inout Int) throws -> StopReason? {
        let communicator = context.communicator
        let writer: (any StreamWriter)? = try communicator.agree {
            communicator.isRoot ? try RecordedStream.create(path, format: stream.settings.format, header: stream.header, resume: true) : nil
        }
        let done = min(try communicator.broadcast(writer?.samplesWritten ?? 0, root: 0), stream.sampleCount)
        if done > 0 { context.log.notice("continues after sample \(done)") }
        let progress = context.progress(total: stream.sampleCount, unit: "samples", label: "simulate")
        defer { progress.finish() }
        var next = done / stream.settings.block
        var written = done
        while written < stream.sampleCount {
            let mine = next + communicator.rank
            let numbers = context.phases.measure(.compute) { mine < stream.blocks ? stream.block(mine) : [] }
            let gathered = try context.phases.measure(.allreduce) { try communicator.gather(numbers, root: 0) }
            try context.phases.measure(.io) {
                try communicator.agree {
                    guard let writer, let gathered else { return }
                    for (k, block) in gathered.enumerated() where next + k < stream.blocks {
                        let range = stream.samples(next + k)
                        let skipped = max(0, done - range.lowerBound)
                        guard skipped < range.count else { continue }
                        try block.withUnsafeBufferPointer { buffer in
                            guard let base = buffer.baseAddress else { return }
                            try writer.append(base + skipped * stream.header.rowCount, count: range.count - skipped)
                        }
                    }
                }
            }
            next += communicator.size
            let reached = min(stream.sampleCount, next * stream.settings.block)
            made += reached - written
            written = reached
            progress.advance(to: written)
            if written < stream.sampleCount, let reason = try context.stop.shouldStop(after: next) { return reason }
        }
        try communicator.agree { try writer?.finish() }
        return nil
    }

    // MARK: Truth

    private func writeTruth() throws {
        let end = Double(stream.sampleCount) * stream.axes.samplingTime
        let pulses = stream.pulses(from: 0, to: end).map { stream.truth(of: $0) }
        let events = stream.events(from: 0, to: end).filter { $0.start < end }
        try context.writeData("truth.h5") { file in
            try file.root.setAttribute("settings_hash", settingsHash)
            try file.root.setAttribute("stages", stream.stages.text)
            try file.root.setAttribute("dispersion_constant", stream.constant.rawValue)
            try file.root.setAttribute("dispersion_constant_value", stream.constant.value)
            try file.root.setAttribute("dispersion_measure", stream.descriptions.pulsar.dispersionMeasure)
            try file.root.setAttribute("rotation_measure", stream.descriptions.pulsar.rotationMeasure)
            try file.root.setAttribute("scattering_time_1ghz", stream.descriptions.pulsar.scattering.time)
            try file.root.setAttribute("scattering_index", stream.descriptions.pulsar.scattering.index)
            let root = file.root
            try root.write("frequency", (0..<stream.axes.channels).map { stream.axes.frequency($0) }, units: "MHz")
            try root.write("system_temperature", stream.receiver.temperatures, units: "K")
            try root.write("bandpass", stream.receiver.bandpass, units: "1")
            let group = try root.createGroup("pulses")
            try group.write("kind", pulses.map { $0.pulse.kind.rawValue }, units: "1: 0 main, 1 interpulse, 2 giant")
            try group.write("rotation", pulses.map { Int64($0.pulse.rotation) }, units: "1")
            try group.write("arrival", pulses.map(\.pulse.arrival), units: "s")
            try group.write("fluence", pulses.map(\.pulse.fluence), units: "Jy s")
            try group.write("snr", pulses.map(\.signalToNoise), units: "1")
            try group.write("width", pulses.map(\.width), units: "s")
            let people = try root.createGroup("interference")
            try people.write("kind", events.map(\.kind.rawValue), units: "1: 0 carrier, 1 impulse, 2 sweep")
            try people.write("start", events.map(\.start), units: "s")
            try people.write("end", events.map(\.end), units: "s")
            try people.write("frequency", events.map(\.frequency), units: "MHz")
            try people.write("width", events.map(\.width), units: "MHz")
            try people.write("duration", events.map(\.duration), units: "s")
            try people.write("period", events.map(\.period), units: "s")
            try people.write("slope", events.map(\.slope), units: "MHz/s")
            try people.write("strength", events.map { $0.strength * stream.receiver.temperatures[stream.axes.channels / 2] }, units: "K")
        }
        context.summary.set("pulses", pulses.count)
        context.summary.set("strongest_snr", pulses.map(\.signalToNoise).max() ?? 0)
        context.summary.set("interference_events", events.count)
    }

    private func report(made: Int, seconds: Double) {
        context.summary.set("mode", "stream")
        context.summary.set("file", stream.settings.file)
        context.summary.set("samples", stream.sampleCount)
        context.summary.set("channels", stream.axes.channels)
        context.summary.set("samples_made_now", made)
        context.summary.set("stages", stream.stages.text)
        context.summary.set("dispersion_constant", stream.constant.rawValue)
        context.summary.set("system_temperature", stream.receiver.temperatures[stream.axes.channels / 2])
        context.summary.set("sefd_jansky", stream.receiver.systemEquivalentFlux(stream.axes.channels / 2))
        guard made > 0 else { return }
        let times = Double(made) * stream.axes.samplingTime / seconds
        context.summary.set("times_real_time", times)
        context.log.info("\(made) samples, \(Format.general(times, digits: 3)) times as fast as they would be recorded")
    }
}
