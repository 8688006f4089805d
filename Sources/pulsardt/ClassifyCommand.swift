import ArgumentParser
import Batch
import PulsarNetworks

struct Classify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sort a stream: a label for each frame, and what is worth keeping of it.",
        discussion: """
            The input is a recording (SIGPROC, PSRFITS, PSRDADA, `-` for standard input on one rank) or an HDF5 file of frames as `simulate`
            writes it. Frames overlap, so that a pulse that straddles the border of one is whole, or nearly, in another. Recordings that are
            finer than the model by whole factors, in channels or in time, are added up.

            Writes into the run directory:
              labels.csv                  for each frame its sample, time, class, whether it is kept, and the probabilities
              kept/stretch-NNNNNN.fil     unions of kept frames, the recording's own numbers with a header that other tools read
              kept.h5                     the kept frames themselves
              summary.json                counts, kept fraction, what was dropped, frames a second; with truth in the input also accuracy,
                                          recall against S/N and the confusion matrix
            The labels are the same bytes on any number of ranks, and after a stop and a restart.

            Settings, in a file or by --set:
              classification.model        model.h5 of `train`, or its run directory (--model)
              classification.threshold    probability of a pulse from which on a frame is kept (the model's own)
              classification.overlap      share of a frame that the next shows again (0.5)
              classification.block        frames that all ranks take together (256)
              classification.kept_frames  most frames of kept.h5 (4096)
              classification.patience     seconds to wait for a recording that grows (0)
              classification.checkpoint_every   blocks (64)

            Example:
              mpirun -n 2 pulsardt classify night.fil --model runs/classifier --run runs/night
            """)

    @Argument(help: "The recording, - for standard input, or an HDF5 file of frames.") var input: String
    @Option(help: "The model, as classification.model.") var model: String?
    @Option(name: .customLong("configuration"), help: "Settings, YAML; without it the defaults.") var file: String?
    @Option(name: .customLong("run"), help: "Run directory; default: run.directory, else runs/NAME of the configuration, else runs/run.") var runDirectory: String?
    @Option(name: .customLong("set"), help: ArgumentHelp("Overrides one setting, e.g. --set classification.overlap=0.75. May be repeated.", valueName: "key=value"))
    var overrides: [String] = []
    @Option(name: .customLong("time-limit"), help: ArgumentHelp(TimeLimit.help), transform: TimeLimit.seconds) var timeLimit: Double?

    func run() throws {
        let overrides = overrides + (model.map { ["classification.model=\($0)"] } ?? [])
        Job.run(name: "pulsardt classify", configuration: file, overrides: overrides, runDirectory: runDirectory, timeLimit: timeLimit) { context in
            let settings = try ClassificationSettings(context.configuration.section("classification"))
            context.configuration.leaveSections(except: "classification")
            try context.configuration.finish()
            return try ClassificationRun(context, settings: settings, input: input).run()
        }
    }
}
