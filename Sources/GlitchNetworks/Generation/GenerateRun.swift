import Batch
import Glitches
import MessagePassing
import Numerics
import ParallelHDF5
import Segments

/// The command `generate`: the strain's images that the witnesses make one expect, for a file of images or over frames.
///
/// Batches of sixteen times are shared among the ranks; the file is the same on any number of ranks.
public final class GenerateRun: SteppedRun {
    private enum Source {
        case file(ImageFile)
        case frames(ImageBlocks, [ChannelArchive.Channel], ChannelArchive)
    }

    package let context: JobContext
    private let settings: GenerateSettings
    private let model: GlitchModel
    private let generator: GlitchGenerator
    private let source: Source
    private let times: [GPSTime]
    private var done = 0
    /// What this rank made, by batch: images, and bit l where time l has all its data.
    private var made: [Int: (images: [Float], mask: Int)] = [:]

    /// *Collective.*
    /// - Throws: `GlitchError` where model and data do not fit.
    public init(_ context: JobContext, settings: GenerateSettings) throws {
        (self.context, self.settings) = (context, settings)
        let model = try GlitchModel(path: settings.model, communicator: context.communicator)
        self.model = model
        generator = try GlitchGenerator(model)
        (source, times) = try context.communicator.agree {
            if let path = settings.images {
                let file = try ImageFile(path)
                guard file.channels == model.channels, file.image == model.image else {
                    throw GlitchError("\(path): found images of \(file.channels), wanted those of \(settings.model): \(model.channels), made with its settings")
                }
                return (Source.file(file), file.times)
            }
            let archive = try GlitchArchive.open(settings.inputs)
            let channels = try GlitchArchive.channels(model.channels, of: archive)
            let blocks = ImageBlocks(archive, settings: model.image, margin: 0)
            return (Source.frames(blocks, channels, archive), try Self.grid(archive, settings, model.image))
        }
    }

    /// Middles of images one after the other, as far as their segments have data.
    private static func grid(_ archive: ChannelArchive, _ settings: GenerateSettings, _ image: QImageSettings) throws -> [GPSTime] {
        guard let extent = archive.extent else { throw GlitchError("generate.frames: found no time, wanted frames that hold some") }
        let begin = max(settings.start ?? extent.start, extent.start), end = min(settings.end ?? extent.end, extent.end)
        let stride = Int64(((settings.stride ?? image.duration) * 1e9).rounded())
        let half = Int64((image.duration / 2 * 1e9).rounded()), length = Int64((image.segmentDuration * 1e9).rounded())
        var times: [GPSTime] = []
        var next = begin.advanced(byNanoseconds: half)
        while next.advanced(byNanoseconds: half) <= end {
            let segment = ImageTimes.segmentStart(next, duration: image.segmentDuration)
            if segment >= extent.start, segment.advanced(byNanoseconds: length) <= extent.end { times.append(next) }
            next = next.advanced(byNanoseconds: stride)
        }
        guard !times.isEmpty else { throw GlitchError("generate: found no image between \(begin) and \(end), wanted at least one segment of \(image.segmentDuration) s") }
        return times
    }

    package var label: String { "generate" }
    package var unit: String { "batch" }
    package var position: Int { done }
    package var total: Int { (times.count + laneWidth - 1) / laneWidth }
    package var checkpoints: CheckpointPolicy {
        let data = "\(times.count) \(times.first.map(\.nanoseconds) ?? 0) \(SHA256.hexadecimal(of: model.parameters))"
        return CheckpointPolicy(
            configurationHash: SHA256.hexadecimal(of: "\(context.configuration.hash(of: ["generate"])) \(data)".utf8), every: settings.checkpointEvery, keep: 2)
    }

    private var sites: Int { model.image.size * model.image.size }
    private func range(_ batch: Int) -> Range<Int> { batch * laneWidth..<min(times.count, (batch + 1) * laneWidth) }

    package func step() throws -> [String: Double] {
        // Batch i belongs to rank i mod size, also where a run goes on that other ranks left in the middle of a round.
        let size = context.communicator.size, round = done / size * size
        let batch = round + context.communicator.rank
        try context.communicator.agree {
            guard batch >= done, batch < total else { return }
            made[batch] = try context.phases.measure(.compute) { try make(batch) }
        }
        done = min(total, round + size)
        return [:]
    }

