import ArgumentParser
import Batch
import GlitchNetworks

struct Preprocess: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Q-images of the strain and its witnesses around triggers and at quiet times, for training.",
        discussion: """
            Takes the triggers and the witnesses that `scan` found in the same run directory, whitens the segment around each time, and keeps
            images of time and frequency: energies as white noise has Exp(1). Quiet times, drawn away from all triggers, are the negatives.
            Time is cut into blocks that are for training, validation or test; images whose data reach into another use's block are left out.

            Writes images.h5 (docs/glitchgen.md has its layout) and summary.json into the run directory.

            Settings are keys of the section `preprocess`:
              frames                       frame files, lists (.ffl), a frozen buffer's directory; or name them with --frames
              strain, channels             names; witnesses are those of the scan unless given
              triggers                     the scan's file (RUN/triggers.h5)
              threshold, quiet, clearance  least signal to noise (6); quiet times for each trigger (1), at least so far from any (1 s)
              split.block, .shares         seconds (64); training, validation, test ([0.7, 0.15, 0.15])
              image.segment, .duration     seconds that are whitened (8), and of an image (1)
              image.size, .frequencies, .q rows and columns (64); Hz ([8, 500]); 12
              image.clamp, .mismatch, .whitening   largest energy (1e4); 0.2; as in `scan`
              margin                       columns more on either side, for shifts in training (8)
              checkpoint_every             blocks of 16 images of one channel (512)
            The same file on any number of ranks.
            """)
    @OptionGroup var options: RunOptions
    @Option(name: .customLong("frames"), help: "Frame files or a list of them, instead of preprocess.frames. May be repeated.") var frames: [String] = []

    func run() throws {
        Job.run(
            name: "glitchgen preprocess", configuration: options.configuration, overrides: options.overrides, runDirectory: options.run,
            timeLimit: options.timeLimit
        ) { context in
            let settings = try PreprocessSettings(context.configuration, frames: frames, runDirectory: context.directory.path)
            context.configuration.leaveSections(except: "preprocess")
            try context.configuration.finish()
            return try PreprocessRun(context, settings: settings).run()
        }
    }
}
