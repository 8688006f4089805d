import ArgumentParser
import Batch
import GlitchInference

struct Report: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What vetoes and subtraction are worth: efficiency, deadtime, accuracy, power removed, inspiral range, pictures.",
        discussion: """
            Reads what `calibrate`, `veto` and `denoise` wrote into the run directory, as far as it is there, and truth.h5 where the data were
            simulated. Looks at the time behind the training, where there is some.

            Writes report.html and summary.json.

            Settings: the sections of `calibrate`, `veto` and `denoise`, and keys of the section `report`:
              start, end, most             GPS seconds; most seconds that are looked at (1024)
              truth                        truth.h5 of a simulation, in the run directory unless it begins with /
              snr                          least signal to noise in the strain of the glitches that efficiency counts (8)
            One rank works.
            """)
    @OptionGroup var options: RunOptions
    @Option(name: .customLong("frames"), help: "Frame files or a list of them, instead of inference.frames. May be repeated.") var frames: [String] = []

    func run() throws {
        Job.run(
            name: "glitchgen report", configuration: options.configuration, overrides: options.overrides, runDirectory: options.run, timeLimit: options.timeLimit
        ) { context in
            let settings = try InferenceSettings(context.configuration, frames: frames)
            let veto = try VetoSettings(context.configuration, strain: settings.strain)
            let denoise = try DenoiseSettings(context.configuration, strain: settings.strain)
            let report = try ReportSettings(context.configuration)
            context.configuration.leaveSections(except: "inference", "veto", "denoise", "report")
            try context.configuration.finish()
            try InferenceReport(context, settings: settings, report: report, veto: veto, denoise: denoise).run()
            return nil
        }
    }
}
