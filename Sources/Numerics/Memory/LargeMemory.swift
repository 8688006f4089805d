import Glibc

/// Memory for arrays that kernels walk through.
public enum LargeMemory {
    private static let hugePage = 1 << 21

    /// Room for `byteCount` bytes, not initialised; `deallocate()` gives it back.
    ///
    /// Large blocks ask for huge pages: scattered small ones cost a miss of the address cache for every other matrix or row, and which of
    /// them fall on the same sets of the second-level cache changes from run to run.
    public static func allocate(byteCount: Int, alignment: Int) -> UnsafeMutableRawPointer {
        let isLarge = byteCount >= hugePage / 2
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: isLarge ? (byteCount + hugePage - 1) / hugePage * hugePage : byteCount, alignment: isLarge ? hugePage : alignment)
        // Advice only: where it is refused, small pages serve.
        if isLarge { _ = madvise(memory, byteCount, MADV_HUGEPAGE) }
        return memory
    }
}
