import MessagePassing
import Numerics

/// The metrics of a batch: exact sums over all shards of all ranks. Nothing is allocated after `init`.
final class MetricSum {
    /// Where the objective writes one shard's metrics.
    let values: UnsafeMutablePointer<Double>
    /// Means over the batch, after `finish`.
    let means: UnsafeMutableBufferPointer<Double>
    private let count: Int
    private let sums: UnsafeMutablePointer<ExactSum>
    private let limbs: UnsafeMutableBufferPointer<Int64>
    private let request: PersistentRequest

    private static let width = SIMD8<Int64>.scalarCount

    init(count: Int, communicator: Communicator) throws {
        self.count = count
        values = .allocate(capacity: count)
        values.initialize(repeating: 0, count: count)
        means = .allocate(capacity: count)
        means.initialize(repeating: .nan)
        sums = .allocate(capacity: count)
        sums.initialize(repeating: ExactSum(), count: count)
        limbs = .allocate(capacity: count * Self.width)
        limbs.initialize(repeating: 0)
        request = try communicator.makeAllReduce(limbs, .sum)
    }

    deinit {
        values.deallocate()
        means.deallocate()
        sums.deallocate()
        limbs.deallocate()
    }

    /// Begins a batch. *Not collective.*
    func begin() {
        for k in 0..<count { sums[k] = ExactSum() }
    }

    /// Adds the shard in `values`. *Not collective.*
    func add() {
        for k in 0..<count { sums[k].add(values[k]) }
    }

    /// Starts the sum over the ranks. *Collective.*
    func start() throws {
        for k in 0..<count {
            let own = sums[k].limbs
            for j in 0..<Self.width { limbs[k * Self.width + j] = own[j] }
        }
        try request.start()
    }

    /// Waits for it, and divides by the number of shards. *Collective.*
    func finish(terms: Int) throws {
        try request.wait()
        for k in 0..<count {
            var total = SIMD8<Int64>.zero
            for j in 0..<Self.width { total[j] = limbs[k * Self.width + j] }
            means[k] = ExactSum(limbs: total).value / Double(terms)
        }
    }
}
