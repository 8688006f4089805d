import Glibc
import Numerics

/// Memory for activations.
public enum LaneMemory {
    /// Room for `count` lanes, not initialised; `deallocate()` gives it back.
    ///
    /// Large blocks ask for huge pages: on scattered small ones, neighbouring rows fall on the same sets of the second cache by chance
    /// and a kernel's speed changes from run to run.
    public static func allocate(lanes count: Int) -> UnsafeMutablePointer<Lane> {
        let bytes = max(1, count) * MemoryLayout<Lane>.size, hugePage = 1 << 21
        let isLarge = bytes >= hugePage / 2
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: isLarge ? (bytes + hugePage - 1) / hugePage * hugePage : bytes, alignment: isLarge ? hugePage : MemoryLayout<Lane>.alignment)
        // Advice only: where it is refused, small pages serve.
        if isLarge { _ = madvise(memory, bytes, MADV_HUGEPAGE) }
        return memory.bindMemory(to: Lane.self, capacity: max(1, count))
    }
}
