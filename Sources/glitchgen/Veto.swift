import ArgumentParser
import Batch
import GlitchInference

struct Veto: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "P(glitch) and vetoes from witnesses alone, over an archive or as frames appear; `calibrate` first.",
        discussion: """
            Every sixteenth of a second has a probability that the strain has a glitch, from the witnesses' loudest tiles; moments of at least
            the threshold are vetoed.

            Writes into the run directory: veto/*.gwf, a frame a second with DQ_VETO_DIDYMOS (16 Hz, INT_4U; bit 0 = 1: vetoed) and
            DQ_PGLITCH_DIDYMOS; veto.h5 (times, P, decision); veto.txt (segwizard), veto.xml (LIGO_LW), veto.json; summary.json.

            With --follow DIRECTORY it takes frames of one second, named by LIGO-T050017, as they appear, on one rank, and writes a cleaned
            frame (clean/*.gwf) beside each veto. A frame that is missing, torn, damaged or late is reported and left out. It ends when it is
            stopped (exit code 75) or nothing has come for veto.follow.idle seconds, and goes on behind its newest veto when given again.

            Settings: the section `inference` as for `calibrate`, and keys of the section `veto`:
              threshold                    least P of a vetoed moment (0.5)
              channel, probability_channel names of the channels that are written
              content                      part of the files' names (DIDYMOS_VETO)
              piece, checkpoint_every      seconds of a piece of work (16); pieces between checkpoints (16)
              follow.content, .patience    part of the names of followed files (all); s after which a frame counts as missing or torn (1)
              follow.idle, .interval       s without a frame after which it ends (0: never); s between looks (0.01)
              follow.denoise               whether cleaned frames are written (true), with the names of the section `denoise`
            The same files on any number of ranks.
            """)
    @OptionGroup var options: RunOptions
    @Option(name: .customLong("frames"), help: "Frame files or a list of them, instead of inference.frames. May be repeated.") var frames: [String] = []
    @Option(name: .customLong("follow"), help: "Directory in which frames of one second appear.") var follow: String?

    func run() throws {
        Job.run(
            name: "glitchgen veto", configuration: options.configuration, overrides: options.overrides, runDirectory: options.run, timeLimit: options.timeLimit
        ) { context in
            let settings = try InferenceSettings(context.configuration, frames: frames)
            let veto = try VetoSettings(context.configuration, strain: settings.strain)
            guard let follow else {
                context.configuration.leaveSections(except: "inference", "veto")
                try context.configuration.finish()
                return try VetoRun(context, settings: settings, veto: veto, parts: .networks(settings)).run()
            }
            let denoise = try DenoiseSettings(context.configuration, strain: settings.strain)
            context.configuration.leaveSections(except: "inference", "veto", "denoise")
            try context.configuration.finish()
            return try FollowRun(context, settings: settings, veto: veto, denoise: denoise, directory: follow, parts: .networks(settings, denoise)).run()
        }
    }
}
