import Batch
import MessagePassing
import Numerics
import ParallelHDF5
import Segments

/// The command `scan`: blocks of channels and segments shared among the ranks, then coincidences with the strain.
///
/// The result is the same on any number of ranks: a block's bits do not depend on who computes it, and blocks are kept in their order.
public final class ScanRun: SteppedRun {
    package let context: JobContext
    private let settings: ScanSettings
    private let archive: ChannelArchive
    private let grid: ScanGrid
    private let blocks: BlockScan
    private var done = 0
    /// The results of the blocks done, one behind the other.
    private var words: [Int64] = []
    private var seconds = 0.0
    private var transforms = 0

    /// *Collective.*
    /// - Throws: `GlitchError` where channels or times are not there, `FrameError` for files that cannot be read.
    public init(_ context: JobContext, settings: ScanSettings) throws {
        (self.context, self.settings) = (context, settings)
        (archive, grid) = try context.communicator.agree {
            let archive = try GlitchError.ofFrames { try ChannelArchive(settings.inputs) }
            return (archive, try ScanGrid(archive, settings: settings))
        }
        blocks = BlockScan(archive, grid: grid, settings: settings, phases: context.phases)
        context.log.info(
            "\(grid.channels.count) channels, \(grid.segments) segments of \(Format.general(grid.duration)) s from \(grid.start) on, \(settings.qualities.count) Q planes")
        for channel in grid.left { context.log.warning("\(channel.name) is left out: \(channel.reason)") }
    }

    package var label: String { "scan" }
    package var unit: String { "block" }
    package var position: Int { done }
    package var total: Int { grid.items }
    package var checkpoints: CheckpointPolicy {
        let names = grid.channels.map(\.name).joined(separator: " ")
        return CheckpointPolicy(
            configurationHash: SHA256.hexadecimal(of: "\(context.configuration.hash(of: ["scan"])) \(grid.start) \(grid.segments) \(names)".utf8),
            every: settings.checkpointEvery, keep: 2)
    }

    package func step() throws -> [String: Double] {
        let communicator = context.communicator
        let mine = done + communicator.rank
        let start = Phases.now()
        let result = try communicator.agree {
            try context.phases.measure(.compute) { mine < grid.items ? try blocks.run(item: mine) : nil }
        }
        seconds += Phases.now() - start
        if let result { transforms += result.analysed.nonzeroBitCount }
        let all = try context.phases.measure(.allreduce) { try communicator.allGather(result?.words ?? []) }
        for list in all { words += list }
        done = min(grid.items, done + communicator.size)
        return [:]
    }

    package func write(to group: HDF5Group) throws {
        try group.setAttribute("blocks", Int64(done))
        try group.write("results", words)
    }

    package func restore(from group: HDF5Group) throws {
        done = Int(try group.attribute("blocks", as: Int64.self))
        words = try group.read("results", as: Int64.self)
    }

    /// Writes tables, triggers, vetoes and the report. *Collective.*
    package func conclude() throws {
        guard let list = BlockResult.list(words) else { throw GlitchError("scan: the results in the checkpoint are damaged; remove checkpoints/scan and start again") }
        let results = ScanResults(list, grid: grid, settings: settings)
        try context.phases.measure(.io) {
            try context.writeData("triggers.h5") { try ScanFile.write(results, to: $0.root) }
            try context.communicator.agree {
                guard context.communicator.isRoot else { return }
                try context.directory.writeAtomically("channels.csv", text: results.table)
                try context.directory.writeAtomically("rounds.csv", text: results.roundTable)
                try context.directory.writeAtomically("vetoes.xml", text: LIGOLightWeight.text(of: results.flags, program: "glitchgen scan"))
                let pictures = try ScanPictures(results, blocks: blocks)
                let page = ScanReport.html(results, pictures: pictures, settings: settings, provenance: context.provenance.attributes)
                try context.directory.writeAtomically("scan.html", text: page)
            }
        }
        try summarise(results)
    }

    /// Names the files that some rank could not read; how many. *Collective.*
    private func reportProblems() throws -> Int {
        let own = archive.problems.values.sorted().joined(separator: "\n")
        guard let all = try context.communicator.gather(Array(own.utf8), root: 0) else { return 0 }
        let lines = Set(all.flatMap { String(decoding: $0, as: UTF8.self).split(separator: "\n").map(String.init) }).sorted()
        for line in lines { context.log.warning("passed over, its time is left out: \(line)") }
        return lines.count
    }

    private func summarise(_ results: ScanResults) throws {
        context.summary.set("files_passed_over", try reportProblems())
        let rate = seconds > 0 ? Double(transforms) / seconds : 0
        let together = try context.communicator.allReduce(rate, .sum)
        let selected = results.rows.filter(\.isSelected).map(\.name)
        context.summary.set("channels", grid.channels.count)
        context.summary.set("segments", grid.segments)
        context.summary.set("strain_triggers", results.triggers[0].count)
        context.summary.set("triggers", results.triggers.reduce(0) { $0 + $1.count })
        context.summary.set("witnesses", selected.count)
        context.summary.results["witness_channels"] = .array(selected.map(JSON.string))
        context.summary.set("rounds", results.rounds.count)
        if let last = results.rounds.last {
            context.summary.set("veto_efficiency", last.cumulativeEfficiency)
            context.summary.set("veto_deadtime", last.cumulativeDeadtime)
        }
        if together > 0 { context.summary.set("segments_per_second", together) }
        context.log.info("\(results.triggers[0].count) triggers of \(settings.strain); witnesses: \(selected.isEmpty ? "none" : selected.joined(separator: ", "))")
        context.log.info("wrote \(context.directory.path("channels.csv")), rounds.csv, triggers.h5, vetoes.xml, scan.html\(together > 0 ? "; \(Format.general(together, digits: 3)) segments a second with files" : "")")
    }
}
