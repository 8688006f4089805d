/// The memory bandwidth that a kernel is held against: STREAM's triad a = b + s c (McCalpin 1995), on one core.
enum Triad {
    /// GB/s over three arrays of doubles of together `bytes`, counted as 24 bytes an element.
    static func gigabytes(bytes: Int) -> Double {
        let count = max(64, bytes / 24)
        let arrays = (0..<3).map { _ in UnsafeMutablePointer<Double>.allocate(capacity: count) }
        defer { arrays.forEach { $0.deallocate() } }
        for array in arrays { array.initialize(repeating: 1, count: count) }
        let (a, b, c) = (arrays[0], arrays[1], arrays[2])
        let seconds = Stopwatch.time(calls: max(2, 40_000_000 / count)) {
            for i in 0..<count { a[i] = b[i].addingProduct(0.3, c[i]) }
            swap(a, b)
        }
        return 24 * Double(count) / seconds * 1e-9
    }

    /// Keeps the compiler from doing a loop's work once for all calls.
    @inline(never)
    private static func swap(_ a: UnsafeMutablePointer<Double>, _ b: UnsafeMutablePointer<Double>) {
        (a[0], b[0]) = (b[0], a[0])
    }
}
