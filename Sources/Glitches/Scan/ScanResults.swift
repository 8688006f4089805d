import Batch
import Segments

/// What a scan has found, from its blocks: the same wherever it is computed.
public struct ScanResults: Sendable {
    public struct Row: Sendable {
        public let name: String
        public let rate: Double
        public let triggers: Int
        public let coincidence: ChannelCoincidence
        public let isUnsafe: Bool
        /// Named as a witness: safe, significant, and ahead of every time slide.
        public let isSelected: Bool
    }

    public let grid: ScanGrid
    /// By channel of the grid, in the order of time.
    public let triggers: [[Trigger]]
    /// By channel and segment.
    public let analysed: [[Bool]]
    /// Auxiliary channels, the most significant first.
    public let rows: [Row]
    public let rounds: [VetoRounds.Round]

    init(_ blocks: [BlockResult], grid: ScanGrid, settings: ScanSettings) {
        var triggers = [[Trigger]](repeating: [], count: grid.channels.count)
        var analysed = [[Bool]](repeating: [Bool](repeating: false, count: grid.segments), count: grid.channels.count)
        for block in blocks where block.item >= 0 && block.item < grid.items {
            let (channel, first) = (block.item / grid.blocks, block.item % grid.blocks * 16)
            triggers[channel] += block.triggers
            for lane in 0..<16 where block.analysed >> lane & 1 == 1 && first + lane < grid.segments { analysed[channel][first + lane] = true }
        }
        let gap = Int64((settings.clusterGap * 1e9).rounded())
        let joined = triggers.map { Trigger.clustered($0, gap: gap) }
        (self.grid, self.triggers, self.analysed) = (grid, joined, analysed)
        let found = grid.channels.indices.dropFirst().map { index -> Row in
            let coincidence = Self.coincidence(index, joined, analysed, grid, settings)
            let isUnsafe = ScanSettings.matches(grid.channels[index].name, settings.unsafe)
            return Row(
                name: grid.channels[index].name, rate: grid.channels[index].rate, triggers: joined[index].count, coincidence: coincidence, isUnsafe: isUnsafe,
                isSelected: !isUnsafe && coincidence.significance >= settings.significance
                    && coincidence.slides.allSatisfy { $0 < coincidence.significance })
        }
        rows = found.sorted { ($1.coincidence.significance, $0.name) < ($0.coincidence.significance, $1.name) }
        let channels = grid.channels.indices.dropFirst().compactMap { index -> VetoRounds.Channel? in
            if ScanSettings.matches(grid.channels[index].name, settings.unsafe) { return nil }
            return VetoRounds.Channel(
                name: grid.channels[index].name, times: joined[index].map(\.time.nanoseconds), signalToNoise: joined[index].map(\.signalToNoise))
        }
        rounds = VetoRounds(
            primaries: joined[0].map(\.time.nanoseconds), channels: channels, analysed: Self.segments(analysed[0], grid), settings: settings.rounds
        ).rounds
    }

    /// Times in which the strain was analysed.
    public var analysedStrain: SegmentList { Self.segments(analysed[0], grid) }

    private static func segments(_ flags: [Bool], _ grid: ScanGrid) -> SegmentList {
        SegmentList(
            flags.indices.filter { flags[$0] }.compactMap { index in
                let span = grid.analysed(segment: index)
                return Segment(span.begin, span.end)
            })
    }

    private static func coincidence(
        _ index: Int, _ triggers: [[Trigger]], _ analysed: [[Bool]], _ grid: ScanGrid, _ settings: ScanSettings
    ) -> ChannelCoincidence {
        // Place of each common segment along the livetime.
        var places = [Int](repeating: -1, count: grid.segments)
        var common = 0
        for segment in 0..<grid.segments where analysed[0][segment] && analysed[index][segment] {
            places[segment] = common
            common += 1
        }
        func along(_ list: [Trigger]) -> [Double] {
            list.compactMap { trigger in
                guard places.indices.contains(trigger.segment), places[trigger.segment] >= 0 else { return nil }
                let begin = grid.analysed(segment: trigger.segment).begin
                return Double(places[trigger.segment]) * grid.stride + Double(trigger.time.nanoseconds - begin.nanoseconds) * 1e-9
            }.sorted()
        }
        return ChannelCoincidence(
            primaries: along(triggers[0]), auxiliaries: along(triggers[index]), livetime: Double(common) * grid.stride, windows: settings.windows,
            slides: settings.slides)
    }

    // MARK: - Tables

    /// One line a channel.
    public var table: String {
        var text = "channel,rate_hz,livetime_s,strain_triggers,triggers,window_s,coincident,ratio,iou,expected,significance,slide_mean,slide_probability,verdict\n"
        for row in rows {
            let c = row.coincidence
            let numbers = [
                Format.general(row.rate, digits: 8), Format.general(c.livetime, digits: 9), "\(c.primaries)", "\(c.auxiliaries)", Format.general(c.window), "\(c.coincident)",
                Format.fixed(c.ratio, decimals: 6), Format.fixed(c.intersectionOverUnion, decimals: 6), Format.general(c.expected, digits: 6),
                Format.fixed(c.significance, decimals: 4), Format.general(c.slideMean, digits: 6), Format.general(c.slideProbability, digits: 4),
            ]
            text += ([row.name] + numbers + [Self.verdict(row)]).joined(separator: ",") + "\n"
        }
        return text
    }

    static func verdict(_ row: Row) -> String { row.isUnsafe ? "unsafe" : row.isSelected ? "witness" : "-" }

    /// One line a round.
    public var roundTable: String {
        var text = "round,channel,threshold_snr,window_s,significance,coincident,expected,triggers,use_percentage,efficiency,deadtime,efficiency_over_deadtime,cumulative_efficiency,cumulative_deadtime\n"
        for (index, round) in rounds.enumerated() {
            let numbers = [
                Format.general(round.threshold), Format.general(round.window), Format.fixed(round.significance, decimals: 4), "\(round.coincident)",
                Format.general(round.expected, digits: 6), "\(round.auxiliaries)", Format.fixed(round.usePercentage, decimals: 6),
                Format.fixed(round.efficiency, decimals: 6), Format.fixed(round.deadtime, decimals: 6), Format.general(round.efficiencyOverDeadtime, digits: 6),
                Format.fixed(round.cumulativeEfficiency, decimals: 6), Format.fixed(round.cumulativeDeadtime, decimals: 6),
            ]
            text += (["\(index + 1)", round.channel] + numbers).joined(separator: ",") + "\n"
        }
        return text
    }

    /// A flag for each round.
    public var flags: [DataQualityFlag] {
        rounds.enumerated().map { index, round in
            let parts = round.channel.split(separator: ":", maxSplits: 1).map(String.init)
            let name = (parts.last ?? round.channel).map { $0.isLetter || $0.isNumber ? $0 : "_" }
            return DataQualityFlag(
                interferometer: parts.count == 2 ? parts[0] : "X1", name: "DQ_VETO_ROUND_\(index + 1)_" + String(name),
                comment: "triggers of \(round.channel) above \(Format.general(round.threshold)), \(Format.general(round.window)) s", known: analysedStrain,
                active: round.vetoes)
        }
    }
}
