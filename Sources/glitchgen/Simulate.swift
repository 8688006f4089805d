import ArgumentParser
import Batch
import Glitches

struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Frame files of a simulated interferometer: strain, auxiliary channels, glitches with known witnesses.",
        discussion: """
            Gaussian noise of the detector's spectrum, auxiliary channels with spectra, lines and glitches of their own, and families of
            glitches that couple into the strain from named witnesses. Without `channels` and `families`: a small Virgo of thirteen channels.

            Writes into the run directory: frames/*.gwf, frames.ffl (a list for `scan`), truth.h5 (every glitch: time, family, frequency, Q,
            signal to noise in strain and witness; channels with their roles), truth.xml (segments, LIGO_LW).

            Settings are keys of the section `simulation`:
              start, duration, frame      GPS seconds (1266624000), seconds in all (256) and of a file (32)
              detector, content           V1, DIDYMOS_TWIN: parts of the files' names
              strain.name, .rate          V1:Hrec_hoft_4096Hz by its rate, 4096 Hz
              strain.spectrum, .lowest    adv, aligo, et, or a file of frequencies and amplitude densities; flat below `lowest` (8 Hz)
              channels                    list: name, rate, unit, role (witness, carrier, motion, unsafe, uncoupled), level (density at 100 Hz),
                                          slope below 100 Hz, lines [f, amplitude, …], glitches an hour of its own, leak (of the strain)
              families                    list: name, coupling (blip, linear, quadratic, scattered, bilinear), witness, carrier, motion, rate an
                                          hour, frequencies, q, snr (ranges), strain_snr, slope, delay
              steady                      list: name, witness, carrier (unless given, the noise itself), band in Hz ([3, 15]), witness_level,
                                          strain_level: noise that couples all the time, densities over the channels' own
              channels_per_file           all in one file unless given
              compression, checkpoint_every   of the frames (zero-suppress-or-gzip); files between checkpoints (64)
            The seed is the key `seed`. The same files on any number of ranks.
            """)
    @OptionGroup var options: RunOptions

    func run() throws {
        Job.run(
            name: "glitchgen simulate", configuration: options.configuration, overrides: options.overrides, runDirectory: options.run,
            timeLimit: options.timeLimit
        ) { context in
            let settings = try TwinSettings(context.configuration)
            context.configuration.leaveSections(except: "simulation")
            try context.configuration.finish()
            return try TwinRun(context, settings: settings).run()
        }
    }
}
