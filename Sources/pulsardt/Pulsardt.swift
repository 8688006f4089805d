import ArgumentParser
import Batch
import MessagePassing

struct Pulsardt: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pulsardt",
        abstract: "Pulsars and the telescopes that record them: simulation, frames like a recording, headers, conversion, search, measurement, a classifier that sorts streams.",
        discussion: """
            Recordings are SIGPROC filterbank files, PSRFITS in search mode and PSRDADA files, known by their first bytes; `-` is
            standard input. Damage is reported and the rest is used.

              pulsardt simulate examples/pulsar-twin.yaml
              pulsardt header crab.fil other.sf
              pulsardt convert crab.sf crab.fil --intensity --bits 8 --levels fit
              mpirun -n 2 pulsardt search crab.fil --run runs/crab --set search.dm_max=100
              mpirun -n 2 pulsardt measure crab.fil --candidates runs/crab/candidates.csv --run runs/pulses
              mpirun -n 2 pulsardt generate crab.fil --run runs/frames
              mpirun -n 2 pulsardt train --set data.frames=frames.h5 --run runs/classifier
              mpirun -n 2 pulsardt evaluate --model runs/classifier --run runs/evaluation
              mpirun -n 2 pulsardt classify night.fil --model runs/classifier --run runs/night
              mpirun -n 2 pulsardt segment night.fil --model runs/unet --run runs/pulses

            Exit codes: 0 finished; 75 stopped early with a good checkpoint, submit again; 64 command line; 65 configuration or
            input; 70 internal; 74 files.
            """,
        version: "didymos \(Provenance.version) (\(Provenance.revision))",
        subcommands: [
            Header.self, Convert.self, Search.self, Measure.self, Simulate.self, Generate.self, Train.self, Evaluate.self, Classify.self, Segment.self, Report.self, Plan.self,
        ])

    /// Ends a command of one process with a message and the error's own code.
    static func fail(_ command: String, _ error: any Error) -> ArgumentParser.ExitCode {
        let code = (error as? any ExitCoded)?.exitCode ?? Batch.ExitCode.internalError.rawValue
        Console.writeToError("pulsardt \(command): \(error)\n")
        return ArgumentParser.ExitCode(code)
    }
}
