import MessagePassing

/// Statistics of batch normalisations as means over shards, whichever ranks compute them.
public enum ShardStatistics {
    /// Means and variances of each normalisation, `[normalisation][channel]`. *Collective;* the same bits on any number of ranks.
    /// - Parameters:
    ///   - widths: channels of each normalisation.
    ///   - row: a shard's statistics, all means and then all variances; it is asked of one rank.
    public static func mean(
        widths: [Int], shards: Int, communicator: Communicator, _ row: (Int) throws -> [Double]
    ) throws -> (means: [[Float]], variances: [[Float]]) {
        let width = 2 * widths.reduce(0, +)
        guard width > 0, shards > 0 else { return ([], []) }
        var rows = [Double](repeating: 0, count: shards * width)
        try communicator.agree {
            for shard in stride(from: communicator.rank, to: shards, by: communicator.size) {
                rows.replaceSubrange(shard * width..<(shard + 1) * width, with: try row(shard))
            }
        }
        // All other ranks hold zero.
        try communicator.allReduce(&rows, .sum)
        let mean = (0..<width).map { k in Float((0..<shards).reduce(0.0) { $0 + rows[$1 * width + k] } / Double(shards)) }
        var (means, variances): ([[Float]], [[Float]]) = ([], [])
        var place = 0
        for channels in widths {
            means.append(Array(mean[place..<place + channels]))
            variances.append(Array(mean[width / 2 + place..<width / 2 + place + channels]))
            place += channels
        }
        return (means, variances)
    }
}
