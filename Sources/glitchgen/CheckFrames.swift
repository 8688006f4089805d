import ArgumentParser
import Batch
import Frames

struct CheckFrames: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Verify frame files: every checksum, structure, value and place in the table of contents.",
        discussion: "One line a file. Exit code 65 if a file is damaged, 74 if one cannot be read; the others are checked all the same.")
    @Argument(help: "Frame files, or lists of them (.ffl).") var files: [String]

    func run() throws {
        var worst: Batch.ExitCode?
        try reporting("frames check") {
            for path in try frameFiles(files) {
                do {
                    let check = try FrameFile(path: path).check()
                    for problem in check.problems { complain("glitchgen frames check: \(problem)") }
                    if !check.problems.isEmpty { worst = worst ?? .badInput }
                    print(
                        "\(path): \(check.problems.isEmpty ? "good" : "DAMAGED"), \(count(check.structures, "structure")), "
                            + "\(count(check.vectors, "vector")), \(Format.bytes(Double(check.decodedBytes))) of values")
                } catch let error as FrameError {
                    complain("glitchgen frames check: \(error)")
                    worst = error.kind == .system ? .inputOutput : worst ?? .badInput
                }
            }
        }
        if let worst { throw ArgumentParser.ExitCode(worst.rawValue) }
    }
}
