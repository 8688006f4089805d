import ArgumentParser
import Batch
import Glitches

struct Scan: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Which auxiliary channels see the glitches of the strain: excess power, coincidences, significance, vetoes.",
        discussion: """
            Segments of every channel are whitened by their own spectrum and Q-transformed; tiles louder than their neighbours and the
            threshold become triggers. Coincidences with the strain's triggers are counted in a window, weighed against chance (Poisson, and
            slides along the livetime), and channels are ranked by veto rounds as hveto does. Channels that see the strain itself belong
            into `unsafe`: they are listed, never named as witnesses, and veto nothing.

            Writes into the run directory: channels.csv, rounds.csv, triggers.h5, vetoes.xml (segments of each round, LIGO_LW), scan.html,
            summary.json.

            Settings are keys of the section `scan`:
              frames                       frame files, lists (.ffl), GWOSC files (.hdf5); or name them with --frames
              strain                       name of the strain's channel
              auxiliary, excluded, unsafe  lists of names with * and ?; all channels are auxiliary unless given
              start, end                   GPS seconds; all there is unless given
              segment                      seconds (8); filter_duration of them are not looked at
              whitening.fft_length, .overlap, .filter_duration   seconds (2, half, 2)
              whitening.average, .convention, .highpass          median or mean; gwpy or ml4gw; Hz
              q_range or q, frequencies    [4, 64] or single Qs; Hz ([10, 1000])
              mismatch, normalisation, gwpy_offset               0.2; exponential, median or mean; false: windows at their frequency
              threshold, cluster           signal to noise, sqrt(2 energy) (6); seconds below which triggers are joined (0.1)
              coincidence.windows, .slides, .significance        full widths, s ([0.1, 0.2, 0.5, 1]); 200; least of a witness (5)
              rounds.thresholds, .windows, .significance, .most  hveto's lists; 5; 20
              checkpoint_every             blocks of 16 segments (1024)
            The same results on any number of ranks.
            """)
    @OptionGroup var options: RunOptions
    @Option(name: .customLong("frames"), help: "Frame files or a list of them, instead of scan.frames. May be repeated.") var frames: [String] = []

    func run() throws {
        Job.run(
            name: "glitchgen scan", configuration: options.configuration, overrides: options.overrides, runDirectory: options.run, timeLimit: options.timeLimit
        ) { context in
            let settings = try ScanSettings(context.configuration, frames: frames)
            context.configuration.leaveSections(except: "scan")
            try context.configuration.finish()
            return try ScanRun(context, settings: settings).run()
        }
    }
}
