import Batch
import MessagePassing

/// Shards that ranks draw in turn, put together in their order.
package enum ShardRecords {
    /// The numbers of each shard of `block`, `width` a shard, on every rank: rank r draws the shards r, r + size, … of the block. *Collective.*
    package static func gather(_ block: Range<Int>, width: Int, context: JobContext, draw: (Int) -> [Double]) throws -> [Double] {
        let communicator = context.communicator
        var mine: [Double] = []
        context.phases.measure(.compute) {
            for shard in stride(from: block.lowerBound + communicator.rank, to: block.upperBound, by: communicator.size) { mine += draw(shard) }
        }
        let all = try communicator.allGather(mine)
        var records: [Double] = []
        records.reserveCapacity(block.count * width)
        for place in 0..<block.count {
            let start = place / communicator.size * width
            records += all[place % communicator.size][start..<start + width]
        }
        return records
    }
}
