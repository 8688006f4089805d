import ArgumentParser
import Batch
import GlitchInference

struct Calibrate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Learns on a stretch of data what `veto` and `denoise` need: one file, inference.h5.",
        discussion: """
            Three things from the same reading of strain and witnesses: filters that whiten by linear prediction; P(glitch) from the loudest
            tile of each witness in every sixteenth of a second, fitted to moments in which the strain has a glitch; and what is subtracted
            from the strain: witnesses, their squares and their products with carriers (channels with lines), each behind a filter, as they
            are or only while the witness is loud. A term is taken if it is worth more than its taps (Schwarz's criterion).

            Writes into the run directory: inference.h5, probability.csv, subtraction.csv, summary.json.

            Settings are keys of the section `inference`, which `veto`, `denoise` and `report` read, too:
              frames, strain               frame files or lists (.ffl), also --frames; name of the strain's channel
              witnesses, scan              names with * and ?; channels.csv of a scan, whose witnesses are taken
              carriers, excluded           channels whose lines multiply witnesses; names that are never taken
              start, end                   GPS seconds; all there is unless given
              training_start, training_end GPS seconds that `calibrate` learns from; start and end unless given
              model                        the model file (inference.h5), in the run directory unless it begins with /
              rate, lowest, order          Hz of all work (1024), Hz below which nothing is looked at (10), taps of whitening (256)
              q, frequencies               Qs of the tiles ([6, 16]); Hz
              label_snr, gate              the strain's signal to noise in a moment with a glitch (5.5); the witness's from which it is loud (6)
              squares, factor_lowest       whether squares are terms (true); Hz from which on factors of products count (2)
              taps_later, taps_earlier     of the subtraction's filters, samples of `rate` (8, 16)
              network                      model.h5 of `train` (unet, resnet): the loudest place of the strain's image that it draws is a
                                           feature of P(glitch) beside the tiles; its inputs must be among the witnesses
              most_terms, checkpoint_every 12; pieces of 8 s between checkpoints (64)
            The same file on any number of ranks.
            """)
    @OptionGroup var options: RunOptions
    @Option(name: .customLong("frames"), help: "Frame files or a list of them, instead of inference.frames. May be repeated.") var frames: [String] = []

    func run() throws {
        Job.run(
            name: "glitchgen calibrate", configuration: options.configuration, overrides: options.overrides, runDirectory: options.run,
            timeLimit: options.timeLimit
        ) { context in
            let settings = try InferenceSettings(context.configuration, frames: frames)
            context.configuration.leaveSections(except: "inference")
            try context.configuration.finish()
            return try CalibrationRun(context, settings: settings, parts: .networks(settings)).run()
        }
    }
}
