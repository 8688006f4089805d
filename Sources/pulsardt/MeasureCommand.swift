import ArgumentParser
import Batch
import Pulsars

struct Measure: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Pulses with physical parameters: arrival, DM, width, scattering, spectral index, period.",
        discussion: """
            Fits to each pulse, in all channels at once as they were recorded, a Gaussian that is dispersed between and within channels, scattered,
            and integrated over samples. The input is a recording with the candidates of `search`, or frames: kept.h5 of `classify`, frames of
            `simulate`. Pulses are shared among the ranks; the numbers are the same on any number of them.

              pulsardt search night.fil --run runs/search
              mpirun -n 2 pulsardt measure night.fil --candidates runs/search/candidates.csv --run runs/measure --set measure.period=true
              mpirun -n 2 pulsardt measure runs/night/kept.h5 --run runs/measure

            Writes into the run directory measurements.csv and measurements.h5 (snr, arrival, dm, width, scattering, spectral_index, each with
            its standard error), period.h5 (folded profile), and summary.json.

            Settings, in a file or by --set:
              measure.candidates          candidates.csv of `search` (--candidates)
              measure.threshold, .pulses  least signal to noise of a candidate (6), most pulses, the strongest (1000)
              measure.dispersion_constant handbook (4148.808), tempo (1/2.41e-4) or sigproc (4148.741601)
              measure.scattering_index    of the scattering time with frequency (-4.4)
              measure.dm_max              up to where frames are searched (100 pc/cm3)
              measure.cleaning.on, .kurtosis, .correlation   limits for channels, as in `search`
              measure.period              whether to look for a period of the recording (false)
              measure.period_dm           at which dispersion measure (that of the strongest pulse)
              measure.shortest_period, .longest_period   0.002 and 10 s
            """)

    @Argument(help: "The recording, or an HDF5 file of frames.") var input: String
    @Option(help: "Table of candidates, as measure.candidates.") var candidates: String?
    @Option(name: .customLong("configuration"), help: "Settings, YAML; without it the defaults.") var file: String?
    @Option(name: .customLong("run"), help: "Run directory; default: run.directory, else runs/NAME of the configuration, else runs/run.") var runDirectory: String?
    @Option(name: .customLong("set"), help: ArgumentHelp("Overrides one setting, e.g. --set measure.period=true. May be repeated.", valueName: "key=value"))
    var overrides: [String] = []
    @Option(name: .customLong("time-limit"), help: ArgumentHelp(TimeLimit.help), transform: TimeLimit.seconds) var timeLimit: Double?

    func run() throws {
        let overrides = overrides + (candidates.map { ["measure.candidates=\($0)"] } ?? [])
        Job.run(name: "pulsardt measure", configuration: file, overrides: overrides, runDirectory: runDirectory, timeLimit: timeLimit) { context in
            let settings = try MeasureSettings(context.configuration)
            context.configuration.leaveSections(except: "measure")
            try context.configuration.finish()
            return try MeasureRun(context, settings: settings, input: input).run()
        }
    }
}
