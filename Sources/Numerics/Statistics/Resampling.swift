extension Statistics {
    /// A function of the means of several series measured together, its bias removed, with the error of the jackknife over
    /// `blocks` blocks of consecutive measurements (Efron, *The Jackknife, the Bootstrap*, 1982, chapters 2 and 3).
    ///
    /// Blocks longer than the autocorrelation time make the error honest. What does not fill a block is left out, at the start.
    /// - Throws: `StatisticsError` for unequal lengths or fewer measurements than blocks.
    public static func jackknife(
        _ series: [[Double]], blocks: Int, _ f: ([Double]) -> Double
    ) throws -> Estimate {
        let means = try blockMeans(series, blocks: blocks)
        let n = Double(blocks)
        let totals = means.map { $0.reduce(0, +) }
        let whole = f(totals.map { $0 / n })
        let left = (0..<blocks).map { b in f(means.indices.map { (totals[$0] - means[$0][b]) / (n - 1) }) }
        let center = mean(left)
        let spread = left.reduce(0) { $0 + ($1 - center) * ($1 - center) }
        return Estimate(value: n * whole - (n - 1) * center, error: (spread * (n - 1) / n).squareRoot())
    }

    /// The same quantity with the error of the bootstrap: the spread over `resamples` draws, with replacement, of as many blocks
    /// as there are. The value is that of the whole sample. The same seed gives the same bits.
    /// - Throws: `StatisticsError` for unequal lengths or fewer measurements than blocks.
    public static func bootstrap(
        _ series: [[Double]], blocks: Int? = nil, resamples: Int = 1000, seed: UInt64, _ f: ([Double]) -> Double
    ) throws -> Estimate {
        let count = blocks ?? series.first?.count ?? 0
        guard resamples > 1 else { throw StatisticsError("bootstrap: \(resamples) resamples; wanted at least 2") }
        let means = try blockMeans(series, blocks: count)
        let stream = RandomStream(seed: seed, purpose: .bootstrap)
        let values = (0..<resamples).map { sample -> Double in
            var sums = [Double](repeating: 0, count: means.count)
            for i in 0..<count {
                let block = Int(stream.integer(below: UInt64(count), epoch: UInt64(sample), index: UInt64(i), draw: 0))
                for k in sums.indices { sums[k] += means[k][block] }
            }
            return f(sums.map { $0 / Double(count) })
        }
        let whole = f(means.map { $0.reduce(0, +) / Double(count) })
        return Estimate(value: whole, error: variance(values).squareRoot())
    }

    private static func blockMeans(_ series: [[Double]], blocks: Int) throws -> [[Double]] {
        guard let count = series.first?.count, series.allSatisfy({ $0.count == count }) else {
            throw StatisticsError("resampling: series of \(series.map(\.count)) measurements; wanted equal lengths")
        }
        guard blocks >= 2, count >= blocks else {
            throw StatisticsError("resampling: \(blocks) blocks of \(count) measurements; wanted at least 2 blocks, and a measurement in each")
        }
        let length = count / blocks
        let skipped = count - length * blocks
        return series.map { column in
            (0..<blocks).map { b in mean(Array(column[(skipped + b * length)..<(skipped + (b + 1) * length)])) }
        }
    }
}
