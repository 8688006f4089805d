import Glibc
import MessagePassing
import Numerics
import PulsarKernels
import RadioStreams

/// A search for dispersed pulses, gulp by gulp: every rank reads the stream, takes its share of the trials, and all learn all events.
///
/// What a trial finds depends on the trial alone, so the candidates are the same on any number of ranks.
public final class PulseSearch {
    public struct Settings: Sendable {
        /// Samples of a gulp.
        public var gulp = 16384
        /// Boxcars of 1, 2, 4, … `1 << filters` samples.
        public var filters = 8
        public var threshold = 7.0
        public var cleaning = ChannelCleaning()
        /// Of pulses in units of each channel's noise: channels are added with weights ν^index, which is the best sum for such a pulse; 0 for all alike.
        public var spectralIndex = 0.0
        public var grouping = EventGrouping(trials: 20, samples: 3)
        /// Most events of a gulp that are kept, the strongest.
        public var eventsPerGulp = 100_000

        public init() {}
    }

    public let plan: DispersionPlan
    public let settings: Settings
    private let communicator: Communicator
    private let reader: any StreamReader
    private let gulp: Gulp
    private var pending: [SearchEvent]
    public private(set) var candidates: [Candidate]
    /// Events that were too many for a gulp.
    public private(set) var droppedEvents = 0
    /// Channels that the last gulp kept.
    public var keptChannels: [Int] { gulp.kept }
    /// Where the next gulp begins, samples.
    public var nextSample: Int { gulp.firstSample }
    public private(set) var hasEnded = false

    private var series: TrialSeries
    private var sums: [Float]
    private let sumStride: Int
    private let scratch: UnsafeMutablePointer<Float>
    private let weights: [Float]?

    /// The state between two gulps, for a checkpoint.
    public struct State {
        public var nextSample = 0
        public var pending: [SearchEvent] = []
        public var candidates: [Candidate] = []

        public init() {}
    }

    public var state: State {
        var state = State()
        (state.nextSample, state.pending, state.candidates) = (nextSample, pending, candidates)
        return state
    }

    /// - Parameter state: where an earlier search stopped; the reader must be able to seek if it is not the begin.
    /// - Throws: `SearchError` if a gulp would take more than 64 GiB. *Not collective.*
    public init(reader: any StreamReader, plan: DispersionPlan, settings: Settings, communicator: Communicator, state: State = State()) throws {
        self.reader = reader
        self.plan = plan
        self.settings = settings
        self.communicator = communicator
        let overlap = plan.longestDelay(trial: plan.trials.count - 1) + 1 << settings.filters
        let bytes = Gulp.bytes(channels: reader.header.channels, length: settings.gulp, overlap: overlap)
        guard bytes < 0x1p36 else {
            throw SearchError(
                "search: a gulp of \(settings.gulp) samples and \(overlap) of delay in \(reader.header.channels) channels takes \(bytes) bytes; lower search.gulp or search.dm_max")
        }
        gulp = Gulp(channels: reader.header.channels, length: settings.gulp, overlap: overlap, startingAt: state.nextSample)
        if state.nextSample > 0 { try reader.seek(toSample: state.nextSample) }
        (pending, candidates) = (state.pending, state.candidates)
        let capacity = settings.gulp + overlap + 1 << settings.filters
        series = TrialSeries(capacity: capacity, filters: settings.filters, threshold: Float(settings.threshold))
        sumStride = TrialSeries.room(capacity, filters: settings.filters)
        sums = [Float](repeating: 0, count: sumStride * DedispersionKernel.group)
        scratch = .allocate(capacity: DedispersionKernel.scratch)
        scratch.initialize(repeating: 0, count: DedispersionKernel.scratch)
        weights = settings.spectralIndex == 0 ? nil : Self.weights(reader.header.frequencies, index: settings.spectralIndex)
    }

    deinit { scratch.deallocate() }

    /// (ν / middle)^index with mean square 1.
    private static func weights(_ frequencies: [Double], index: Double) -> [Float] {
        let middle = (frequencies.max() ?? 1) / 2 + (frequencies.min() ?? 1) / 2
        let values = frequencies.map { pow($0 / middle, index) }
        let scale = (values.reduce(0) { $0 + $1 * $1 } / Double(max(1, values.count))).squareRoot()
        return values.map { Float($0 / scale) }
    }

    /// Reads a gulp and cleans its channels; the number of samples it will answer for. *Not collective.*
    public func read() throws -> Int {
        try gulp.fill(from: reader)
        gulp.clean(settings.cleaning, weights: weights)
        return gulp.answered
    }

    /// The events of this rank's trials in the gulp. *Not collective.*
    public func search() -> [SearchEvent] {
        var events: [SearchEvent] = []
        let groups = (plan.trials.count + DedispersionKernel.group - 1) / DedispersionKernel.group
        // Groups are dealt out in turn: later ones have longer delays.
        for group in stride(from: communicator.rank, to: groups, by: communicator.size) {
            let first = group * DedispersionKernel.group
            events += search(trials: first..<min(plan.trials.count, first + DedispersionKernel.group))
        }
        return events
    }

