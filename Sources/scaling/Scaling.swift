import ArgumentParser
import Batch
import MessagePassing
import ScalingStudies

struct Scaling: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scaling",
        abstract: "Scaling studies: run an application on growing numbers of ranks, and report what a proposal asks for.",
        discussion: """
            A study is one YAML file; see benchmarks/*/study-*.yaml. Every run becomes one line of records.jsonl, and everything else is
            made from those lines, at any time, again:

              scaling run benchmarks/scaling-hmc/study-strong.yaml --output runs/hmc-strong
              mpirun -n 2 scaling calibrate --output runs/ceilings.json
              scaling report runs/hmc-strong/records.jsonl --ceilings runs/ceilings.json --output runs/report

            The same `run` again makes what is missing or has failed. A run fails if its launcher or application does, if it takes
            longer than launch.time_limit, or if its check values differ from those of the other runs of its case.

            Exit codes: 0 everything passed; 64 command line; 65 a study or records that cannot be used; 70 some runs failed; 74 files.
            """,
        version: "didymos \(Provenance.version) (\(Provenance.revision))",
        subcommands: [Run.self, Report.self, Calibrate.self, Predict.self])

    /// Prints what went wrong and leaves with the error's own code.
    static func attempt(_ command: String, _ body: () throws -> Void) throws {
        do { try body() } catch let code as ArgumentParser.ExitCode {
            throw code
        } catch {
            Console.writeToError("scaling \(command): \(error)\n")
            throw ArgumentParser.ExitCode((error as? any ExitCoded)?.exitCode ?? Batch.ExitCode.internalError.rawValue)
        }
    }
}
