/// The zero-suppressing compression of 2, 4 and 8-byte words (LIGO-T970130, appendix B; FrameL and frameCPP agree on the stream).
///
/// First differences, in blocks: the block length in 16 bits, then for every block the bits of a value less one (in 4, 5 or 6 bits)
/// and its values, each raised by 2^(bits-1) - 1; one bit means a block of zeros without values. The first bit is the lowest.
enum ZeroSuppression {
    private static func headerBits<W: FixedWidthInteger>(_: W.Type) -> Int { W.bitWidth == 16 ? 4 : W.bitWidth == 32 ? 5 : 6 }
    private static func blockLength<W: FixedWidthInteger>(_: W.Type) -> Int { W.bitWidth == 16 ? 12 : 8 }

    /// Fills `out` from `source`; false if the stream is too short for it or its block length is zero.
    static func expand<W: FixedWidthInteger & UnsignedInteger>(_ source: UnsafeRawBufferPointer, into out: UnsafeMutableBufferPointer<W>) -> Bool {
        guard let target = out.baseAddress, out.count > 0 else { return out.count == 0 }
        guard source.count >= 2, let input = source.baseAddress else { return false }
        // Sixteen bytes beyond the end, so that a word may be loaded at every bit.
        return withUnsafeTemporaryAllocation(byteCount: source.count + 16, alignment: 8) { padded in
            guard let base = padded.baseAddress else { return false }
            base.copyMemory(from: input, byteCount: source.count)
            (base + source.count).initializeMemory(as: UInt8.self, repeating: 0, count: 16)
            return expand(UnsafeRawPointer(base), bits: source.count * 8, target, out.count)
        }
    }

    private static func expand<W: FixedWidthInteger & UnsignedInteger>(
        _ base: UnsafeRawPointer, bits: Int, _ target: UnsafeMutablePointer<W>, _ count: Int
    ) -> Bool {
        let headerBits = headerBits(W.self)
        let block = Int(UInt16(littleEndian: base.loadUnaligned(as: UInt16.self)))
        guard block > 0 else { return false }
        var bit = 16
        var done = 0
        var sum: W = 0
        while done < count {
            guard bit &+ headerBits <= bits else { return false }
            let head = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: bit &>> 3, as: UInt64.self)) &>> UInt64(bit & 7)
            let width = Int(truncatingIfNeeded: head & (1 &<< UInt64(headerBits) &- 1)) &+ 1
            bit &+= headerBits
            let length = min(block, count &- done)
            if width == 1 {
                (target + done).initialize(repeating: sum, count: length)
            } else {
                guard length <= (bits &- bit) / width else { return false }
                let mask = UInt64.max &>> UInt64(64 &- width)
                let offset = W(truncatingIfNeeded: UInt64(1) &<< UInt64(width &- 1) &- 1)
                for index in 0..<length {
                    let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: bit &>> 3, as: UInt64.self))
                    var value = word &>> UInt64(bit & 7)
                    if W.bitWidth == 64, bit & 7 != 0 {
                        let next = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: bit &>> 3 &+ 8, as: UInt64.self))
                        value |= next &<< UInt64(64 &- (bit & 7))
                    }
                    sum &+= W(truncatingIfNeeded: value & mask) &- offset
                    target[done &+ index] = sum
                    bit &+= width
                }
            }
            done &+= length
        }
        return true
    }

    /// The stream of `words`, a whole number of words long.
    static func suppress<W: FixedWidthInteger & UnsignedInteger>(_ words: UnsafeBufferPointer<W>) -> [UInt8] {
        let headerBits = headerBits(W.self)
        let block = blockLength(W.self)
        let blocks = (words.count + block - 1) / block
        let capacity = 2 + (blocks * headerBits + words.count * W.bitWidth + 7) / 8 + W.bitWidth / 8
        return [UInt8](unsafeUninitializedCapacity: capacity + 8) { buffer, filled in
            guard let base = buffer.baseAddress else { return }
            var out = BitWriter(UnsafeMutableRawPointer(base))
            out.put(UInt64(block), 16)
            var last: W = 0
            var start = 0
            var differences = [W](repeating: 0, count: block)
            while start < words.count {
                let length = min(block, words.count - start)
                var any: W = 0
                var size: W = 0
                for index in 0..<length {
                    let word = words[start + index]
                    let difference = word &- last
                    last = word
                    differences[index] = difference
                    any |= difference
                    // Of v > 0 the bits of v - 1, of the others those of -v: the smallest n that holds -(2^(n-1) - 1) ... 2^(n-1).
                    let below = difference &- 1
                    size |= below >> W(W.bitWidth - 1) == 0 ? below : ~below
                }
                let width = any == 0 ? 1 : max(2, W.bitWidth - size.leadingZeroBitCount + 1)
                out.put(UInt64(width - 1), headerBits)
                if width > 1 {
                    let offset = W(truncatingIfNeeded: UInt64(1) << UInt64(width - 1) - 1)
                    let mask = UInt64.max >> UInt64(64 - width)
                    for index in 0..<length { out.put(UInt64(truncatingIfNeeded: differences[index] &+ offset) & mask, width) }
                }
                start += length
            }
            let bytes = out.finish()
            let padded = (bytes + W.bitWidth / 8 - 1) / (W.bitWidth / 8) * (W.bitWidth / 8)
            for index in bytes..<padded { buffer[index] = 0 }
            filled = padded
        }
    }
}

/// Writes bits, the first lowest, into memory that its user has made large enough (and eight bytes more).
private struct BitWriter {
    private let base: UnsafeMutableRawPointer
    private var bytes = 0
    private var pending: UInt64 = 0
    private var count = 0

    init(_ base: UnsafeMutableRawPointer) { self.base = base }

    /// Appends the lowest `width` bits of `value`; its other bits are zero.
    mutating func put(_ value: UInt64, _ width: Int) {
        pending |= value << UInt64(count)
        if count + width < 64 {
            count += width
            return
        }
        base.storeBytes(of: pending.littleEndian, toByteOffset: bytes, as: UInt64.self)
        bytes += 8
        let used = 64 - count
        pending = used < 64 ? value >> UInt64(used) : 0
        count = width - used
    }

    /// Bytes written in all.
    mutating func finish() -> Int {
        base.storeBytes(of: pending.littleEndian, toByteOffset: bytes, as: UInt64.self)
        return bytes + (count + 7) / 8
    }
}
