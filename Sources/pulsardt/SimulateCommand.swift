import ArgumentParser
import Batch
import PulsarTwin

struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The twin: labelled frames, or a recording of any length with its truth.",
        discussion: """
            Everything is in kelvin and jansky until the digitiser: pulses that the pulsar sends, the medium, sky and nebula, receiver,
            interference, noise. Every part can be switched off. All ranks work; the files are the same on any number of them, and the
            same command goes on where an interrupted one stopped.

              mpirun -n 2 pulsardt simulate examples/pulsar-twin.yaml --run runs/twin
              pulsardt simulate examples/pulsar-twin.yaml --run runs/crab --set simulation.mode=stream --set stream.duration=60

            Writes into the run directory: frames-0000.h5, ... (frames, class, snr, dm, width, arrival, axes), or the recording and truth.h5
            (every pulse and every piece of interference).

            Settings are sections of a file, or --set:
              simulation.mode                frames or stream
              simulation.frames, .frames_per_file
              telescope, pulsar              model: a name (effelsberg, meerkat; crab, vela, b0329+54, j0437-4715, b0950+08, b1133+16, b1937+21),
                                             or file: a file like those of examples/telescopes and examples/pulsars; other keys replace its values
              stages.NAME                    false switches off: \(Stage.allCases.map(\.rawValue).joined(separator: ", "))
              dispersion_constant            handbook (4148.808), tempo (1/2.41e-4) or sigproc (4148.741601)
              frames.channels, .samples      256 and 256; .bits, .levels (channel or band)
              frames.shares, .other_share    of the classes 0 to 7 (default: equal), and of `other` (0)
              frames.snr, .dm, .width, .scattering, .decorrelation, .spectral_index    ranges that pulses are drawn from
              frames.carrier_strength, .impulse_strength, .visible, .bytes
              stream.file, .format           name (stream.fil; .sf, .dada) and format
              stream.duration, .channels, .bits, .polarisation (intensity, stokes), .levels, .block, .start, .phase
              interference.persistent, .carriers, .impulses, .trains, .sweeps (a second), .strength
            """)

    @Argument(help: "Settings, YAML; without it the defaults.") var file: String?
    @Option(name: .customLong("run"), help: "Run directory; default: run.directory, else runs/NAME of the configuration, else runs/run.") var runDirectory: String?
    @Option(name: .customLong("set"), help: ArgumentHelp("Overrides one setting, e.g. --set frames.dm=[10,500]. May be repeated.", valueName: "key=value"))
    var overrides: [String] = []
    @Option(name: .customLong("time-limit"), help: ArgumentHelp(TimeLimit.help), transform: TimeLimit.seconds) var timeLimit: Double?

    func run() throws {
        Job.run(name: "pulsardt simulate", configuration: file, overrides: overrides, runDirectory: runDirectory, timeLimit: timeLimit) { context in
            context.configuration.leaveSections(
                except: "simulation", "stream", "interference", "telescope", "pulsar", "stages", "frames", "dispersion_constant")
            return try TwinRun.run(context)
        }
    }
}
