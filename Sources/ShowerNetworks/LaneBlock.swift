import NetworkKernels
import Numerics

/// Lanes that live as long as their owner; not initialised.
final class LaneBlock {
    let lanes: UnsafeMutablePointer<Lane>
    let count: Int

    init(_ count: Int) {
        self.count = count
        lanes = LaneMemory.allocate(lanes: count)
    }

    deinit { lanes.deallocate() }
}

/// Bits of a dropout.
final class MaskBlock {
    let words: UnsafeMutablePointer<UInt16>

    init(_ count: Int) { words = .allocate(capacity: max(1, count)) }

    deinit { words.deallocate() }
}
