extension ExactSum {
    /// Adds every term of an array: the same bits as `add` one by one, about twenty times as fast while |x| < 2^10.
    ///
    /// Adding 1.5 x 2^12 to x, and 1.5 x 2^-12 to what that rounded off, leaves x in units of 2^-40 and the rest in units of 2^-64
    /// in the low bits of the two sums, which are then added as integers. Splitting at an even multiple of 2^-64 keeps
    /// the rounding that of `add`.
    public mutating func add(contentsOf terms: UnsafeBufferPointer<Double>) {
        guard let base = terms.baseAddress else { return }
        // 2^12 terms of at most 2^50 + 1 units stay within 2^63.
        let chunk = 4096 * laneWidth
        let whole = terms.count / laneWidth * laneWidth
        var start = 0
        while start < whole {
            let count = min(chunk, whole - start)
            if !addSmall(base + start, lanes: count / laneWidth) {
                for i in start..<(start + count) { add(base[i]) }
            }
            start += count
        }
        for i in whole..<terms.count { add(base[i]) }
    }

    /// Adds every term of an array.
    public mutating func add(contentsOf terms: [Double]) {
        terms.withUnsafeBufferPointer { add(contentsOf: $0) }
    }

    /// False, with nothing added, where a term is not below 2^10 in magnitude.
    private mutating func addSmall(_ base: UnsafePointer<Double>, lanes: Int) -> Bool {
        typealias Words = SIMD16<Int64>
        let coarse = DoubleLane(repeating: 0x1.8p12)
        let fine = DoubleLane(repeating: 0x1.8p-12)
        let coarseBits = unsafeBitCast(coarse, to: Words.self)
        let fineBits = unsafeBitCast(fine, to: Words.self)
        let limit = Words(repeating: Int64(bitPattern: 1024.0.bitPattern))
        var coarseSum = Words(repeating: 0)
        var fineSum = Words(repeating: 0)
        var largest = Words(repeating: 0)
        for i in 0..<lanes {
            let x = UnsafeRawPointer(base + i * laneWidth).loadUnaligned(as: DoubleLane.self)
            let high = x + coarse
            let low = (x - (high - coarse)) + fine
            coarseSum &+= unsafeBitCast(high, to: Words.self) &- coarseBits
            fineSum &+= unsafeBitCast(low, to: Words.self) &- fineBits
            let magnitude = unsafeBitCast(x, to: Words.self) & Words(repeating: .max)
            largest = largest.replacing(with: magnitude, where: magnitude .> largest)
        }
        if any(largest .>= limit) { return false }
        for l in 0..<laneWidth {
            add(units: Int128(coarseSum[l]) << 24 + Int128(fineSum[l]))
        }
        return true
    }
}
