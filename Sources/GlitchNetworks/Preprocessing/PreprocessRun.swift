import Batch
import Frames
import Glitches
import MessagePassing
import Numerics
import ParallelHDF5
import Segments

/// The command `preprocess`: Q-images of strain and witnesses around triggers and at quiet times.
///
/// Blocks of sixteen times of one channel are shared among the ranks; each keeps what it made until all is written. The file is the same on any
/// number of ranks.
public final class PreprocessRun: SteppedRun {
    package let context: JobContext
    private let settings: PreprocessSettings
    private let archive: ChannelArchive
    private let times: ImageTimes
    /// The strain first.
    private let channels: [ChannelArchive.Channel]
    private let blocks: ImageBlocks
    private var done = 0
    /// What this rank made, by item.
    private var made: [Int: (images: [Float], mask: Int)] = [:]

    /// *Collective.*
    /// - Throws: `GlitchError` where channels, triggers or times are not there.
    public init(_ context: JobContext, settings: PreprocessSettings) throws {
        (self.context, self.settings) = (context, settings)
        (archive, times, channels) = try context.communicator.agree {
            let archive = try GlitchArchive.open(settings.inputs)
            guard let extent = archive.extent else { throw GlitchError("preprocess.frames: found no time, wanted frames that hold some") }
            let times = try ImageTimes(settings, extent: extent, seed: context.seed)
            let names = settings.channels.isEmpty ? times.witnesses : settings.channels
            guard !names.isEmpty else {
                throw GlitchError("\(settings.triggers): found no witness, wanted one at least; name channels in preprocess.channels")
            }
            return (archive, times, try GlitchArchive.channels([settings.strain] + names, of: archive))
        }
        blocks = ImageBlocks(archive, settings: settings.image, margin: settings.margin)
    }

    private var count: Int { times.entries.count }
    private var blocksPerChannel: Int { (count + laneWidth - 1) / laneWidth }
    private func range(_ item: Int) -> Range<Int> {
        let first = item / channels.count * laneWidth
        return first..<min(count, first + laneWidth)
    }

    package var label: String { "preprocess" }
    package var unit: String { "block" }
    package var position: Int { done }
    package var total: Int { blocksPerChannel * channels.count }
    package var checkpoints: CheckpointPolicy {
        let content = times.entries.map { "\($0.time.nanoseconds) \($0.isTrigger)" } + channels.map(\.name)
        return CheckpointPolicy(
            configurationHash: SHA256.hexadecimal(of: "\(context.configuration.hash(of: ["seed", "preprocess"])) \(content.joined(separator: " "))".utf8),
            every: settings.checkpointEvery, keep: 2)
    }

    package func start() {
        let triggers = times.entries.count { $0.isTrigger }
        context.log.info(
            "\(channels.count) channels, images around \(triggers) triggers and at \(count - triggers) quiet times; witnesses \(channels.dropFirst().map(\.name).joined(separator: ", "))")
    }

    package func step() throws -> [String: Double] {
        // Item i belongs to rank i mod size, also where a run goes on that other ranks left in the middle of a round.
        let size = context.communicator.size, round = done / size * size
        let item = round + context.communicator.rank
        try context.communicator.agree {
            guard item >= done, item < total else { return }
            made[item] = try context.phases.measure(.compute) { try blocks.make(channels[item % channels.count], at: range(item).map { times.entries[$0].time }) }
        }
        done = min(total, round + size)
        return [:]
    }

    // MARK: Checkpoints

    package func write(to group: HDF5Group) throws {
        try group.setAttribute("blocks", Int64(done))
        let width = laneWidth * blocks.length
        let images = try group.createDataset("images", shape: [done, width], type: .float32)
        let masks = try group.createDataset("masks", shape: [done], type: .int64)
        for round in 0..<rounds(done) {
            let item = round * context.communicator.size + context.communicator.rank
            if item < done, let own = made[item] {
                try images.write(own.images + [Float](repeating: 0, count: width - own.images.count), offset: [item, 0], count: [1, width])
                try masks.write([Int64(own.mask)], offset: [item], count: [1])
            } else {
                try images.write([Float](), offset: [0, 0], count: [0, 0])
                try masks.write([Int64](), offset: [0], count: [0])
            }
        }
    }

    package func restore(from group: HDF5Group) throws {
        done = Int(try group.attribute("blocks", as: Int64.self))
        let (images, masks) = (try group.dataset("images"), try group.read("masks", as: Int64.self))
        let width = laneWidth * blocks.length
        for round in 0..<rounds(done) {
            let item = round * context.communicator.size + context.communicator.rank
            let isMine = item < done
            let values = try images.read(as: Float.self, offset: isMine ? [item, 0] : [0, 0], count: isMine ? [1, width] : [0, 0])
            if isMine { made[item] = (Array(values.prefix(range(item).count * blocks.length)), Int(masks[item])) }
        }
    }

