import Batch
import Numerics
import ParallelHDF5
import PulsarFrames
import PulsarKernels
import Pulsars
import RadioStreams

extension EmpiricalFrames: FileableFrames {
    var areBytes: Bool { settings.areBytes }
    var units: String { "as recorded" }

    func describe(_ root: HDF5Group) throws {
        try root.setAttribute("dispersion_constant", constant.rawValue)
        try root.setAttribute("dispersion_constant_value", constant.value)
        try root.write("bandpass", learned.means, units: "as recorded")
        try root.write("noise_deviation", learned.deviations, units: "as recorded")
    }
}

/// What the command `generate` does: learns from a recording and makes labelled frames like it.
public enum GenerateRun {
    /// *Collective.* Every rank learns the same; frames are shared among the ranks.
    /// - Returns: why it stopped early, or nil when finished.
    /// - Throws: `ConfigurationError`, `TwinError`, `SearchError`, `StreamError`, and what files throw.
    public static func run(_ context: JobContext, recording: String) throws -> StopReason? {
        let configuration = context.configuration
        let section = try configuration.section("generate")
        let count = try section.int("frames", default: 1024, in: 1...1_000_000_000)
        let perFile = try section.int("frames_per_file", default: 4096, in: 1...10_000_000)
        let constant: DispersionConstant = try configuration.choice("dispersion_constant", default: .handbook)
        let settings = try LearnSettings(configuration)
        let frames = try FrameSettings(configuration)
        let frameSection = try configuration.section("frames")
        let channels = frameSection.has("channels") ? frames.channels : nil
        try configuration.finish()
        guard recording != "-" else { throw TwinError("generate: found standard input, wanted the name of a recording, which every rank reads") }
        let (learner, source, check) = try context.phases.measure(.compute) {
            try context.communicator.agree {
                let reader = try RecordedStream.open(recording)
                let part = try RecordingPart(reader, settings: settings, channels: channels, frameSamples: frames.samples)
                let learner = try RecordingLearner(part, settings: settings, file: recording)
                if let table = settings.candidates {
                    learner.setPulses(try pulses(table, samplingTime: reader.header.samplingTime))
                }
                let source = try EmpiricalFrames(learner.learned, settings: frames, constant: constant, seed: context.seed)
                return (learner, source, NoiseCheck(source, learner: learner, frames: settings.checkFrames))
            }
        }
        try writeLearned(context, learner.learned, check, recording)
        report(context, learner.learned, check)
        let hash = SHA256.hexadecimal(
            of: "\(configuration.hash(of: ["seed", "frames", "learn", "dispersion_constant"])) \(fingerprint(learner.learned))".utf8)
        return try FramesRun(context, source: source, count: count, perFile: perFile, settingsHash: hash, label: "generate").run()
    }

    private static func pulses(_ table: String, samplingTime: Double) throws -> [LearnedPulse] {
        let rows = try CandidateFile.read(table)
        guard !rows.isEmpty else { throw TwinError("\(table): found no candidate, wanted at least one; leave learn.candidates out for the ranges of frames") }
        return rows.map {
            LearnedPulse(signalToNoise: $0.signalToNoise, dispersionMeasure: $0.dispersionMeasure, width: Double(1 << $0.filter) * samplingTime)
        }
    }

