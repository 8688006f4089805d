import ArgumentParser
import Batch
import PulsarNetworks

struct Segment: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Where in a stream pulses lie, and their dispersion measures, by a U-Net.",
        discussion: """
            The input is a recording (SIGPROC, PSRFITS, PSRDADA, `-` for standard input on one rank) or an HDF5 file of frames, as for `classify`. The network
            gives each place of a frame the probability that a pulse is there. The mean of the rows' largest, over the eighth of the rows where they are
            largest, is a frame's score. A straight line through a mask, arrival against the delay of a dispersion measure of 1, is its pulse's path.

            Writes into the run directory:
              pulses.csv          frames with a pulse: sample, time, score, places and rows of the mask, dispersion measure and arrival with errors
              masks.h5            the same and the masks, uint8 [N, rows, columns], 255 for certainty, highest frequency first
              summary.json        counts, frames a second
            They are the same bytes on any number of ranks, and after a stop and a restart.

            Settings, in a file or by --set:
              segmentation.model          model.h5 of `train` with model.network unet, or its run directory (--model)
              segmentation.threshold      score from which on a frame has a pulse (the model's own)
              segmentation.overlap        share of a frame that the next shows again (0.5)
              segmentation.masks          most masks of masks.h5 (1024)
              segmentation.block, .patience, .checkpoint_every   64 frames that all ranks take together, 0 s to wait for a recording that grows, 64 blocks

            Example:
              mpirun -n 2 pulsardt segment night.fil --model runs/unet --run runs/pulses
            """)

    @Argument(help: "The recording, - for standard input, or an HDF5 file of frames.") var input: String
    @Option(help: "The model, as segmentation.model.") var model: String?
    @Option(name: .customLong("configuration"), help: "Settings, YAML; without it the defaults.") var file: String?
    @Option(name: .customLong("run"), help: "Run directory; default: run.directory, else runs/NAME of the configuration, else runs/run.") var runDirectory: String?
    @Option(name: .customLong("set"), help: ArgumentHelp("Overrides one setting, e.g. --set segmentation.overlap=0.75. May be repeated.", valueName: "key=value"))
    var overrides: [String] = []
    @Option(name: .customLong("time-limit"), help: ArgumentHelp(TimeLimit.help), transform: TimeLimit.seconds) var timeLimit: Double?

    func run() throws {
        let overrides = overrides + (model.map { ["segmentation.model=\($0)"] } ?? [])
        Job.run(name: "pulsardt segment", configuration: file, overrides: overrides, runDirectory: runDirectory, timeLimit: timeLimit) { context in
            let settings = try SegmentationSettings(context.configuration.section("segmentation"))
            context.configuration.leaveSections(except: "segmentation")
            try context.configuration.finish()
            return try SegmentationRun(context, settings: settings, input: input).run()
        }
    }
}
