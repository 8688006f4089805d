import ArgumentParser
import Batch
import GlitchInference

struct Denoise: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Strain less what witnesses explain, as frames; `calibrate` first.",
        discussion: """
            Applies the filters of inference.h5 to the witnesses and takes their sum from the strain. The strain itself never enters a
            filter, so that a signal which no witness sees stays as it is. Where a witness is missing the strain is written as it was.

            Writes into the run directory: clean/*.gwf with the channel STRAIN_CLEAN and DQ_CLEAN_DIDYMOS (1 Hz; bit 0 = 1: cleaned),
            clean.ffl, summary.json.

            Settings: the section `inference` as for `calibrate`, and keys of the section `denoise`:
              channel, content             name of the cleaned channel (the strain's with _CLEAN); part of the files' names (DIDYMOS_CLEAN)
              frame, compression           seconds of a file (16); zero-suppress-or-gzip
              network                      autoencoder.h5 of `train`, whose prediction is subtracted in place of the filters
              checkpoint_every             files between checkpoints (16)
            The same files on any number of ranks.
            """)
    @OptionGroup var options: RunOptions
    @Option(name: .customLong("frames"), help: "Frame files or a list of them, instead of inference.frames. May be repeated.") var frames: [String] = []

    func run() throws {
        Job.run(
            name: "glitchgen denoise", configuration: options.configuration, overrides: options.overrides, runDirectory: options.run,
            timeLimit: options.timeLimit
        ) { context in
            let settings = try InferenceSettings(context.configuration, frames: frames)
            let denoise = try DenoiseSettings(context.configuration, strain: settings.strain)
            context.configuration.leaveSections(except: "inference", "denoise")
            try context.configuration.finish()
            return try DenoiseRun(context, settings: settings, denoise: denoise, parts: .networks(settings, denoise)).run()
        }
    }
}
