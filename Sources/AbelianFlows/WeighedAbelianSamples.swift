import AbelianFields
import Batch
import Flows
import Numerics

/// Weighed samples of U(1), and the observables of the Markov chain that they make.
struct WeighedAbelianSamples {
    let samples: WeighedSamples
    let table: AbelianTable
    private let exact: Double

    /// - Parameter series: of the samples.
    /// - Throws: for fewer samples than their errors want.
    init(logWeights: [Double], series: AbelianSeries, settings: AbelianSettings, seed: UInt64) throws {
        samples = try WeighedSamples(logWeights: logWeights, seed: seed)
        var chained = AbelianSeries(loopCount: series.loopCount, hasPolyakov: false)
        for index in samples.metropolis.chain { chained.append(series[index]) }
        table = try AbelianTable(replicas: [chained], beta: settings.beta, extents: settings.extents)
        exact = ExactAbelian(beta: settings.beta, volume: settings.volume).logPartition
    }

    /// Into the summary, and a line for each observable into the log.
    func report(_ context: JobContext) {
        samples.report(context, exactLogPartition: exact)
        context.summary.set(table)
        for row in table.rows { context.log.info("  \(row.description)") }
    }
}
