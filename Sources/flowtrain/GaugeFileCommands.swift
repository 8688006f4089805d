import ArgumentParser
import Batch
import GaugeFiles
import LatticeFields
import MessagePassing
import ParallelHDF5

/// Verifies configurations of links.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Verify configurations of links and fields; with --ranks, settings and layout of a run on so many ranks, without MPI.",
        discussion: """
            Reads each file whole, with all ranks, and compares with what its header says: length, checksum, plaquette, trace of links; and that every
            link is in SU(3): ILDG, SciDAC, NERSC, MILC, openQCD, and the LIME records of other fields that flowtrain writes. Prints one block for each; the
            exit code is 65 or 74 if one is refused, the others are still read. With --ranks the files are configurations of runs (YAML, or .in of openQCD).

              flowtrain check configurations/*.lime
              mpirun -n 8 flowtrain check run1n100.nersc
              flowtrain check -n 512 run.yaml
            """)

    @Argument(help: "Files.") var files: [String]
    @Option(name: [.customShort("n"), .long], help: "Check run configurations for this number of ranks instead; starts nothing.") var ranks: Int?
    @OptionGroup var layout: LayoutOptions

    func validate() throws {
        if files.isEmpty { throw ValidationError("name at least one file") }
        if let ranks, !(1...100_000_000).contains(ranks) { throw ValidationError("--ranks is \(ranks), wanted at least 1") }
        if ranks != nil, layout.grid != nil { throw ValidationError("--grid is for files of links; a run's grid is run.process_grid") }
    }

    func run() throws {
        if let ranks { return try checkLayouts(ranks) }
        let world = try MessagePassing.start()
        var failure: Int32?
        for path in files {
            do {
                let text = try world.agree { try FieldFile.isOne(path) } ? try FieldSummary.text(path, communicator: world) : try links(path, world)
                if world.isRoot { print(text) }
            } catch {
                if world.isRoot { Console.writeToError("flowtrain check: \(error)\n") }
                failure = failure ?? (error as? any ExitCoded)?.exitCode ?? Batch.ExitCode.internalError.rawValue
            }
        }
        try world.barrier()
        MessagePassing.finish()
        if let failure { throw ArgumentParser.ExitCode(failure) }
    }

    private func links(_ path: String, _ world: Communicator) throws -> String {
        try GaugeFile.read(path, processGrid: layout.processGrid, assumed: layout.assumed, communicator: world).description(path)
    }

    private func checkLayouts(_ ranks: Int) throws {
        var failed = false
        for path in files {
            do {
                print(try LayoutCheck.report(path, ranks: ranks, lattice: layout.lattice?.ofOpenQCD))
            } catch {
                Console.writeToError("flowtrain check: \(error)\n")
                failed = true
            }
        }
        if failed { throw ArgumentParser.ExitCode(Batch.ExitCode.badInput.rawValue) }
    }
}

