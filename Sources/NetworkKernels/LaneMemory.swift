import Numerics

/// Memory for activations.
public enum LaneMemory {
    /// Room for `count` lanes, not initialised, on huge pages where it is large; `deallocate()` gives it back.
    public static func allocate(lanes count: Int) -> UnsafeMutablePointer<Lane> {
        let lanes = max(1, count)
        return LargeMemory.allocate(byteCount: lanes * MemoryLayout<Lane>.stride, alignment: MemoryLayout<Lane>.alignment)
            .bindMemory(to: Lane.self, capacity: lanes)
    }
}
