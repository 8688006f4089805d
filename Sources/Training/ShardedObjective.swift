import Networks

/// Something to minimise, cut into shards: the mean over the shards of a batch of one function of the parameters.
///
/// A value depends on (step, shard, parameters) and nothing else. The trainer may evaluate a shard twice, and which
/// rank evaluates it is none of the objective's business.
public protocol ShardedObjective {
    /// Where each tensor lies in the flat parameter vector.
    var layout: ParameterLayout { get }
    /// Names of the values that `evaluate` writes to `metrics`; the first is the loss.
    var metricNames: [String] { get }

    /// Called once before the shards of a step, and again before a step that is redone; an objective whose shards depend on one another (by a
    /// statistic of the whole batch) does its work here, for the shards rank, rank + size, ... *Collective;* it throws the same on all ranks.
    mutating func prepare(step: Int, parameters: UnsafePointer<Float>) throws

    /// Loss and gradient of one shard (16 samples), each the mean over its samples. *Not collective.*
    ///
    /// - `shard`: place in the batch, `0..<shardsPerBatch`.
    /// - `gradient`: `layout.count` numbers, written, not added to.
    /// - `metrics`: one number for each of `metricNames`, all written before `evaluate` returns.
    /// - `ready`: to be called once for every part of the gradient, as soon as it is final; the parts cover
    ///   `0..<layout.count` once, in any order. Backward passes finish the last layers first, and their
    ///   communication starts then.
    mutating func evaluate(
        step: Int, shard: Int, parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>,
        metrics: UnsafeMutablePointer<Double>, ready: (Range<Int>) -> Void
    ) throws
}

extension ShardedObjective {
    public mutating func prepare(step: Int, parameters: UnsafePointer<Float>) throws {}
}
