import Batch
import Glibc
import MessagePassing
import ParallelHDF5
import RadioStreams

/// What the command `measure` does: pulses with physical parameters and errors, and the period.
public final class MeasureRun: SteppedRun {
    package let context: JobContext
    private let settings: MeasureSettings
    private let inputPath: String
    private let input: any MeasureInput
    private var pulses: [PulseMeasurement] = []

    /// *Collective.* `path` is a recording, with `measure.candidates`, or an HDF5 file of frames.
    public init(_ context: JobContext, settings: MeasureSettings, input path: String) throws {
        self.context = context
        self.settings = settings
        inputPath = path
        input = try context.communicator.agree { try Self.open(path, settings) }
    }

    private static func open(_ path: String, _ settings: MeasureSettings) throws -> any MeasureInput {
        guard path != "-" else { throw SearchError("measure: found standard input, wanted the name of a file, which is read in random order") }
        if try HDF5Signature.begins(path) {
            guard !settings.findsPeriod else { throw SearchError("\(path): found frames, which have no period; wanted a recording, or measure.period=false") }
            return try FramedPulses(path, settings: settings)
        }
        guard !settings.candidates.isEmpty || settings.periodMeasure != nil else {
            throw SearchError("measure: found no measure.candidates, wanted candidates.csv of `search` (or measure.period with measure.period_dm)")
        }
        return try RecordedPulses(path, settings: settings)
    }

    package var label: String { "measure" }
    package var unit: String { "pulses" }
    package var position: Int { pulses.count }
    package var total: Int { input.count }
    package var checkpoints: CheckpointPolicy {
        let header = (input as? RecordedPulses).map { "\($0.reader.header.start.days) \($0.reader.header.source) \($0.candidates)" } ?? "\(input.count)"
        return CheckpointPolicy(
            configurationHash: SHA256.hexadecimal(of: "\(context.configuration.hash(of: ["measure"])) \(inputPath) \(header)".utf8),
            every: 8 * MeasureSettings.block, keep: 2)
    }

    package func step() throws -> [String: Double] {
        let communicator = context.communicator
        let block = pulses.count..<min(input.count, pulses.count + MeasureSettings.block)
        let share = CartesianGrid.share(of: block.count, parts: communicator.size, part: communicator.rank)
        let mine = try context.phases.measure(.compute) {
            try communicator.agree { try share.flatMap { try input.measure(block.lowerBound + $0).row } }
        }
        let all = try context.phases.measure(.allreduce) { try communicator.allGather(mine).flatMap { $0 } }
        pulses += rows(all)
        return ["pulses": Double(pulses.count)]
    }

    private func rows(_ numbers: [Double]) -> [PulseMeasurement] {
        let width = PulseMeasurement.numbers
        return (0..<numbers.count / width).map { PulseMeasurement(row: numbers[$0 * width..<($0 + 1) * width]) }
    }

    package func write(to group: HDF5Group) throws {
        if !pulses.isEmpty { try group.write("pulses", pulses.flatMap(\.row)) }
    }

    package func restore(from group: HDF5Group) throws {
        pulses = try group.hasObject("pulses") ? rows(group.read("pulses", as: Double.self)) : []
    }

    // MARK: Results

    private static var columns: [(name: String, units: String, value: (PulseMeasurement) -> Double)] {
        [
            ("snr", "1", \.signalToNoise), ("arrival", "s", \.arrival), ("arrival_error", "s", \.arrivalError), ("dm", "pc cm-3", \.measure),
            ("dm_error", "pc cm-3", \.measureError), ("width", "s", \.width), ("width_error", "s", \.widthError),
            ("scattering", "s at 1 GHz", \.scattering), ("scattering_error", "s at 1 GHz", \.scatteringError),
            ("scattering_limit", "s at 1 GHz", \.scatteringLimit), ("spectral_index", "1", \.spectralIndex),
            ("spectral_index_error", "1", \.spectralIndexError), ("reduced_chi_squared", "1", \.reducedChiSquared),
        ]
    }