    private func search(trials: Range<Int>) -> [SearchEvent] {
        let answered = gulp.answered
        let counts = trials.map { min(gulp.count - plan.longestDelay(trial: $0), answered + 1 << settings.filters) }
        guard let shortest = counts.min(), !gulp.kept.isEmpty, counts.contains(where: { $0 > 0 }) else { return [] }
        let delays = plan.delays(of: trials, channels: gulp.kept)
        return sums.withUnsafeMutableBufferPointer { sums in
            guard let sums = sums.baseAddress else { return [] }
            if shortest > 0 { dedisperse(delays, trials.count, sums, shortest) }
            var events: [SearchEvent] = []
            for (k, trial) in trials.enumerated() where counts[k] > 0 {
                let own = sums + k * sumStride
                // Trials of less delay reach further towards the end of the stream.
                if counts[k] > shortest { complete(delays, k, own, from: max(0, shortest), to: counts[k]) }
                events += series.events(own, count: counts[k], starts: answered, trial: trial, firstSample: gulp.firstSample)
            }
            return events
        }
    }

    private func dedisperse(_ delays: [Int32], _ trials: Int, _ sums: UnsafeMutablePointer<Float>, _ count: Int) {
        DedispersionKernel.sum(
            data: gulp.clean, stride: gulp.stride, channels: gulp.kept.count, delays: delays, trials: trials, scratch: scratch, sums: sums,
            sumStride: sumStride, count: count)
    }

    private func complete(_ delays: [Int32], _ k: Int, _ sum: UnsafeMutablePointer<Float>, from: Int, to: Int) {
        let own = stride(from: k, to: delays.count, by: DedispersionKernel.group).map { delays[$0] }
        DedispersionKernel.referenceSum(
            data: gulp.clean + from, stride: gulp.stride, channels: gulp.kept.count, delays: own, sum: sum + from, count: to - from)
    }

    /// Shares the events of all ranks, closes the pulses that cannot grow any more, and moves on. *Collective.*
    public func conclude(_ mine: [SearchEvent]) throws {
        var events = try EventMessage.shared(mine, communicator)
        if events.count > settings.eventsPerGulp {
            droppedEvents += events.count - settings.eventsPerGulp
            events.sort { ($0.signalToNoise, -$0.trial, -$0.peak) > ($1.signalToNoise, -$1.trial, -$1.peak) }
            events.removeLast(events.count - settings.eventsPerGulp)
        }
        pending += events
        pending.sort { ($0.trial, $0.begin, $0.peak) < ($1.trial, $1.begin, $1.peak) }
        hasEnded = gulp.hasEnded
        gulp.advance()
        let border = gulp.firstSample
        var open: [SearchEvent] = []
        for group in settings.grouping.groups(pending) {
            if !hasEnded, group.contains(where: { $0.end + settings.grouping.samples >= border }) {
                open += group
            } else if let candidate = EventGrouping.candidate(group) {
                candidates.append(candidate)
            }
        }
        pending = open
        candidates.sort { ($0.begin, $0.strongest.trial, $0.strongest.peak) < ($1.begin, $1.strongest.trial, $1.strongest.peak) }
    }

    /// Closes all pulses, where the search ends before the stream does. *Not collective;* the same on every rank.
    public func closeAll() {
        candidates += settings.grouping.candidates(pending)
        pending = []
        candidates.sort { ($0.begin, $0.strongest.trial, $0.strongest.peak) < ($1.begin, $1.strongest.trial, $1.strongest.peak) }
    }
}

/// Events as messages and as rows of a checkpoint: six integers, the first the bits of the signal to noise.
enum EventMessage {
    static let width = 6

    static func words(_ event: SearchEvent) -> [Int64] {
        [
            Int64(event.signalToNoise.bitPattern), Int64(event.peak), Int64(event.begin), Int64(event.end), Int64(event.filter), Int64(event.trial),
        ]
    }

    static func events(_ words: [Int64]) -> [SearchEvent] {
        var events: [SearchEvent] = []
        for row in 0..<words.count / width {
            let word = words[row * width..<(row + 1) * width].map { Int($0) }
            let value = Float(bitPattern: UInt32(truncatingIfNeeded: word[0]))
            events.append(SearchEvent(signalToNoise: value, peak: word[1], begin: word[2], end: word[3], filter: word[4], trial: word[5]))
        }
        return events
    }

    /// The events of all ranks, ordered by trial and time. *Collective.*
    static func shared(_ mine: [SearchEvent], _ communicator: Communicator) throws -> [SearchEvent] {
        let all = try communicator.allGather(mine.flatMap(words)).flatMap(events)
        return all.sorted { ($0.trial, $0.begin, $0.peak) < ($1.trial, $1.begin, $1.peak) }
    }
}
