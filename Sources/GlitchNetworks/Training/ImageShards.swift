import Glitches
import Numerics
import Training

/// Shards of images for a network: scaled, cropped out of their margins. *Not collective.*
final class ImageShards {
    let file: ImageFile
    let scaling: ImageScaling
    private let seed: UInt64
    private let settings: GlitchTrainingSettings
    /// Images for training.
    let training: [Int]
    private var order: (epoch: Int, shuffle: Shuffle)?

    init(_ file: ImageFile, scaling: ImageScaling, settings: GlitchTrainingSettings, seed: UInt64) {
        (self.file, self.scaling, self.settings, self.seed) = (file, scaling, settings, seed)
        training = file.indices(.training)
    }

    /// Means over training's triggers of the largest energy of each channel's image, the strain first: what GlitchFlow divides by.
    static func scaling(_ file: ImageFile, values: ImageValues) throws -> ImageScaling {
        let width = file.channels.count + 1
        let chosen = file.indices(.training).filter { file.isTrigger[$0] }
        guard !chosen.isEmpty else { throw GlitchError("\(file.path): found no trigger among the images for training, wanted some") }
        let scales = (0..<width).map { channel in
            max(1e-6, chosen.reduce(0) { $0 + file.maxima[$1 * width + channel] } / Double(chosen.count))
        }
        return ImageScaling(values, scales: scales)
    }

    /// The image, its shift and whether time is mirrored, for sample `lane` of a shard.
    private func draw(step: Int, shard: Int, lane: Int) -> (image: Int, shift: Int, isMirrored: Bool) {
        let global = (step * (settings.batch / laneWidth) + shard) * laneWidth + lane
        let epoch = global / training.count
        if order?.epoch != epoch { order = (epoch, Shuffle(count: training.count, seed: seed, epoch: epoch)) }
        let image = training[order?.shuffle[global % training.count] ?? 0]
        let stream = RandomStream(seed: seed, purpose: .augmentation)
        let shift =
            settings.shifts && file.margin > 0 ? Int(stream.integer(below: UInt64(2 * file.margin + 1), epoch: 0, index: UInt64(global), draw: 0)) : file.margin
        let isMirrored = settings.mirrors && stream.words(epoch: 0, index: UInt64(global), draw: 1)[0] & 1 == 1
        return (image, shift, isMirrored)
    }

    /// Fills a learner's inputs with the images of a shard of training.
    func load(step: Int, shard: Int, into images: UnsafeMutablePointer<Lane>, target: UnsafeMutablePointer<Lane>) throws {
        for lane in 0..<laneWidth {
            let (image, shift, isMirrored) = draw(step: step, shard: shard, lane: lane)
            try put(image, lane: lane, shift: shift, isMirrored: isMirrored, into: images, target: target)
        }
        scale(images, target)
    }

    /// Fills inputs with these images, uncropped at their middles; the last stands for those that are missing.
    func load(_ chosen: ArraySlice<Int>, into images: UnsafeMutablePointer<Lane>, target: UnsafeMutablePointer<Lane>) throws {
        for lane in 0..<laneWidth {
            let index = min(chosen.startIndex + lane, chosen.endIndex - 1)
            try put(chosen[index], lane: lane, shift: file.margin, isMirrored: false, into: images, target: target)
        }
        scale(images, target)
    }

    private func scale(_ images: UnsafeMutablePointer<Lane>, _ target: UnsafeMutablePointer<Lane>) {
        let sites = file.image.size * file.image.size
        scaling.scale(target, count: sites, channel: 0)
        for channel in 0..<file.channels.count { scaling.scale(images + channel * sites, count: sites, channel: channel + 1) }
    }

    private func put(
        _ image: Int, lane: Int, shift: Int, isMirrored: Bool, into images: UnsafeMutablePointer<Lane>, target: UnsafeMutablePointer<Lane>
    ) throws {
        let (size, width) = (file.image.size, file.width)
        let values = try file.read(image)
        values.withUnsafeBufferPointer { values in
            for channel in 0...file.channels.count {
                let lanes = channel == 0 ? target : images + (channel - 1) * size * size
                for row in 0..<size {
                    let from = (channel * size + row) * width + shift
                    for column in 0..<size { lanes[row * size + column][lane] = values[from + (isMirrored ? size - 1 - column : column)] }
                }
            }
        }
    }
}
