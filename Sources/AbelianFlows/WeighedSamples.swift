import AbelianFields
import Batch
import Flows
import Numerics
import ParallelHDF5

/// Independent samples with weights: the Markov chain that they make by independence Metropolis, its observables, and what the weights are worth.
struct WeighedSamples {
    let weights: ImportanceWeights
    let metropolis: IndependenceMetropolis
    let table: AbelianTable
    private let exact: Double

    /// - Parameter series: of the samples.
    /// - Throws: for fewer samples than their errors want.
    init(logWeights: [Double], series: AbelianSeries, settings: AbelianSettings, seed: UInt64) throws {
        weights = try ImportanceWeights(logWeights: logWeights)
        metropolis = try IndependenceMetropolis(logWeights: logWeights, seed: seed)
        var chained = AbelianSeries(loopCount: series.loopCount, hasPolyakov: false)
        for index in metropolis.chain { chained.append(series[index]) }
        table = try AbelianTable(replicas: [chained], beta: settings.beta, extents: settings.extents)
        exact = ExactAbelian(beta: settings.beta, volume: settings.volume).logPartition
    }

    /// *Collective.*
    func writeChain(to root: HDF5Group) throws {
        try root.write("chain", metropolis.chain.map(Int64.init)).setAttribute("meaning", "sample held by the Markov chain")
    }

    /// Into the summary, and a line for each observable into the log.
    func report(_ context: JobContext) {
        context.summary.set("samples", metropolis.chain.count)
        context.summary.set("acceptance", weights.acceptanceRate, error: weights.acceptanceRateError)
        context.summary.set("acceptance_of_this_chain", metropolis.acceptanceRate)
        context.summary.set("effective_sample_size", weights.effectiveSampleSize, error: weights.effectiveSampleSizeError)
        context.summary.set("log_partition", weights.logPartition, error: weights.logPartitionError)
        context.summary.set("log_partition_exact", exact)
        context.summary.set("log_weight_deviation", weights.deviation)
        context.summary.set("longest_rejection", metropolis.longestRejection)
        context.summary.set(table)
        context.log.info(
            "acceptance \(Format.value(weights.acceptanceRate, error: weights.acceptanceRateError)), effective sample size \(Format.value(weights.effectiveSampleSize, error: weights.effectiveSampleSizeError)), log Z \(Format.value(weights.logPartition, error: weights.logPartitionError)), exact \(Format.fixed(exact, decimals: 6))")
        for row in table.rows { context.log.info("  \(row.description)") }
    }
}
