import ArgumentParser
import Batch
import GlitchNetworks

struct BufferCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "buffer",
        abstract: "A directory of the most recent frames, for periodic retraining: add, list, freeze, thaw.",
        discussion: """
            The buffer holds at most so many bytes; the oldest files go first. While it is operational, files come in; while it is frozen, it stays
            as it is, and `scan --frames DIR/frames.ffl` and `preprocess --frames DIR` read it. Files come in whole or not at all: a writer that is
            killed leaves nothing that a reader takes for a frame, and the next one takes over.

              glitchgen buffer add buffer /dev/shm/V1/*.gwf --limit 2000000000
              glitchgen buffer freeze buffer
              glitchgen scan retrain.yaml --frames buffer/frames.ffl && glitchgen preprocess retrain.yaml --frames buffer
              glitchgen train retrain.yaml --set training.initial_model=model.h5
              glitchgen buffer thaw buffer

            Exit codes: 0; 65 no buffer, or a file larger than the limit; 75 the buffer is frozen, try again later.
            """,
        subcommands: [Add.self, List.self, Freeze.self, Thaw.self])

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Copy frame files in; the oldest go where the limit is reached.")
        @Argument(help: "The buffer's directory; made if it is missing.") var directory: String
        @Argument(help: "Frame files.") var files: [String]
        @Option(help: "Bytes that the buffer holds at most (1073741824 at first, then as it was).") var limit: Int?

        func validate() throws { if let limit, limit < 1 { throw ValidationError("--limit is \(limit), wanted at least 1 byte") } }

        func run() throws {
            try reporting("buffer add") {
                let result = try FrameBuffer(directory, creates: true).add(files, limit: limit)
                for refused in result.refused { complain("glitchgen buffer add: passed over: \(refused)") }
                print("\(directory): \(result.added.count) added, \(result.known.count) already there, \(result.removed.count) given up, \(result.refused.count) passed over")
            }
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "State, limit and files.")
        @Argument(help: "The buffer's directory.") var directory: String

        func run() throws {
            try reporting("buffer list") {
                let buffer = try FrameBuffer(directory, creates: false)
                let entries = try buffer.entries()
                print("\(directory): \(try buffer.state().rawValue), \(entries.count) files, \(entries.reduce(0) { $0 + $1.bytes }) of \(try buffer.limit()) bytes")
                for entry in entries { print("  \(entry.start) \(Format.general(entry.duration)) s \(entry.bytes) \(entry.name)") }
            }
        }
    }

    struct Freeze: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let nothing in until it is thawed.")
        @Argument(help: "The buffer's directory.") var directory: String
        func run() throws { try reporting("buffer freeze") { try FrameBuffer(directory, creates: false).set(.frozen) } }
    }

    struct Thaw: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let files in again.")
        @Argument(help: "The buffer's directory.") var directory: String
        func run() throws { try reporting("buffer thaw") { try FrameBuffer(directory, creates: false).set(.operational) } }
    }
}