    package func conclude() throws {
        try context.communicator.agree {
            if context.communicator.isRoot { try context.directory.writeAtomically("measurements.csv", text: table) }
        }
        try context.writeData("measurements.h5") { file in
            let root = file.root
            try root.setAttribute("input", inputPath)
            try root.setAttribute("dispersion_constant", settings.constant.rawValue)
            try root.setAttribute("dispersion_constant_value", settings.constant.value)
            try root.setAttribute("reference_frequency_MHz", input.reference)
            try root.setAttribute("scattering_index", settings.scatteringIndex)
            guard !pulses.isEmpty else { return }
            for column in Self.columns { try root.write(column.name, pulses.map(column.value), units: column.units) }
            try root.write("channels", pulses.map { Int64($0.channels) }, units: "1")
            try root.write("converged", pulses.map { UInt8($0.hasConverged ? 1 : 0) }, units: "1")
        }
        context.summary.set("pulses", pulses.count)
        context.summary.set("converged", pulses.count { $0.hasConverged })
        if let best = pulses.max(by: { $0.signalToNoise < $1.signalToNoise }) {
            context.summary.set("strongest_snr", best.signalToNoise)
            context.summary.set("strongest_arrival", best.arrival, error: best.arrivalError)
            context.summary.set("strongest_dm", best.measure, error: best.measureError)
            context.summary.set("strongest_width", best.width, error: best.widthError)
            context.log.info(
                "strongest: S/N \(Format.general(best.signalToNoise, digits: 4)) at \(Format.value(best.arrival, error: best.arrivalError)) s, DM \(Format.value(best.measure, error: best.measureError)), width \(Format.value(best.width * 1e3, error: best.widthError * 1e3)) ms")
        }
        try measurePeriod()
    }

    private var table: String {
        let units = Self.columns.map { "\($0.name) \($0.units)" }.joined(separator: "; ")
        var text = """
            # input: \(inputPath)
            # dispersion constant: \(settings.constant.rawValue), \(settings.constant.value) s MHz^2 cm^3 / pc; arrivals at \(input.reference) MHz; scattering index \(settings.scatteringIndex)
            # \(units)
            \(Self.columns.map(\.name).joined(separator: ",")),channels,converged

            """
        for pulse in pulses {
            let fields = Self.columns.map { column -> String in
                let value = column.value(pulse)
                return value.isFinite ? Format.general(value, digits: column.name == "arrival" ? 12 : 7) : ""
            }
            text += (fields + ["\(pulse.channels)", pulse.hasConverged ? "1" : "0"]).joined(separator: ",") + "\n"
        }
        return text
    }

    private func measurePeriod() throws {
        guard settings.findsPeriod, let recorded = input as? RecordedPulses else { return }
        guard let measure = settings.periodMeasure ?? pulses.max(by: { $0.signalToNoise < $1.signalToNoise })?.measure else {
            return context.log.notice("no pulse that says at which dispersion measure to look for a period; set measure.period_dm")
        }
        let (series, average) = try context.phases.measure(.compute) {
            try DedispersedSeries.read(
                recorded.reader, measure: measure, constant: settings.constant, cleaning: settings.cleaning, length: 16384, communicator: context.communicator)
        }
        let step = recorded.reader.header.samplingTime * Double(average)
        let found = try context.communicator.agree {
            try PeriodSearch.best(series, step: step, shortest: max(settings.shortestPeriod, 2 * step), longest: settings.longestPeriod)
        }
        guard let found else { return context.log.notice("the recording is too short to look for a period") }
        context.summary.set("period", found.period, error: found.error)
        context.summary.set("period_dm", measure)
        context.summary.set("period_harmonics", found.harmonics)
        context.summary.set("period_power", found.power)
        context.summary.set("period_false_alarm", found.falseAlarm)
        context.summary.set("period_folded_chi_squared", found.foldedChiSquared)
        try context.writeData("period.h5") { file in
            try file.root.setAttribute("period_s", found.period)
            try file.root.setAttribute("period_error_s", found.error)
            try file.root.setAttribute("dm", measure)
            try file.root.write("profile", found.profile, units: "standard deviations of a bin")
        }
        context.log.info(
            "period \(Format.value(found.period, error: found.error)) s at DM \(Format.general(measure)), \(found.harmonics) harmonics, probability of a false alarm \(Format.general(found.falseAlarm, digits: 2))")
        let good = pulses.filter { $0.hasConverged && $0.signalToNoise >= settings.threshold && $0.arrivalError > 0 }
        if let line = PeriodSearch.fromArrivals(good.map(\.arrival), errors: good.map(\.arrivalError), near: found.period) {
            context.summary.set("period_of_arrivals", line.period.value, error: line.period.error)
            context.summary.set("period_arrival_scatter", line.scatter)
        }
    }
}