/// Writes a configuration of links in another format.
struct Convert: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a configuration of SU(3) links in another format, or of scalar fields in LIME records of our own.",
        discussion: """
            The input is verified as `flowtrain check` does; the output is written under a temporary name, read back, verified, and only then named.
            The bytes are the same on any number of ranks.

              flowtrain convert run1n100 run1n100.lime --format ildg --lfn mc://ldg/group/project/ensemble/run1n100
              mpirun -n 4 flowtrain convert run1n100.lime run1n100.nersc --format nersc --rows 2 --precision 32

            With --format field every configuration of a scalar field in an HDF5 file becomes OUTPUT-CHAIN-TRAJECTORY.lime, in records that no program takes for su3gauge:

              mpirun -n 2 flowtrain convert runs/phi4/configurations/hmc-00000100.h5 phi4 --format field
            """)

    @Argument(help: "File to read.") var input: String
    @Argument(help: "File to write; one that exists is replaced.") var output: String
    @Option(help: "ildg, scidac, nersc, milc or openqcd; field for configurations of scalar fields (HDF5).") var format: OutputFormat
    @Option(help: "32 or 64 bits; default: those of the input. MILC's are 32, openQCD's 64.") var precision: Int?
    @Option(help: "NERSC: rows of a matrix that are stored, 2 or 3.") var rows = 3
    @Option(name: .customLong("byte-order"), help: "NERSC, MILC: big or little; default: that of an input of the same format, else big.") var byteOrder: ByteOrder?
    @Option(help: "ILDG: logical file name of the configuration; default: that of the input.") var lfn: String?
    @OptionGroup var layout: LayoutOptions

    /// A format of links, or records of our own for other fields.
    enum OutputFormat: ExpressibleByArgument {
        case links(GaugeFormat)
        case field

        init?(argument: String) {
            if argument == "field" { self = .field } else if let format = GaugeFormat(rawValue: argument) { self = .links(format) } else { return nil }
        }
        static var allValueStrings: [String] { GaugeFormat.allCases.map(\.rawValue) + ["field"] }
    }

    enum ByteOrder: String, ExpressibleByArgument, CaseIterable { case big, little }

    func validate() throws {
        if let precision, precision != 32, precision != 64 { throw ValidationError("--precision is \(precision), wanted 32 or 64") }
        if rows != 2, rows != 3 { throw ValidationError("--rows is \(rows), wanted 2 or 3") }
    }

    func run() throws {
        let world = try MessagePassing.start()
        do {
            switch format {
            case .field: try convertFields(world)
            case .links(let format): try convertLinks(to: format, world)
            }
        } catch {
            if world.isRoot { Console.writeToError("flowtrain convert: \(error)\n") }
            let code = (error as? any ExitCoded)?.exitCode ?? Batch.ExitCode.internalError.rawValue
            try? world.barrier()
            MessagePassing.finish()
            throw ArgumentParser.ExitCode(code)
        }
        try world.barrier()
        MessagePassing.finish()
    }

    private func convertLinks(to format: GaugeFormat, _ world: Communicator) throws {
        let found = try GaugeFile.read(input, processGrid: layout.processGrid, assumed: layout.assumed, communicator: world)
        var options = GaugeFile.WritingOptions(format: format)
        options.bits = precision ?? found.header.numbers.bits
        options.rows = rows
        options.isBigEndian = byteOrder.map { $0 == .big } ?? (found.header.format == format ? found.header.numbers.isBigEndian : true)
        options.logicalName = lfn
        options.origin = found.header
        let written = try GaugeFile.write(found.links, to: output, options)
        if world.isRoot { print(written.description(output)) }
    }

    private func convertFields(_ world: Communicator) throws {
        try HDF5File.with(HDF5File.open(input, communicator: world)) { file in
            let store = try ConfigurationStore.open(in: file)
            let field = try ScalarField(LatticeGeometry(extents: store.description.extents, communicator: world))
            for index in 0..<store.count {
                let record = try store.read(index, into: field)
                let path = "\(output)-\(record.chain)-\(record.trajectory).lime"
                try FieldFile.write(field.block(), field.geometry, kind: .scalar, logicalName: lfn, to: path)
                let text = try FieldSummary.text(path, communicator: world)
                if world.isRoot { print(text) }
            }
        }
    }
}

/// How ranks share a configuration.
struct LayoutOptions: ParsableArguments {
    @Option(help: "Sites along x, y, z, t, as 4x4x4x8, for ILDG data without ildg-format; with --ranks and an input of openQCD along t, x, y, z.") var lattice: Extents?
    @Option(help: "Ranks along x, y, z, t, as 1x1x2x2; default: the grid of the smallest surface.") var grid: Extents?

    var assumed: [Int]? { lattice?.numbers }
    var processGrid: [Int]? { grid?.numbers }

    /// Four numbers, kept as t, z, y, x.
    struct Extents: ExpressibleByArgument {
        let numbers: [Int]
        let argument: String

        /// The same argument as openQCD's order has it, t, x, y, z.
        var ofOpenQCD: OpenQCDLattice? { OpenQCDLattice(argument: argument) }

        init?(argument: String) {
            let parts = argument.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
            let numbers = parts.compactMap(\.self)
            guard parts.count == 4, numbers.count == 4, numbers.allSatisfy({ $0 > 0 }) else { return nil }
            self.numbers = numbers.reversed()
            self.argument = argument
        }
    }
}

extension GaugeFile.Configuration {
    /// What `check` and `convert` print.
    func description(_ path: String) -> String {
        let bytes = header.numbers.isBigEndian ? "big-endian" : "little-endian"
        var lines = [
            "\(path): \(header.format.rawValue), \(header.text) (x, y, z, t), \(header.numbers.bits) bit \(bytes)\(header.rows == 2 ? ", 2 rows" : ""), verified",
            "  plaquette \(observables.plaquette), space \(observables.spacePlaquette), time \(observables.timePlaquette)",
            "  link trace \(observables.linkTrace), unitarity within \(observables.unitarityDefect)",
        ]
        if header.format == .openqcd {
            lines.append("  no checksum in this format")
        } else {
            lines.append("  cksum of the payload \(checksums.posix), \(checksums.bytes) bytes")
        }
        if let name = header.logicalName { lines.append("  logical name \(name)") }
        return lines.joined(separator: "\n")
    }
}