    /// Of all that was learnt: another recording under the same name makes other frames.
    private static func fingerprint(_ learned: LearnedRecording) -> String {
        var bytes: [UInt8] = []
        for value in learned.tables { for k in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt32(k)))) } }
        return SHA256.hexadecimal(
            of: bytes + Array("\(learned.axes) \(learned.correlations) \(learned.commonVariance) \(learned.carriers) \(learned.impulses) \(learned.pulses)".utf8))
    }

    private static func report(_ context: JobContext, _ learned: LearnedRecording, _ check: NoiseCheck) {
        let states = learned.states
        context.summary.set("samples_learned", learned.samples)
        context.summary.set("channels", learned.axes.channels)
        context.summary.set("channels_clean", states.count { $0 == .clean })
        context.summary.set("channels_occupied", states.count { $0 == .occupied })
        context.summary.set("channels_dead", states.count { $0 == .dead })
        context.summary.set("carriers", learned.carriers.count)
        context.summary.set("impulses", learned.impulses.count)
        context.summary.set("pulses", learned.pulses.count)
        context.summary.set("common_variance", learned.commonVariance)
        let clean = states.indices.filter { states[$0] == .clean }
        func largest(_ value: (Int) -> Double) -> Double { clean.map(value).max() ?? 0 }
        context.summary.set("check_mean_largest", largest { abs(check.means[$0] - learned.means[$0]) / learned.deviations[$0] })
        context.summary.set("check_deviation_largest", largest { abs(check.deviations[$0] / learned.deviations[$0] - 1) })
        context.summary.set("check_correlation_largest", largest { abs(check.correlations[$0] - learned.correlations[$0]) })
        context.summary.set("check_distance_largest", largest { check.distances[$0] })
        context.summary.set("check_distance_limit", check.limit)
        context.summary.set("check_distance_beyond", check.shareBeyond)
        context.summary.set("check_band_variance", check.bandVariance.made)
        context.summary.set("recorded_band_variance", check.bandVariance.recorded)
        context.log.info(
            "learnt from \(learned.samples) samples: \(clean.count) of \(states.count) channels hold noise alone, \(learned.carriers.count) carriers, \(learned.impulses.count) impulses, \(learned.pulses.count) pulses")
        for (name, isEmpty) in [("carriers", learned.carriers.isEmpty), ("impulses", learned.impulses.isEmpty), ("pulses", learned.pulses.isEmpty)] where isEmpty {
            context.log.notice("no \(name) to learn from: they are drawn from the ranges of the section frames")
        }
    }

    private static func writeLearned(_ context: JobContext, _ learned: LearnedRecording, _ check: NoiseCheck, _ recording: String) throws {
        try context.writeData("learned.h5") { file in
            let root = file.root
            try root.setAttribute("recording", recording)
            try root.setAttribute("samples", Int64(learned.samples))
            try root.setAttribute("whole_numbers", Int64(learned.rounds ? 1 : 0))
            try root.setAttribute("common_variance", learned.commonVariance)
            try root.setAttribute("common_correlation", learned.commonCorrelation)
            try root.setAttribute("sampling_time_s", learned.axes.samplingTime)
            let axes = learned.axes
            try root.write("frequency", (0..<axes.channels).map { axes.frequency($0) }, units: "MHz")
            try root.write("state", learned.states.map(\.rawValue), units: "1: 0 clean, 1 occupied, 2 dead")
            try root.write("source", learned.sources.map { Int64($0) }, units: "1")
            try root.write("mean", learned.means, units: "as recorded")
            try root.write("deviation", learned.deviations, units: "as recorded")
            try root.write("correlation", learned.correlations, units: "1")
            let size = EmpiricalNoiseKernel.tableSize
            try root.write("quantiles", learned.tables, shape: [axes.channels, size], units: "as recorded")
            try root.write("normal_score", (0..<size).map { Double($0) / Double(EmpiricalNoiseKernel.stepsPerUnit) - Double(EmpiricalNoiseKernel.reach) }, units: "1")
            let carriers = try root.createGroup("carriers")
            func write<T: HDF5Scalar>(_ group: HDF5Group, _ name: String, _ values: [T], _ units: String, shape: [Int]? = nil) throws {
                if !values.isEmpty { try group.write(name, values, shape: shape, units: units) }
            }
            try write(carriers, "first_channel", learned.carriers.map { Int64($0.firstChannel) }, "1")
            try write(carriers, "channels", learned.carriers.map { Int64($0.profile.count) }, "1")
            try write(carriers, "sample", learned.carriers.map { Int64($0.sample) }, "1")
            try write(carriers, "level", learned.carriers.map { $0.profile.reduce(0, +) / Float($0.profile.count) }, "deviations of the channel's noise")
            try write(carriers, "unrest", learned.carriers.map(\.unrest), "deviations of the channel's noise")
            try write(carriers, "envelope", learned.carriers.flatMap(\.envelope), "1", shape: [learned.carriers.count, LearnedCarrier.segments])
            try write(carriers, "per_window", learned.carriersPerWindow.map { Int64($0) }, "1")
            let impulses = try root.createGroup("impulses")
            try write(impulses, "sample", learned.impulses.map { Int64($0.sample) }, "1")
            try write(impulses, "width", learned.impulses.map { Int64($0.width) }, "samples")
            try write(impulses, "snr", learned.impulses.map(\.signalToNoise), "1")
            try write(
                impulses, "height", learned.impulses.flatMap(\.heights), "deviations of a channel's noise", shape: [learned.impulses.count, LearnedImpulse.bands])
            let pulses = try root.createGroup("pulses")
            try write(pulses, "snr", learned.pulses.map(\.signalToNoise), "1")
            try write(pulses, "dm", learned.pulses.map(\.dispersionMeasure), "pc cm-3")
            try write(pulses, "width", learned.pulses.map(\.width), "s")
            let made = try root.createGroup("check")
            try made.setAttribute("distance_limit", check.limit)
            try made.write("mean", check.means, units: "as recorded")
            try made.write("deviation", check.deviations, units: "as recorded")
            try made.write("correlation", check.correlations, units: "1")
            try made.write("distance", check.distances, units: "1")
        }
    }
}
