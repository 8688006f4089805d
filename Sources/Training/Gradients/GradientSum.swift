import MessagePassing
import Networks

/// The exact sum of the shards' gradients over all ranks, communicated while the last shard is still computing.
///
/// Buckets of the integer sums are cut from the end of the parameter vector, the order in which a backward pass
/// finishes, and each is reduced by a non-blocking all-reduce as soon as this rank's last shard has filled it.
/// Buckets start in the same order on every rank. Nothing is allocated after `init`.
final class GradientSum {
    private let fixedPoint: FixedPoint
    private let tensors: [Range<Int>]
    /// Names of the tensors that hold any numbers.
    let names: [String]
    private let shardsPerBatch: Int
    private let sums: UnsafeMutableBufferPointer<Int64>
    /// The exponent of each tensor, a function of what all ranks know.
    let exponents: UnsafeMutableBufferPointer<Int32>
    /// Bits of the largest magnitude of each tensor over all shards, and one more word for the caller.
    let maxima: UnsafeMutableBufferPointer<UInt32>

    private struct Bucket {
        let range: Range<Int>
        let request: PersistentRequest
        var missing: Int
    }
    private var buckets: [Bucket] = []
    private let maximaRequest: PersistentRequest
    private var started = 0
    private var finished = 0
    private(set) var failure: (any Error)?

    init(
        layout: ParameterLayout, shardsPerBatch: Int, communicator: Communicator, bucketElements: Int, headroomBits: Int
    ) throws {
        fixedPoint = FixedPoint(terms: shardsPerBatch, headroomBits: headroomBits)
        let filled = layout.tensors.filter { !$0.range.isEmpty }
        tensors = filled.map(\.range)
        names = filled.map(\.name)
        self.shardsPerBatch = shardsPerBatch
        sums = .allocate(capacity: max(layout.count, 1))
        sums.initialize(repeating: 0)
        exponents = .allocate(capacity: tensors.count)
        exponents.initialize(repeating: FixedPoint.unknown)
        maxima = .allocate(capacity: tensors.count + 1)
        maxima.initialize(repeating: 0)
        maximaRequest = try communicator.makeAllReduce(maxima, .max)
        var end = layout.count
        while end > 0 {
            let start = max(0, end - bucketElements)
            let part = UnsafeMutableBufferPointer(rebasing: sums[start..<end])
            buckets.append(Bucket(range: start..<end, request: try communicator.makeAllReduce(part, .sum), missing: 0))
            end = start
        }
    }

    deinit {
        sums.deallocate()
        exponents.deallocate()
        maxima.deallocate()
    }

    /// The word of `maxima` that is the caller's.
    var sharedWord: UInt32 {
        get { maxima[tensors.count] }
        set { maxima[tensors.count] = newValue }
    }

    /// Begins a batch. *Not collective.*
    func begin() {
        maxima.update(repeating: 0)
        for k in buckets.indices { buckets[k].missing = buckets[k].range.count }
        started = 0
        finished = 0
        failure = nil
    }

    /// Takes the finished part `range` of a shard's gradient. *Not collective,* but every rank's last shard starts
    /// the same reductions in the same order.
    ///
    /// - `first`, `last`: whether this is the rank's first, or last, shard of the batch.
    func take(_ range: Range<Int>, of gradient: UnsafePointer<Float>, first: Bool, last: Bool) {
        var start = range.lowerBound
        var tensor = indexOfTensor(containing: start)
        while start < range.upperBound {
            let end = min(range.upperBound, tensors[tensor].upperBound)
            let largest = FixedPoint.quantise(
                gradient + start, into: sums.baseAddress.unsafelyUnwrapped + start, count: end - start,
                scale: FixedPoint.scale(exponents[tensor]), adding: !first)
            maxima[tensor] = max(maxima[tensor], largest)
            start = end
            tensor += 1
        }
        guard last else { return }
        for k in started..<buckets.count {
            buckets[k].missing -= buckets[k].range.clamped(to: range).count
        }
        do {
            while started < buckets.count, buckets[started].missing == 0 { try startNext() }
            // Few MPI libraries progress by themselves.
            while finished < started, try buckets[finished].request.test() { finished += 1 }
        } catch {
            failure = failure ?? error
        }
    }

    /// Declares this rank's share zero: it has no shard in the batch. *Not collective.*
    func takeNothing() {
        sums.update(repeating: 0)
    }

    /// Starts what has not been started yet. *Collective.*
    func startRest() throws {
        if let failure { throw failure }
        while started < buckets.count { try startNext() }
        try maximaRequest.start()
    }

    /// Waits for all sums. *Collective.*
    func finish() throws {
        for k in finished..<buckets.count { try buckets[k].request.wait() }
        finished = buckets.count
        try maximaRequest.wait()
    }

    /// The first tensor with a gradient that was not finite: on this rank before `finish`, on some rank after it.
    var indexOfTensorNotFinite: Int? { tensors.indices.first { FixedPoint.isNotFinite(maxima[$0]) } }

    /// Whether some shard's gradient did not fit its scale, after `finish`: the sums are then worthless.
    var overflowed: Bool {
        tensors.indices.contains { fixedPoint.overflows(magnitude: maxima[$0], exponent: exponents[$0]) }
    }

    /// Sets the scales by the magnitudes just seen.
    func adoptScales() {
        for k in tensors.indices {
            exponents[k] = fixedPoint.exponent(forMagnitude: maxima[k], previous: exponents[k])
        }
    }

    /// Writes the mean gradient over the batch, after `finish`. *Not collective.*
    func restoreMean(into gradient: UnsafeMutablePointer<Float>) {
        for (k, range) in tensors.enumerated() {
            let scale = FixedPoint.scale(exponents[k])
            FixedPoint.restore(
                sums.baseAddress.unsafelyUnwrapped + range.lowerBound, into: gradient + range.lowerBound, count: range.count,
                factor: scale == 0 ? 0 : 1 / (scale * Double(shardsPerBatch)))
        }
    }

    private func startNext() throws {
        try buckets[started].request.start()
        started += 1
    }

    /// Tensors lie one after the other, so the first that ends after `position` holds it.
    private func indexOfTensor(containing position: Int) -> Int {
        var low = 0
        var high = tensors.count
        while low < high {
            let middle = (low + high) / 2
            if tensors[middle].upperBound <= position { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
