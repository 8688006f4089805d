import ArgumentParser
import Batch
import Frames
import Glibc
import MessagePassing

struct Glitchgen: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "glitchgen",
        abstract: "Transient noise of gravitational-wave interferometers: its data, its simulation, its witnesses.",
        discussion: """
            A simulated interferometer, and which of its channels see the glitches of the strain:

              mpirun -n 2 glitchgen simulate examples/glitch-scan.yaml --run runs/twin
              mpirun -n 2 glitchgen scan     examples/glitch-scan.yaml --run runs/twin

            What the witnesses tell: vetoes, and strain without what they explain:

              mpirun -n 2 glitchgen calibrate examples/glitch-veto.yaml --run runs/twin
              mpirun -n 2 glitchgen veto      examples/glitch-veto.yaml --run runs/twin
              mpirun -n 2 glitchgen denoise   examples/glitch-veto.yaml --run runs/twin
              glitchgen report examples/glitch-veto.yaml --run runs/twin

            Frame files (GWF) are read and written without other libraries:

              glitchgen frames list  V-V1_llhoft-1266624018-1.gwf
              glitchgen frames show  V-V1_llhoft-1266624018-1.gwf V1:Hrec_hoft_16384Hz
              glitchgen frames copy  archive.ffl --channel 'V1:LSC_*' --from 1266624000 --to 1266624060 --output cut.gwf
              glitchgen frames check /data/*.gwf

            Exit codes: 0 finished; 75 stopped early with a good checkpoint, submit again; 64 command line, a channel or a time that is not there; 65 a damaged or unknown file; 70 internal;
            74 a file that cannot be read or written.
            """,
        version: "didymos \(Provenance.version) (\(Provenance.revision))",
        subcommands: [
            Simulate.self, Scan.self, Preprocess.self, TrainNetwork.self, Generate.self, BufferCommand.self, Calibrate.self, Denoise.self, Veto.self,
            Report.self, Plan.self, FramesCommand.self,
        ])
}

struct FramesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "frames", abstract: "Frame files (GWF, format version 8): list, show, copy, check.",
        subcommands: [ListFrames.self, ShowFrames.self, CopyFrames.self, CheckFrames.self])
}

/// Runs `body`; an error becomes one line on standard error and an exit code.
func reporting(_ command: String, _ body: () throws -> Void) throws {
    do { try body() } catch let error as FrameError {
        complain("glitchgen \(command): \(error)")
        switch error.kind {
        case .content: throw ArgumentParser.ExitCode(Batch.ExitCode.badInput.rawValue)
        case .system: throw ArgumentParser.ExitCode(Batch.ExitCode.inputOutput.rawValue)
        case .request: throw ArgumentParser.ExitCode(Batch.ExitCode.usage.rawValue)
        }
    } catch let error as any ExitCoded {
        complain("glitchgen \(command): \(error)")
        throw ArgumentParser.ExitCode(error.exitCode)
    }
}

/// One line on standard error.
func complain(_ text: String) {
    let bytes = Array((text + "\n").utf8)
    _ = write(2, bytes, bytes.count)
}

/// The frame files that `inputs` name: lists (`.ffl`, `.lcf`) stand for the files in them.
func frameFiles(_ inputs: [String]) throws -> [String] {
    try inputs.flatMap { input in
        input.hasSuffix(".ffl") || input.hasSuffix(".lcf") ? try FrameFileList(path: input).entries.map(\.path) : [input]
    }
}
