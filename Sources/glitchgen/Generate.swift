import ArgumentParser
import Batch
import GlitchNetworks

struct Generate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Images of the strain's glitches as the witnesses make one expect them.",
        discussion: """
            For each image of a file of `preprocess`, or one after the other over frames, the network of model.h5 draws the strain's image from the
            witnesses' alone. Writes generated.h5 into the run directory: strain [image, frequency, time] energies, gps_seconds,
            gps_nanoseconds, usable (1 where all witnesses have data), and summary.json.

            Settings are keys of the section `generate`:
              model                        file of `train` (RUN/model.h5)
              images                       file of `preprocess` (RUN/images.h5), or
              frames, start, end, stride   frames, GPS seconds, seconds from image to image (an image's length)
              checkpoint_every             batches of 16 images (1024)
            The same file on any number of ranks.
            """)
    @OptionGroup var options: RunOptions
    @Option(name: .customLong("frames"), help: "Frame files or a list of them, instead of generate.frames. May be repeated.") var frames: [String] = []

    func run() throws {
        Job.run(
            name: "glitchgen generate", configuration: options.configuration, overrides: options.overrides, runDirectory: options.run,
            timeLimit: options.timeLimit
        ) { context in
            let settings = try GenerateSettings(context.configuration.section("generate"), frames: frames, runDirectory: context.directory.path)
            context.configuration.leaveSections(except: "generate")
            try context.configuration.finish()
            return try GenerateRun(context, settings: settings).run()
        }
    }
}
