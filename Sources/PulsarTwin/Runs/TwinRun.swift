import Batch
import RadioStreams

/// What the command `simulate` does.
public enum TwinRun {
    enum Mode: String, CaseIterable { case frames, stream }

    /// Frames or a stream, as the section `simulation` says. *Collective.*
    /// - Returns: why it stopped early, or nil when finished.
    /// - Throws: `ConfigurationError`, `TwinError`, and what files throw.
    public static func run(_ context: JobContext) throws -> StopReason? {
        let configuration = context.configuration
        let section = try configuration.section("simulation")
        let mode: Mode = try section.choice("mode", default: .frames)
        switch mode {
        case .frames:
            let count = try section.int("frames", default: 1024, in: 1...1_000_000_000)
            let perFile = try section.int("frames_per_file", default: 4096, in: 1...10_000_000)
            let source = try TwinFrames(configuration, seed: context.seed)
            configuration.leave("stream", "interference")
            try configuration.finish()
            let hash = configuration.hash(of: ["seed", "telescope", "pulsar", "stages", "frames", "dispersion_constant"])
            let reason = try FramesRun(context, source: source, count: count, perFile: perFile, settingsHash: hash, label: "simulate").run()
            context.summary.set("mode", "frames")
            context.summary.set("stages", source.stages.text)
            context.summary.set("dispersion_constant", source.constant.rawValue)
            context.summary.set("system_temperature", source.receiver.temperatures[source.axes.channels / 2])
            context.summary.set("sefd_jansky", source.receiver.systemEquivalentFlux(source.axes.channels / 2))
            return reason
        case .stream:
            section.leave("frames", "frames_per_file")
            configuration.leave("frames")
            let descriptions = try Descriptions(configuration)
            let settings = try StreamSettings(configuration, telescope: descriptions.telescope)
            let stages = try Stages(configuration)
            let constant: DispersionConstant = try configuration.choice("dispersion_constant", default: .handbook)
            try configuration.finish()
            let stream = try TwinStream(descriptions: descriptions, settings: settings, stages: stages, constant: constant, seed: context.seed)
            return try StreamRun(context, stream: stream).run()
        }
    }
}
