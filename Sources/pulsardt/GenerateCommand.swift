import ArgumentParser
import Batch
import PulsarTwin

struct Generate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The empirical route: labelled frames like a recording.",
        discussion: """
            Learns from a part of a recording (SIGPROC, PSRFITS, PSRDADA) each channel's distribution, level and correlation, what all channels share,
            carriers and impulses that stand out, and pulses of a table of candidates; then makes frames with the recording's band, sampling
            and digitiser, in the form that `train` takes. Signals are added before the digitiser. Frames are functions of seed and number: the
            same on any number of ranks; a finished file is the checkpoint.

              pulsardt search night.fil --run runs/search --set search.dm_max=100
              mpirun -n 2 pulsardt generate night.fil --run runs/frames --set learn.candidates=runs/search/candidates.csv
              mpirun -n 2 pulsardt train --set data.frames=runs/frames/frames-0000.h5 --run runs/classifier

            Writes into the run directory: frames-0000.h5, ... (frames, class, snr, dm, width, arrival, axes), and learned.h5 (levels, deviations,
            correlations and quantiles of channels; carriers, impulses and pulses; `check`: the same of made noise).

            Settings, in a file or by --set:
              generate.frames, .frames_per_file    1024 and 4096
              learn.start, .samples          part of the recording: from sample 0 on, at most 65536 samples (and 64 Mi numbers)
              learn.channel_factor, .time_factor, .first_channel   channels and samples added up to one (1, 1), first channel from the top (0)
              learn.candidates               candidates.csv of `search`: pulses are drawn like these, else from the ranges of frames
              learn.threshold                deviations from which on something counts as interference (6)
              learn.cleaning.kurtosis, .correlation   limits for channels that hold noise alone, as in `search` (0.5, 0.1)
              learn.check_frames             frames of noise that are compared with the recording (16)
              frames.channels, .samples      channels (all) and samples (256) of a frame
              frames.shares, .other_share, .snr, .dm, .width, .scattering, .spectral_index, .visible, .carrier_strength, .impulse_strength,
              .bytes                         as for `simulate`
              dispersion_constant            handbook (4148.808), tempo (1/2.41e-4) or sigproc (4148.741601)
            """)

    @Argument(help: "The recording.") var recording: String
    @Option(name: .customLong("configuration"), help: "Settings, YAML; without it the defaults.") var file: String?
    @Option(name: .customLong("run"), help: "Run directory; default: run.directory, else runs/NAME of the configuration, else runs/run.") var runDirectory: String?
    @Option(name: .customLong("set"), help: ArgumentHelp("Overrides one setting, e.g. --set learn.samples=20000. May be repeated.", valueName: "key=value"))
    var overrides: [String] = []
    @Option(name: .customLong("time-limit"), help: ArgumentHelp(TimeLimit.help), transform: TimeLimit.seconds) var timeLimit: Double?

    func run() throws {
        Job.run(name: "pulsardt generate", configuration: file, overrides: overrides, runDirectory: runDirectory, timeLimit: timeLimit) { context in
            context.configuration.leaveSections(except: "generate", "learn", "frames", "dispersion_constant")
            return try GenerateRun.run(context, recording: recording)
        }
    }
}