    private func make(_ batch: Int) throws -> (images: [Float], mask: Int) {
        let place = range(batch), witnesses = model.channels.count
        var images = [Float](repeating: 0, count: place.count * witnesses * sites)
        var mask = (1 << place.count) - 1
        switch source {
        case .file(let file):
            let size = model.image.size
            for (sample, index) in place.enumerated() {
                let values = try file.read(index)
                for channel in 0..<witnesses {
                    for row in 0..<size {
                        let from = ((channel + 1) * size + row) * file.width + file.margin, to = ((sample * witnesses + channel) * size + row) * size
                        images.replaceSubrange(to..<to + size, with: values[from..<from + size])
                    }
                }
            }
        case .frames(let blocks, let channels, _):
            for (channel, archiveChannel) in channels.enumerated() {
                let part = try blocks.make(archiveChannel, at: place.map { times[$0] })
                mask &= part.mask
                for sample in 0..<place.count {
                    let to = (sample * witnesses + channel) * sites
                    images.replaceSubrange(to..<to + sites, with: part.images[sample * sites..<(sample + 1) * sites])
                }
            }
        }
        return (try generator.generate(images, count: place.count), mask)
    }

    // MARK: Checkpoints and output

    private func rounds(_ batches: Int) -> Int { (batches + context.communicator.size - 1) / context.communicator.size }

    /// Writes this rank's batches below `count` into datasets whose first dimension counts times. *Collective.*
    private func write(_ count: Int, images: HDF5Dataset, usable: HDF5Dataset) throws {
        let size = model.image.size
        for round in 0..<rounds(count) {
            let batch = round * context.communicator.size + context.communicator.rank
            if batch < count, let own = made[batch] {
                let place = range(batch)
                try images.write(own.images, offset: [place.lowerBound, 0, 0], count: [place.count, size, size])
                try usable.write(place.indices.map { UInt8(own.mask >> ($0 - place.lowerBound) & 1) }, offset: [place.lowerBound], count: [place.count])
            } else {
                try images.write([Float](), offset: [0, 0, 0], count: [0, 0, 0])
                try usable.write([UInt8](), offset: [0], count: [0])
            }
        }
    }

    package func write(to group: HDF5Group) throws {
        try group.setAttribute("batches", Int64(done))
        let count = done > 0 ? range(done - 1).upperBound : 0
        let images = try group.createDataset("strain", shape: [count, model.image.size, model.image.size], type: .float32)
        try write(done, images: images, usable: group.createDataset("usable", shape: [count], type: .uint8))
    }

    package func restore(from group: HDF5Group) throws {
        done = Int(try group.attribute("batches", as: Int64.self))
        let (images, usable) = (try group.dataset("strain"), try group.read("usable", as: UInt8.self))
        let size = model.image.size
        for round in 0..<rounds(done) {
            let batch = round * context.communicator.size + context.communicator.rank
            let place = batch < done ? range(batch) : 0..<0
            let values = try images.read(as: Float.self, offset: [place.lowerBound, 0, 0], count: place.isEmpty ? [0, 0, 0] : [place.count, size, size])
            if batch < done { made[batch] = (values, place.reduce(0) { $0 | Int(usable[$1]) << ($1 - place.lowerBound) }) }
        }
    }

    /// *Collective.*
    package func conclude() throws {
        let image = model.image
        try context.phases.measure(.io) {
            try context.writeData("generated.h5") { file in
                let root = file.root
                try root.setAttribute("format", "didymos generated glitches")
                try root.setAttribute("format_version", Int64(1))
                try root.setAttribute("strain", model.strain)
                try root.setAttribute("channels", model.channels)
                try root.setAttribute("model", settings.model)
                try image.write(to: root.createGroup("image"))
                let strain = try root.createDataset("strain", shape: [times.count, image.size, image.size], type: .float32)
                try strain.setUnits("1")
                let usable = try root.createDataset("usable", shape: [times.count], type: .uint8)
                try usable.setUnits("1 where all witnesses have data")
                let frequency = try root.write("frequency", image.rowFrequencies, units: "Hz")
                let time = try root.write("time", image.columnTimes(), units: "s")
                try frequency.makeDimensionScale("frequency")
                try time.makeDimensionScale("time")
                try strain.setDimensionLabel(0, "image")
                try strain.setDimensionScale(1, frequency, label: "frequency")
                try strain.setDimensionScale(2, time, label: "time")
                try root.write("gps_seconds", times.map(\.seconds), units: "s")
                try root.write("gps_nanoseconds", times.map { Int32(clamping: $0.remainder) }, units: "ns")
                try write(total, images: strain, usable: usable)
            }
        }
        // Each number is set by one rank.
        var largest = [Double](repeating: 0, count: times.count)
        for (batch, own) in made {
            for (sample, index) in range(batch).enumerated() { largest[index] = Double(own.images[sample * sites..<(sample + 1) * sites].reduce(0, max)) }
        }
        try context.communicator.allReduce(&largest, .sum)
        context.summary.set("images", times.count)
        context.summary.set("images_above_16", largest.count { $0 >= GlitchValidation.threshold })
        context.log.info("wrote \(context.directory.path("generated.h5")): \(times.count) images of \(model.strain)")
    }
}