    private func rounds(_ items: Int) -> Int { (items + context.communicator.size - 1) / context.communicator.size }

    // MARK: Output

    /// *Collective.*
    package func conclude() throws {
        let communicator = context.communicator
        // Every number is set by one rank; the others have zero.
        var present = [Int64](repeating: 0, count: count), maxima = [Double](repeating: 0, count: count * channels.count)
        for (item, own) in made {
            for (lane, index) in range(item).enumerated() where own.mask >> lane & 1 == 1 {
                present[index] += 1
                maxima[index * channels.count + item % channels.count] = Double(
                    own.images[lane * blocks.length..<(lane + 1) * blocks.length].reduce(0, max))
            }
        }
        try communicator.allReduce(&present, .sum)
        try communicator.allReduce(&maxima, .sum)
        let uses = times.entries.indices.map { present[$0] == Int64(channels.count) ? times.entries[$0].use : .unused }
        try context.phases.measure(.io) {
            try context.writeData("images.h5") { file in try writeImages(file.root, uses: uses, maxima: maxima) }
        }
        func sum(_ use: ImageUse, triggers: Bool) -> Int { uses.indices.count { uses[$0] == use && times.entries[$0].isTrigger == triggers } }
        for use in ImageUse.allCases {
            context.summary.set("\(use)_triggers", sum(use, triggers: true))
            context.summary.set("\(use)_quiet", sum(use, triggers: false))
        }
        context.summary.set("images", count)
        context.summary.set("channels", channels.count)
        context.summary.set("files_passed_over", try reportProblems())
        context.log.info(
            "wrote \(context.directory.path("images.h5")): \(count) times of \(channels.count) channels; training \(uses.count { $0 == .training }), validation \(uses.count { $0 == .validation }), test \(uses.count { $0 == .test }), unused \(uses.count { $0 == .unused })")
        guard uses.contains(.training) else {
            throw GlitchError("preprocess: found no image for training in \(times.split.uses.count) blocks of \(settings.block) s; wanted longer data or shorter preprocess.split.block")
        }
    }

    private func reportProblems() throws -> Int {
        let own = archive.problems.values.sorted().joined(separator: "\n")
        guard let all = try context.communicator.gather(Array(own.utf8), root: 0) else { return 0 }
        let lines = Set(all.flatMap { String(decoding: $0, as: UTF8.self).split(separator: "\n").map(String.init) }).sorted()
        for line in lines { context.log.warning("passed over, its time is left out: \(line)") }
        return lines.count
    }

    private func writeImages(_ root: HDF5Group, uses: [ImageUse], maxima: [Double]) throws {
        let (size, width) = (settings.image.size, settings.image.size + 2 * settings.margin)
        let head = ImageFile.Head(
            strain: channels[0].name, channels: channels.dropFirst().map(\.name), image: settings.image, margin: settings.margin)
        let entries = times.entries
        let images = try head.write(to: root, count: count)
        try ImageFile.writeTimes(entries, uses: uses, maxima: maxima, channels: channels.count, to: root)
        try root.setAttribute("split_start", "\(times.split.start)")
        try root.setAttribute("split_block_s", times.split.block)
        try root.setAttribute("split_uses", times.split.uses.map { Int64($0.rawValue) })
        for round in 0..<rounds(total) {
            let item = round * context.communicator.size + context.communicator.rank
            if item < total, let own = made[item] {
                let place = range(item)
                try images.write(own.images, offset: [place.lowerBound, item % channels.count, 0, 0], count: [place.count, 1, size, width])
            } else {
                try images.write([Float](), offset: [0, 0, 0, 0], count: [0, 0, 0, 0])
            }
        }
    }
}

/// Frames as the commands of this module read them.
enum GlitchArchive {
    /// - Throws: `GlitchError`, also for what a frame file does not hold as it should.
    static func open(_ inputs: [String]) throws -> ChannelArchive {
        do { return try ChannelArchive(FrameBuffer.inputs(inputs)) } catch let error as FrameError { throw GlitchError(error.description) }
    }

    /// The channels of these names, in their order.
    static func channels(_ names: [String], of archive: ChannelArchive) throws -> [ChannelArchive.Channel] {
        try names.map { name in
            guard let channel = archive.channel(name) else {
                let known = archive.channels.prefix(5).map(\.name).joined(separator: ", ")
                throw GlitchError("frames: found no channel \(name), wanted one of theirs: \(known)\(archive.channels.count > 5 ? ", …" : "")")
            }
            return channel
        }
    }
}
