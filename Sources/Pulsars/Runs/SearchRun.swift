import Batch
import MessagePassing
import ParallelHDF5
import RadioStreams

/// What the command `search` does: gulps, checkpoints, candidates as a table and as pictures.
public struct SearchRun {
    private let context: JobContext
    private let settings: SearchSettings
    private let recording: String

    public init(_ context: JobContext, settings: SearchSettings, recording: String) {
        self.context = context
        self.settings = settings
        self.recording = recording
    }

    /// *Collective.* nil when the stream has been searched to its end.
    public func run() throws -> StopReason? {
        let communicator = context.communicator
        guard recording != "-" || communicator.size == 1 else {
            throw SearchError("search: standard input reaches one rank only; run on 1 rank, or name a file")
        }
        let reader = try communicator.agree { try RecordedStream.open(recording, patience: settings.patience) }
        let plan = try communicator.agree {
            try DispersionPlan(header: reader.header, trials: settings.trials(for: reader.header), constant: settings.constant)
        }
        let store = try CheckpointStore(
            directory: context.directory, communicator: communicator, configurationHash: hash(reader.header),
            settings: context.configuration.settingLines, name: "search")
        var gaps: [(sample: Int, seconds: Double)] = []
        let state = reader.isSeekable ? try restored(store, &gaps) : PulseSearch.State()
        let search = try communicator.agree {
            try PulseSearch(reader: reader, plan: plan, settings: settings.engine, communicator: communicator, state: state)
        }
        describe(reader, plan)
        let reason = try loop(search, reader, store, &gaps)
        if reason != nil, reader.isSeekable {
            try checkpoint(store, search, gaps)
            return reason
        }
        if let reason {
            context.log.warning("\(reason): the stream cannot be read again, so this ends with what was found until sample \(search.nextSample)")
            search.closeAll()
        }
        try conclude(search, reader, gaps)
        return nil
    }

    private func describe(_ reader: any StreamReader, _ plan: DispersionPlan) {
        let header = reader.header
        context.log.info(
            "\(reader.file): \(header.source), \(header.telescope), \(header.channels) channels of \(header.bits) bits, \(header.samplingTime) s, \(header.sampleCount.map { "\($0) samples" } ?? "length unknown")")
        context.log.info(
            "\(plan.trials.count) trials of DM \(plan.trials.first ?? 0) to \(plan.trials.last ?? 0), dispersion constant \(plan.constant.rawValue) (\(plan.constant.value))")
    }

    /// What the state between gulps depends on: settings, and the recording's header.
    private func hash(_ header: StreamHeader) -> String {
        SHA256.hexadecimal(of: "\(context.configuration.hash) \(recording) \(header.source) \(header.start.days) \(header.channels) \(header.samplingTime) \(header.bits)".utf8)
    }

    private func loop(
        _ search: PulseSearch, _ reader: any StreamReader, _ store: CheckpointStore, _ gaps: inout [(sample: Int, seconds: Double)]
    ) throws -> StopReason? {
        var told = 0
        var gulps = 0
        let progress = reader.header.sampleCount.map { context.progress(total: $0, unit: "samples", label: "search") }
        defer { progress?.finish() }
        while !search.hasEnded {
            // A rank that cannot read must not leave the others in the exchange of events.
            _ = try context.phases.measure(.io) { try context.communicator.agree { try search.read() } }
            for incident in reader.incidents.dropFirst(told) {
                context.log.warning("\(reader.file): \(incident)")
                if incident.missingSeconds > 0 { gaps.append((incident.sample, incident.missingSeconds)) }
            }
            told = reader.incidents.count
            let events = context.phases.measure(.compute) { search.search() }
            try context.phases.measure(.allreduce) { try search.conclude(events) }
            gulps += 1
            progress?.advance(to: search.nextSample, ["candidates": Double(search.candidates.count)])
            if search.hasEnded { break }
            if let reason = try context.stop.shouldStop(after: gulps) { return reason }
            if reader.isSeekable, gulps % settings.checkpointEvery == 0 { try checkpoint(store, search, gaps) }
        }
        return nil
    }

    // MARK: Checkpoints

    private func checkpoint(_ store: CheckpointStore, _ search: PulseSearch, _ gaps: [(sample: Int, seconds: Double)]) throws {
        let state = search.state
        try context.writeCheckpoint(store, step: state.nextSample) { file in
            let root = file.root
            try root.write("pending", state.pending.flatMap(EventMessage.words))
            try root.write("strongest", state.candidates.flatMap { EventMessage.words($0.strongest) })
            try root.write("extent", state.candidates.flatMap { [Int64($0.members), Int64($0.begin), Int64($0.end)] })
            try root.write("gap_samples", gaps.map { Int64($0.sample) })
            try root.write("gap_seconds", gaps.map(\.seconds))
        }
    }

    private func restored(_ store: CheckpointStore, _ gaps: inout [(sample: Int, seconds: Double)]) throws -> PulseSearch.State {
        var state = PulseSearch.State()
        guard let found = try store.newestValid() else { return state }
        for rejected in found.rejected { context.log.warning("\(rejected)") }
        state.nextSample = found.step
        gaps = try store.read(found.path) { file in
            let root = file.root
            state.pending = EventMessage.events(try root.read("pending", as: Int64.self))
            let strongest = EventMessage.events(try root.read("strongest", as: Int64.self))
            let extent = try root.read("extent", as: Int64.self)
            state.candidates = strongest.enumerated().filter { 3 * $0.offset + 2 < extent.count }.map { i, event in
                Candidate(strongest: event, members: Int(extent[3 * i]), begin: Int(extent[3 * i + 1]), end: Int(extent[3 * i + 2]))
            }
            let seconds = try root.read("gap_seconds", as: Double.self)
            return zip(try root.read("gap_samples", as: Int64.self), seconds).map { (Int($0), $1) }
        }
        context.log.notice("continues at sample \(state.nextSample) from \(found.path)")
        return state
    }

