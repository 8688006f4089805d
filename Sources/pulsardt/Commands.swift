import ArgumentParser
import Batch
import MessagePassing
import Pulsars
import RadioStreams

struct Search: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look for dispersed pulses over a grid of dispersion measures.",
        discussion: """
            Channels that hold more than noise are left out, the others brought to variance 1 and dedispersed for every trial; boxcars
            of 1, 2, 4, ... samples look for pulses. The trials are shared among the ranks; candidates are the same on any number of them.

            Writes into the run directory: candidates.csv (signal to noise, sample, time, filter, trial, DM, members, begin, end), and in
            candidates/ an HDF5 file for each of the strongest, with the 256 x 256 pictures that the classifier FETCH reads.

            Settings are keys of the section `search`, in a file or by --set:
              dm_min, dm_max, dm_step    the grid, pc/cm3; the default step delays the band's ends by dm_step_samples (1) samples more
              dms                        trials one by one, instead of a grid
              dispersion_constant        handbook (4148.808), tempo (1/2.41e-4) or sigproc (4148.741601)
              threshold, widest          signal to noise (7), and samples of the widest boxcar (256)
              gulp                       samples of a block (16384); memory is 8 bytes x channels x (gulp + longest delay + widest)
              cleaning.on, .kurtosis, .correlation   limits for channels (0.5, 0.1)
              spectral_index             of pulses over noise: channels are added with weights of this power of frequency (0)
              merge_trials, merge_samples            what counts as one pulse (20, 3)
              images, patience, checkpoint_every     pictures (16), seconds to wait for a growing file (0), gulps (64)
            """)

    @Argument(help: "The recording; - for standard input, on one rank.") var recording: String
    @Option(name: .customLong("configuration"), help: "Settings, YAML; without it the defaults.") var file: String?
    @Option(name: .customLong("run"), help: "Run directory; default: run.directory, else runs/NAME of the configuration, else runs/run.") var runDirectory: String?
    @Option(name: .customLong("set"), help: ArgumentHelp("Overrides one setting, e.g. --set search.dm_max=100. May be repeated.", valueName: "key=value"))
    var overrides: [String] = []
    @Option(name: .customLong("time-limit"), help: ArgumentHelp(TimeLimit.help), transform: TimeLimit.seconds) var timeLimit: Double?

    func run() throws {
        Job.run(name: "pulsardt search", configuration: file, overrides: overrides, runDirectory: runDirectory, timeLimit: timeLimit) { context in
            let settings = try SearchSettings(context.configuration)
            context.configuration.leaveSections(except: "search")
            try context.configuration.finish()
            return try SearchRun(context, settings: settings, recording: recording).run()
        }
    }
}

struct Header: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What recordings say about themselves, and whether they are whole.",
        discussion: "Prints one block for each file. The exit code is 65 or 74 if a file cannot be read; the others are still printed.")

    @Argument(help: "Recordings; - for standard input.") var files: [String]

    func run() throws {
        var failure: ArgumentParser.ExitCode?
        for file in files {
            do {
                let reader = try RecordedStream.open(file)
                print(Self.describe(reader))
            } catch {
                let code = Pulsardt.fail("header", error)
                failure = failure ?? code
            }
        }
        if let failure { throw failure }
    }

    func validate() throws {
        if files.isEmpty { throw ValidationError("name at least one file") }
    }

    static func describe(_ reader: any StreamReader) -> String {
        let header = reader.header
        let duration = header.sampleCount.map { "\($0) samples, \(Format.general(Double($0) * header.samplingTime, digits: 6)) s" } ?? "not known"
        let width = header.isUniform ? "\(header.channelWidth) MHz apart" : "listed one by one"
        let bits = header.bits == 32 ? "32, floating point" : "\(header.bits), \(header.isSigned ? "signed" : "unsigned")"
        var text = """
            \(reader.file)
              source          \(header.source)
              telescope       \(header.telescope)
              start           MJD \(Format.fixed(header.start.days, decimals: 12)), \(header.start.civil(separator: " ")) UTC
              position        \(PackedAngle.text(header.rightAscension, signed: false)) \(PackedAngle.text(header.declination, signed: true))
              channels        \(header.channels), \(header.frequencies.first ?? 0) to \(header.frequencies.last ?? 0) MHz, \(width)
              sampling time   \(header.samplingTime) s
              polarisations   \(header.polarisation.count), \(header.polarisation.rawValue)
              bits            \(bits)
              length          \(duration)
            """
        for (key, value) in header.carried.sorted(by: { $0.key < $1.key }) {
            let shown =
                switch value {
                case .integer(let value): "\(value)"
                case .real(let value): "\(value)"
                case .text(let value): value
                }
            text += "\n  \(key)\(String(repeating: " ", count: max(1, 16 - key.count)))\(shown)"
        }
        for incident in reader.incidents { text += "\n  incident        \(incident)" }
        return text
    }
}

struct Convert: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "A recording in another format or of other bits.",
        discussion: """
            The output's format follows from its name (.fil, .sf or .fits, .dada) or --format. It is written as OUTPUT.part and gets its name
            when it is complete; the same command goes on where an interrupted one stopped. With --levels copy numbers stay as they are and
            those that the bits cannot hold are set to the nearest and counted; with fit each channel's mean and standard deviation, taken
            from the first \(StreamConversion.levelSamples) samples, are brought to the middle of the codes.
            """)

    @Argument(help: "The recording; - for standard input.") var input: String
    @Argument(help: "The file to write.") var output: String
    @Option(help: "sigproc, psrfits or psrdada; default: by the output's name.") var format: String?
    @Option(help: "Bits of a number: 1, 2, 4, 8, 16, or 32 for floating point; default: as the input.") var bits: Int?
    @Option(help: "copy or fit.") var levels: String = StreamConversion.Levels.copy.rawValue
    @Flag(help: "Add the polarisations up to total intensity.") var intensity = false
    @Option(help: "Seconds to wait for a file that grows; 0 takes it as it is.") var patience: Double = 0

    func validate() throws {
        if let bits, ![1, 2, 4, 8, 16, 32].contains(bits) { throw ValidationError("--bits: found \(bits), wanted 1, 2, 4, 8, 16 or 32") }
        if StreamConversion.Levels(rawValue: levels) == nil { throw ValidationError("--levels: found '\(levels)', wanted copy or fit") }
        if let format, StreamFormat(rawValue: format) == nil { throw ValidationError("--format: found '\(format)', wanted sigproc, psrfits or psrdada") }
        if format == nil, StreamFormat(fileName: output) == nil {
            throw ValidationError("'\(output)' does not say which format; wanted .fil, .sf, .fits or .dada, or --format")
        }
        if input == output { throw ValidationError("the output must be another file than the input") }
    }

    func run() throws {
        do {
            let format = format.flatMap(StreamFormat.init(rawValue:)) ?? StreamFormat(fileName: output) ?? .sigproc
            let conversion = StreamConversion(
                format: format, bits: bits, levels: StreamConversion.Levels(rawValue: levels) ?? .copy, intensity: intensity)
            let reader = try RecordedStream.open(input, patience: patience)
            let outcome = try conversion.run(reader, to: output)
            for incident in reader.incidents { Console.writeToError("pulsardt convert: \(reader.file): \(incident)\n") }
            let resumed = outcome.resumed > 0 ? ", \(outcome.resumed) of them from an earlier attempt" : ""
            print("wrote \(output): \(outcome.samples) samples\(resumed), \(outcome.clamped) numbers set to the nearest code")
        } catch {
            throw Pulsardt.fail("convert", error)
        }
    }
}
