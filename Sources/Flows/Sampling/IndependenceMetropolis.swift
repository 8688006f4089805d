import Glibc
import Numerics

/// A Markov chain from independent proposals of a flow: proposal i is accepted with probability min(1, w_i / w_current), w = e^{-S}/q.
///
/// Source: Albergo, Kanwar, Shanahan, arXiv:1904.12072, section II.C. Exact for the log densities given. Sequential and cheap: every rank runs
/// it on the gathered weights and finds the same chain.
public struct IndependenceMetropolis: Sendable {
    /// The proposal that the chain holds after each step; one entry a proposal.
    public let chain: [Int]
    public let acceptedCount: Int

    /// Accepted proposals over proposals, the first apart.
    public var acceptanceRate: Double { Double(acceptedCount) / Double(max(1, chain.count - 1)) }
    /// Longest run of rejections.
    public let longestRejection: Int

    /// - Parameter logWeights: -S - log q of each proposal, in order. *Not collective.*
    /// - Throws: `FlowError` naming the first proposal whose weight is not a number.
    public init(logWeights: [Double], seed: UInt64) throws {
        guard !logWeights.isEmpty else { throw FlowError("accept/reject: no proposals") }
        if let bad = logWeights.firstIndex(where: { $0.isNaN || $0 == .infinity }) {
            throw FlowError("accept/reject: log weight of proposal \(bad) is \(logWeights[bad]), wanted a number")
        }
        let stream = RandomStream(seed: seed, purpose: .metropolis)
        var current = 0
        var accepted = 0
        var run = 0
        var longest = 0
        var chain = [0]
        chain.reserveCapacity(logWeights.count)
        for i in 1..<max(1, logWeights.count) {
            let ratio = logWeights[i] - logWeights[current]
            if ratio >= 0 || stream.uniform(epoch: 0, index: UInt64(i), draw: 0) < exp(ratio) {
                current = i
                accepted += 1
                run = 0
            } else {
                run += 1
                longest = max(longest, run)
            }
            chain.append(current)
        }
        self.chain = chain
        acceptedCount = accepted
        longestRejection = longest
    }
}

/// What importance weights say about a flow, with errors.
public struct ImportanceWeights: Sendable {
    /// Effective sample size per sample, (Σw)²/(N Σw²).
    public let effectiveSampleSize: Double
    public let effectiveSampleSizeError: Double
    /// log of the mean weight: an estimate of log Z when S is not normalised.
    public let logPartition: Double
    public let logPartitionError: Double
    /// Mean and standard deviation of -log w: the loss, and its spread.
    public let loss: Double
    public let lossError: Double
    public let deviation: Double
    /// Mean of min(1, w'/w) over all ordered pairs of different samples: the acceptance of an infinite chain.
    public let acceptanceRate: Double
    public let acceptanceRateError: Double

    /// - Parameter logWeights: -S - log q of independent samples, at least 32. *Not collective.*
    /// Errors by jackknife over 32 blocks.
    public init(logWeights: [Double]) throws {
        guard logWeights.count >= 32 else {
            throw FlowError("importance weights: \(logWeights.count) samples, wanted at least 32 for an error estimate")
        }
        let top = logWeights.max() ?? 0
        guard top.isFinite else { throw FlowError("importance weights: the largest log weight is \(top), wanted a number") }
        let blocks = 32
        // Per block: count, Σw, Σw², Σ log w.
        var sums = [SIMD4<Double>](repeating: .zero, count: blocks)
        for (i, value) in logWeights.enumerated() {
            let w = exp(value - top)
            sums[i * blocks / logWeights.count] += SIMD4(1, w, w * w, value)
        }
        let total = sums.reduce(.zero, +)
        let estimates = { (s: SIMD4<Double>) in
            SIMD3(s[1] * s[1] / (s[0] * s[2]), log(s[1] / s[0]) + top, -s[3] / s[0])
        }
        let center = estimates(total)
        var variance = SIMD3<Double>.zero
        let leaveOneOut = sums.map { estimates(total - $0) }
        let mean = leaveOneOut.reduce(.zero, +) / Double(blocks)
        for estimate in leaveOneOut { variance += (estimate - mean) * (estimate - mean) }
        variance *= Double(blocks - 1) / Double(blocks)
        effectiveSampleSize = center[0]
        effectiveSampleSizeError = variance[0].squareRoot()
        logPartition = center[1]
        logPartitionError = variance[1].squareRoot()
        loss = center[2]
        lossError = variance[2].squareRoot()
        let meanLog = total[3] / total[0]
        deviation = (logWeights.reduce(0) { $0 + ($1 - meanLog) * ($1 - meanLog) } / (total[0] - 1)).squareRoot()

        acceptanceRate = Self.pairAcceptance(logWeights)
        let blockRates = (0..<blocks).map { block -> Double in
            let lower = (block * logWeights.count + blocks - 1) / blocks
            let upper = ((block + 1) * logWeights.count + blocks - 1) / blocks
            return Self.pairAcceptance(Array(logWeights[lower..<upper]))
        }
        let blockMean = blockRates.reduce(0, +) / Double(blocks)
        let spread = blockRates.reduce(0) { $0 + ($1 - blockMean) * ($1 - blockMean) } / Double(blocks - 1)
        acceptanceRateError = (spread / Double(blocks)).squareRoot()
    }

    /// Stationary acceptance: the chain sits at i with probability ∝ w_i, so A = Σ_ij min(w_i, w_j) / (N Σ w), in N log N by sorting.
    private static func pairAcceptance(_ logWeights: [Double]) -> Double {
        let n = logWeights.count
        guard n > 1 else { return 1 }
        let sorted = logWeights.sorted()
        let top = sorted[n - 1]
        var total = 0.0
        var smaller = 0.0
        for (i, value) in sorted.enumerated() {
            let w = exp(value - top)
            total += w
            // As the smaller of a pair: with each of the n - 1 - i above it, twice for the two orders.
            smaller += 2 * w * Double(n - 1 - i)
        }
        return smaller / (Double(n - 1) * total)
    }
}
