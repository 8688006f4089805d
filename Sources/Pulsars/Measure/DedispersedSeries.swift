import MessagePassing
import PulsarKernels
import RadioStreams

/// A recording as one series, dedispersed at one dispersion measure, cleaned gulp by gulp as the search does.
enum DedispersedSeries {
    /// Numbers of the series at most; more samples are averaged by powers of two.
    static let largest = 1 << 22

    /// The mean of the kept channels times the root of their number, less each gulp's mean, and the samples that are averaged to one. Gulps are shared among the ranks. *Collective.*
    static func read(
        _ reader: any StreamReader, measure: Double, constant: DispersionConstant, cleaning: ChannelCleaning, length: Int, communicator: Communicator
    ) throws -> (series: [Float], average: Int) {
        let plan = try DispersionPlan(header: reader.header, trials: [measure], constant: constant)
        let total = reader.header.sampleCount ?? 0
        let overlap = plan.longestDelay(trial: 0)
        let usable = max(0, total - overlap)
        var average = 1
        while usable / average > largest { average *= 2 }
        let length = max(average, length / average * average)
        let gulps = usable / length + (usable % length >= average ? 1 : 0)
        var mine: [Float] = []
        try communicator.agree {
            for g in stride(from: communicator.rank, to: gulps, by: communicator.size) {
                try reader.seek(toSample: g * length)
                let gulp = Gulp(channels: reader.header.channels, length: length, overlap: overlap, startingAt: g * length)
                try gulp.fill(from: reader)
                gulp.clean(cleaning)
                mine += sum(gulp, plan, count: min(length, usable - g * length) / average * average, average: average)
            }
        }
        // Back into the order of time.
        let all = try communicator.allGather(mine)
        var places = [Int](repeating: 0, count: communicator.size)
        var series: [Float] = []
        for g in 0..<gulps {
            let owner = g % communicator.size
            let count = min(length, usable - g * length) / average
            series += all[owner][places[owner]..<min(all[owner].count, places[owner] + count)]
            places[owner] += count
        }
        return (series, average)
    }

    private static func sum(_ gulp: Gulp, _ plan: DispersionPlan, count: Int, average: Int) -> [Float] {
        let delays = gulp.kept.map { Int32(plan.delay(trial: 0, channel: $0)) }
        var sums = [Float](repeating: 0, count: count)
        guard !gulp.kept.isEmpty, count > 0 else { return [Float](repeating: 0, count: count / average) }
        for (i, delay) in delays.enumerated() {
            let column = gulp.clean + (i * gulp.stride + Int(delay))
            for t in 0..<count { sums[t] += column[t] }
        }
        let mean = Float(sums.reduce(0.0) { $0 + Double($1) } / Double(count))
        let scale = 1 / (Float(gulp.kept.count * average)).squareRoot()
        return (0..<count / average).map { k in
            var sum: Float = 0
            for t in k * average..<(k + 1) * average { sum += sums[t] - mean }
            return sum * scale
        }
    }
}
