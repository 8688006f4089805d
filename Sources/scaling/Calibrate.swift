import ArgumentParser
import Batch
import MessagePassing
import ScalingStudies

struct Calibrate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure the machine's ceilings on all ranks of a launcher: arithmetic, memory, messages, files.",
        discussion: """
            Multiply-adds per second of a core while all ranks work (f32, f64), STREAM triad of all ranks, ping-pong between the first and
            the last rank, all-reduce, what is left of the cores' speed when ranks meet after every
            piece of equal work, parallel HDF5 write and read. Run it once for each number of ranks; the results share one file:

              mpirun -n 1 scaling calibrate --output ceilings.json
              mpirun -n 2 scaling calibrate --output ceilings.json
            """)

    @Option(help: "JSON file that the results are put into, beside those of other numbers of ranks.") var output: String
    @Option(help: "MiB of each of a rank's arrays and of its part of the file; at least four times the last-level cache.") var mebibytes = 64
    @Option(help: "Directory on the file system to measure.") var directory = "."

    func validate() throws {
        guard (1...1 << 16).contains(mebibytes) else { throw ValidationError("--mebibytes is \(mebibytes), wanted 1 to 65536") }
    }

    func run() throws {
        let world = try MessagePassing.start()
        do {
            let ceilings = try Calibration(world, bytes: mebibytes << 20, directory: directory).run()
            try world.agree {
                guard world.isRoot else { return }
                var file = Files.exists(output) ? try CeilingsFile(path: output) : CeilingsFile()
                file.set(ceilings)
                try file.write(output)
                print(ceilings.text)
            }
        } catch {
            if world.isRoot { Console.writeToError("scaling calibrate: \(error)\n") }
            MessagePassing.abort(code: (error as? any ExitCoded)?.exitCode ?? Batch.ExitCode.internalError.rawValue)
        }
        try world.barrier()
        MessagePassing.finish()
    }
}
