import Batch
import ParallelHDF5

/// Independent samples with weights: the Markov chain that they make by independence Metropolis, and what the weights are worth.
package struct WeighedSamples {
    package let weights: ImportanceWeights
    package let metropolis: IndependenceMetropolis

    /// - Parameter logWeights: -S - log q of each sample, or less the work.
    /// - Throws: `FlowError` for fewer samples than their errors want, or a weight that is not a number. *Not collective.*
    package init(logWeights: [Double], seed: UInt64) throws {
        weights = try ImportanceWeights(logWeights: logWeights)
        metropolis = try IndependenceMetropolis(logWeights: logWeights, seed: seed)
    }

    /// *Collective.*
    package func writeChain(to root: HDF5Group) throws {
        try root.write("chain", metropolis.chain.map(Int64.init)).setAttribute("meaning", "sample held by the Markov chain")
    }

    /// Into the summary, and a line into the log.
    /// - Parameter exact: log Z in closed form.
    package func report(_ context: JobContext, exactLogPartition exact: Double) {
        context.summary.set("samples", metropolis.chain.count)
        context.summary.set("acceptance", weights.acceptanceRate, error: weights.acceptanceRateError)
        context.summary.set("acceptance_of_this_chain", metropolis.acceptanceRate)
        context.summary.set("effective_sample_size", weights.effectiveSampleSize, error: weights.effectiveSampleSizeError)
        context.summary.set("log_partition", weights.logPartition, error: weights.logPartitionError)
        context.summary.set("log_partition_exact", exact)
        context.summary.set("log_weight_deviation", weights.deviation)
        context.summary.set("longest_rejection", metropolis.longestRejection)
        context.log.info(
            "acceptance \(Format.value(weights.acceptanceRate, error: weights.acceptanceRateError)), effective sample size \(Format.value(weights.effectiveSampleSize, error: weights.effectiveSampleSizeError)), log Z \(Format.value(weights.logPartition, error: weights.logPartitionError)), exact \(Format.fixed(exact, decimals: 6))")
    }
}