    // MARK: Results

    private func conclude(_ search: PulseSearch, _ reader: any StreamReader, _ gaps: [(sample: Int, seconds: Double)]) throws {
        let table = CandidateTable(header: reader.header, plan: search.plan, gaps: gaps, recording: recording)
        try context.communicator.agree {
            if context.communicator.isRoot {
                try context.directory.writeAtomically("candidates.csv", text: table.text(search.candidates))
            }
        }
        if search.droppedEvents > 0 {
            context.log.warning("\(search.droppedEvents) events were more than \(settings.engine.eventsPerGulp) of a gulp, the weakest; clean the recording or raise search.threshold")
        }
        let images = try writeImages(search, reader, table)
        let strongest = search.candidates.max { $0.strongest.signalToNoise < $1.strongest.signalToNoise }?.strongest
        context.summary.set("samples", search.nextSample)
        context.summary.set("trials", search.plan.trials.count)
        context.summary.set("dispersion_constant", search.plan.constant.rawValue)
        context.summary.set("dispersion_constant_value", search.plan.constant.value)
        context.summary.set("channels", reader.header.channels)
        context.summary.set("channels_kept_last", search.keptChannels.count)
        context.summary.set("candidates", search.candidates.count)
        context.summary.set("events_dropped", search.droppedEvents)
        context.summary.set("incidents", reader.incidents.count)
        context.summary.set("images", images)
        if let strongest {
            context.summary.set("strongest_snr", Double(strongest.signalToNoise))
            context.summary.set("strongest_dm", search.plan.trials[strongest.trial])
            context.summary.set("strongest_time", table.time(ofSample: strongest.peak))
        }
        context.log.info("\(search.candidates.count) candidates in \(context.directory.path("candidates.csv")), \(search.keptChannels.count) of \(reader.header.channels) channels kept at the end")
    }

    /// A file for each of the strongest candidates; how many. *Collective.*
    private func writeImages(_ search: PulseSearch, _ reader: any StreamReader, _ table: CandidateTable) throws -> Int {
        guard reader.isSeekable, settings.images > 0, !search.candidates.isEmpty else {
            if settings.images > 0, !search.candidates.isEmpty { context.log.notice("no pictures of candidates: the stream cannot be read again") }
            return 0
        }
        let chosen = search.candidates.sorted { $0.strongest.signalToNoise > $1.strongest.signalToNoise }.prefix(settings.images)
        try context.phases.measure(.io) {
            try context.communicator.agree {
                try Files.makeDirectories(context.directory.path("candidates"))
                for (i, candidate) in chosen.enumerated() where i % context.communicator.size == context.communicator.rank {
                    let image = try CandidateImage(candidate, reader: reader, plan: search.plan, cleaning: settings.engine.cleaning)
                    try write(image, candidate, reader.header, search.plan, table)
                }
            }
        }
        return chosen.count
    }

    private func write(_ image: CandidateImage, _ candidate: Candidate, _ header: StreamHeader, _ plan: DispersionPlan, _ table: CandidateTable) throws {
        let best = candidate.strongest
        let (measure, time) = (plan.trials[best.trial], table.time(ofSample: best.peak))
        let name = "cand_tstart_\(Format.fixed(header.start.days, decimals: 12))_tcand_\(Format.fixed(time, decimals: 7))"
            + "_dm_\(Format.fixed(measure, decimals: 5))_snr_\(Format.fixed(Double(best.signalToNoise), decimals: 5))"
        try HDF5File.with(HDF5File.create(context.directory.path("candidates/\(name).h5"), communicator: nil)) { file in
            let root = file.root
            for (key, value) in context.provenance.attributes { try root.setAttribute(key, value) }
            try root.setAttribute("cand_id", name)
            try root.setAttribute("source_name", header.source)
            try root.setAttribute("basename", recording)
            try root.setAttribute("dispersion_constant", plan.constant.rawValue)
            for (key, value) in [
                ("tcand", time), ("dm", measure), ("dm_opt", measure), ("snr", Double(best.signalToNoise)),
                ("snr_opt", Double(best.signalToNoise)), ("tsamp", header.samplingTime), ("tstart", header.start.days),
                ("fch1", header.frequencies.first ?? 0), ("foff", header.channelWidth), ("dispersion_constant_value", plan.constant.value),
            ] { try root.setAttribute(key, value) }
            for (key, value) in [
                ("width", 1 << best.filter), ("label", -1), ("nchans", header.channels), ("nbits", header.bits),
                ("samples_per_bin", image.samplesPerBin),
            ] { try root.setAttribute(key, Int64(value)) }
            let size = CandidateImage.size
            let frequencyTime = try root.write("data_freq_time", image.frequencyTime, shape: [size, size])
            try frequencyTime.setDimensionLabel(0, "time")
            try frequencyTime.setDimensionLabel(1, "frequency")
            let dispersionTime = try root.write("data_dm_time", image.dispersionTime, shape: [size, size])
            try dispersionTime.setDimensionLabel(0, "dm")
            try dispersionTime.setDimensionLabel(1, "time")
        }
    }
}
