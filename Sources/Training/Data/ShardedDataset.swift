import MessagePassing
import Numerics
import ParallelHDF5

/// Samples in HDF5 datasets, read shard by shard in an order shuffled anew every epoch; no rank holds more than a shard.
///
/// The first dimension of every dataset counts samples; inputs and labels are two datasets of the same length. A shard
/// is 16 samples, and shard s of step n is a function of (seed, n, s) alone. What does not fill an epoch's last shard is
/// left out of that epoch. Contiguous 32-bit data are read straight from the file, and the kernel is told the samples of
/// the rank's next batch so that it fetches them while this one is computed; other layouts and types go through HDF5.
public final class ShardedDataset {
    /// Number of samples.
    public let count: Int
    /// Shards in an epoch.
    public let shardsPerEpoch: Int
    public let shardsPerBatch: Int
    private let seed: UInt64?
    private let rank: Int
    private let size: Int
    private let sources: [SampleSource]
    private var order: Shuffle
    private var orderEpoch = 0

    /// Takes datasets of the open file at `path` for the ranks of `communicator`. *Collective.*
    ///
    /// - `seed`: of the shuffle; nil reads in order.
    ///
    /// Throws a `TrainingError` for datasets that do not go together or hold less than one shard.
    public init(
        _ datasets: [HDF5Dataset], file path: String, shardsPerBatch: Int, seed: UInt64?, communicator: Communicator
    ) throws {
        guard let first = datasets.first, let samples = first.shape.first else {
            throw TrainingError("\(path): a data set needs at least one dataset whose first dimension counts samples")
        }
        for dataset in datasets where dataset.shape.first != samples {
            throw TrainingError(
                "\(path): \(dataset.path) has shape \(dataset.shape), wanted \(samples) samples as in \(first.path)")
        }
        guard samples >= laneWidth else {
            throw TrainingError("\(path): \(first.path) holds \(samples) samples, wanted at least the \(laneWidth) of a shard")
        }
        guard shardsPerBatch >= 1 else {
            throw TrainingError("shards per batch: found \(shardsPerBatch), wanted at least 1")
        }
        count = samples
        shardsPerEpoch = samples / laneWidth
        self.shardsPerBatch = shardsPerBatch
        self.seed = seed
        rank = communicator.rank
        size = communicator.size
        order = Shuffle(count: samples, seed: seed ?? 0, epoch: 0)
        sources = try communicator.agree { try datasets.map { try SampleSource($0, file: path) } }
    }

    /// Numbers in a sample of dataset `k`.
    public func sampleLength(_ k: Int) -> Int { sources[k].length }

    /// Lanes of dataset `k` for the shard last loaded: `[number in the sample]`, one sample in each lane element.
    public func lanes(_ k: Int) -> UnsafePointer<Lane> { UnsafePointer(sources[k].lanes) }

    /// Loads a shard of a step; the lanes stay valid until the next call. *Not collective.*
    ///
    /// On this rank's last shard of a batch it also announces the next batch to the kernel.
    public func load(step: Int, shard: Int) throws {
        for j in 0..<laneWidth {
            let sample = sample(step: step, shard: shard, j)
            for source in sources { try source.read(sample: sample, into: j) }
        }
        for source in sources { source.transpose() }
        if shard + size >= shardsPerBatch { announce(step: step + 1) }
    }

    /// Index in the datasets of sample `j` of a shard. *Not collective.*
    public func sample(step: Int, shard: Int, _ j: Int) -> Int {
        let global = step * shardsPerBatch + shard
        let position = global % shardsPerEpoch * laneWidth + j
        guard let seed else { return position }
        let epoch = global / shardsPerEpoch
        if epoch != orderEpoch {
            order = Shuffle(count: count, seed: seed, epoch: epoch)
            orderEpoch = epoch
        }
        return order[position]
    }

    private func announce(step: Int) {
        for shard in stride(from: rank, to: shardsPerBatch, by: size) {
            for j in 0..<laneWidth {
                let sample = sample(step: step, shard: shard, j)
                for source in sources { source.announce(sample: sample) }
            }
        }
    }
}
