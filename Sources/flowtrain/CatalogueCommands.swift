import ArgumentParser
import Batch
import GaugeFiles
import LatticeCatalogue
import MessagePassing

/// The configurations of an ensemble and where their copies are.
struct CatalogueCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "catalogue",
        abstract: "An ensemble's configurations: what each must verify by, and where its copies are.",
        discussion: """
            One file for an ensemble, JSON, or HDF5 where its name ends in .h5. Nothing is listed that does not verify: `add` reads a file whole first.

              flowtrain catalogue add ensemble.json run1n*.lime --ensemble mc://ldg/group/project/ensemble --step 10
              flowtrain catalogue locate ensemble.json mc://ldg/group/project/ensemble/run1n100 --add rucio://rucio.example.org:8443/LatticeQCD/RAY:run1n100
              flowtrain catalogue verify ensemble.json
              flowtrain catalogue copy ensemble.json ensemble.h5
              flowtrain catalogue ensemble ensemble.json --output ensemble.xml --beta 6.0 --algorithm heatbath --name "A. Physicist" ...
              flowtrain catalogue metadata ensemble.json --output qcdml --name "A. Physicist" --institution "A University"
            """,
        subcommands: [Add.self, Verify.self, List.self, Locate.self, Metadata.self, Ensemble.self, Copy.self])

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Verify configurations and list them.")
        @Argument(help: "The catalogue; made if it does not exist.") var catalogue: String
        @Argument(help: "Files of configurations, in the order of the chain.") var files: [String]
        @Option(help: "Markov chain URI of a new catalogue.") var ensemble: String?
        @Option(help: "Logical file name, for one file that holds none.") var lfn: String?
        @Option(help: "Updates before the first file's configuration; default: after the last listed.") var update: Int?
        @Option(help: "Updates from one file to the next.") var step = 1

        func validate() throws {
            if lfn != nil, files.count != 1 { throw ValidationError("--lfn names one file, \(files.count) are given") }
            if step < 1 { throw ValidationError("--step is \(step), wanted at least 1") }
            if let update, update < 0 { throw ValidationError("--update is \(update), wanted 0 or more") }
        }

        func run() throws {
            try CatalogueCommand.collectively("add") { world in
                var list = try world.agree {
                    if Files.exists(catalogue) { return try Catalogue(path: catalogue) }
                    guard let ensemble else { throw CatalogueError("\(catalogue) does not exist; a new catalogue needs --ensemble") }
                    return Catalogue(ensemble: ensemble)
                }
                var next = update ?? (list.entries.last.map { $0.update + step } ?? step)
                for file in files {
                    let found = try GaugeFile.read(file, communicator: world)
                    var entry = try CatalogueEntry(found, path: file, logicalName: lfn, update: next)
                    // A copy of one that is listed keeps its place in the chain.
                    if let listed = list.entries.first(where: { $0.logicalName == entry.logicalName }) {
                        entry.update = listed.update
                    } else {
                        next += step
                    }
                    try list.insert(entry)
                }
                try world.agree {
                    guard world.isRoot else { return }
                    try list.write(catalogue)
                    print("\(catalogue): \(list.entries.count) configurations")
                }
            }
        }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Read every local copy and compare it with its entry; exit code 65 if one fails.")
        @Argument(help: "The catalogue.") var catalogue: String

        func run() throws {
            try CatalogueCommand.collectively("verify") { world in
                let list = try world.agree { try Catalogue(path: catalogue) }
                let results = list.verify(world)
                let bad = results.filter { $0.fault != nil }
                if world.isRoot {
                    for result in results {
                        print("\(result.fault != nil ? "FAILED" : result.isRemote ? "remote" : "good  ") \(result.logicalName) \(result.fault ?? result.location)")
                    }
                }
                guard bad.isEmpty else { throw CatalogueError("\(catalogue): \(bad.count) of \(results.count) copies do not verify") }
            }
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print update, plaquette, copies and logical name of each configuration.")
        @Argument(help: "The catalogue.") var catalogue: String

        func run() throws {
            try CatalogueCommand.alone("list") {
                let list = try Catalogue(path: catalogue)
                print("\(list.ensemble): \(list.entries.count) configurations")
                for entry in list.entries { print("  \(entry.update) \(entry.plaquette) \(entry.locations.count) \(entry.logicalName)") }
            }
        }
    }

    struct Locate: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print where a configuration's copies are; --add notes another one.")
        @Argument(help: "The catalogue.") var catalogue: String
        @Argument(help: "Logical file name.") var lfn: String
        @Option(help: "A path, or a URL: rucio://host:port/organisation/scope:name, https://, root:// ...") var add: [String] = []

        func run() throws {
            try CatalogueCommand.alone("locate") {
                var list = try Catalogue(path: catalogue)
                for location in add { try list.add(location: location, to: lfn) }
                if !add.isEmpty { try list.write(catalogue) }
                guard let entry = list.entries.first(where: { $0.logicalName == lfn }) else { throw CatalogueError("\(lfn) is not in \(catalogue)") }
                for location in entry.locations { print(location) }
            }
        }
    }

    struct Metadata: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Write a QCDml 2.0 document for each configuration.")
        @Argument(help: "The catalogue.") var catalogue: String
        @Option(help: "Directory for the documents.") var output: String
        @Option(help: "Who generated the configurations.") var name: String
        @Option(help: "Their institution.") var institution: String
        @Option(help: "The machine's name.") var machine = "unknown"
        @Option(name: .customLong("machine-type"), help: "The machine's type.") var machineType = "x86-64 cluster"
        @Option(help: "Series of the chain.") var series = "1"
        @Option(help: "Date of the generation, as 2026-11-28T12:00:00Z.") var date: String

        func run() throws {
            try CatalogueCommand.alone("metadata") {
                let list = try Catalogue(path: catalogue)
                try Files.makeDirectories(output)
                for entry in list.entries {
                    let document = QCDmlConfiguration(
                        entry, ensemble: list.ensemble, series: series, participant: .init(name: name, institution: institution),
                        machine: .init(name: machine, institution: institution, type: machineType),
                        code: .init(name: "didymos", version: Provenance.version, date: date), date: date)
                    try Files.writeAtomically("\(output)/update-\(entry.update).xml", Array(document.xml.utf8))
                }
                print("\(output): \(list.entries.count) documents")
            }
        }
    }

    struct Ensemble: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Write the QCDml 2.0 document of the ensemble: lattice, action, algorithm, who and under which licence.")
        @Argument(help: "The catalogue.") var catalogue: String
        @Option(help: "File of the document.") var output: String
        @Option(help: "The action's beta.") var beta: Double
        @Option(name: .customLong("rectangle-coefficient"), help: "c1: 0, -0.083333, -0.331 or -1.4088.") var rectangleCoefficient = 0.0
        @Option(help: "hmc or heatbath.") var algorithm: String
        @Option(help: "Where the algorithm is described.") var reference = "didymos, docs/decisions/gauge-fields.md"
        @Option(help: ArgumentHelp("A parameter of the algorithm. May be repeated.", valueName: "name=value")) var parameter: [String] = []
        @Option(help: "The collaboration.") var collaboration: String
        @Option(help: "The project.") var project: String
        @Option(help: "URI of the licence.") var licence = "https://creativecommons.org/licenses/by/4.0/"
        @Option(help: "Who generated the configurations.") var name: String
        @Option(help: "Their institution.") var institution: String
        @Option(help: "Date of this entry, as 2026-11-28T12:00:00Z.") var date: String

        func validate() throws {
            guard ["hmc", "heatbath"].contains(algorithm) else { throw ValidationError("--algorithm: found '\(algorithm)', wanted hmc or heatbath") }
            guard beta.isFinite, rectangleCoefficient.isFinite else { throw ValidationError("--beta and --rectangle-coefficient: wanted numbers") }
            if let wrong = parameter.first(where: { !Self.isPair($0) }) {
                throw ValidationError("--parameter: found '\(wrong)', wanted name=value, the name of letters, digits, - and _, first a letter")
            }
        }

        private static func isPair(_ text: String) -> Bool {
            guard let sign = text.firstIndex(of: "="), let first = text.first, first.isASCII, first.isLetter else { return false }
            return text[..<sign].allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
        }

        func run() throws {
            try CatalogueCommand.alone("ensemble") {
                let pairs = parameter.map { text in text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init) }
                let document = try QCDmlEnsemble(
                    Catalogue(path: catalogue), collaboration: collaboration, project: project, participant: .init(name: name, institution: institution), date: date,
                    licence: licence, beta: beta, rectangleCoefficient: rectangleCoefficient,
                    algorithm: .init(name: algorithm, reference: reference, parameters: pairs.map { (name: $0[0], value: $0[1]) }))
                try Files.writeAtomically(output, Array(document.xml.utf8))
                print(output)
            }
        }
    }

    struct Copy: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Write a catalogue in the other form: HDF5 where the name ends in .h5, else JSON.")
        @Argument(help: "The catalogue.") var catalogue: String
        @Argument(help: "File to write; one that exists is replaced.") var output: String

        func run() throws {
            try CatalogueCommand.alone("copy") {
                let list = try Catalogue(path: catalogue)
                try list.write(output)
                print("\(output): \(list.entries.count) configurations")
            }
        }
    }

    /// Runs a command on all ranks; one message and the error's exit code.
    private static func collectively(_ name: String, _ body: (Communicator) throws -> Void) throws {
        let world = try MessagePassing.start()
        var failure: Int32?
        do { try body(world) } catch {
            if world.isRoot { Console.writeToError("flowtrain catalogue \(name): \(error)\n") }
            failure = (error as? any ExitCoded)?.exitCode ?? Batch.ExitCode.internalError.rawValue
        }
        try world.barrier()
        MessagePassing.finish()
        if let failure { throw ArgumentParser.ExitCode(failure) }
    }

    private static func alone(_ name: String, _ body: () throws -> Void) throws {
        do { try body() } catch {
            Console.writeToError("flowtrain catalogue \(name): \(error)\n")
            throw ArgumentParser.ExitCode((error as? any ExitCoded)?.exitCode ?? Batch.ExitCode.internalError.rawValue)
        }
    }
}
