/// Loops over words of memory in place: byte order, running sums and differences.
enum Words {
    private static func swap<W: FixedWidthInteger>(_ bytes: UnsafeMutableRawBufferPointer, _: W.Type) {
        let words = bytes.bindMemory(to: W.self)
        for index in 0..<words.count { words[index] = words[index].byteSwapped }
    }

    /// Turns the bytes of every word around.
    static func swapOrder(_ bytes: UnsafeMutableRawBufferPointer, wordSize: Int) {
        switch wordSize {
        case 2: swap(bytes, UInt16.self)
        case 4: swap(bytes, UInt32.self)
        case 8: swap(bytes, UInt64.self)
        default: break
        }
    }

    private static func interleave<W: FixedWidthInteger>(_ bytes: UnsafeMutableRawBufferPointer, _: W.Type) {
        let words = bytes.bindMemory(to: W.self)
        let planar = Array(words)
        for index in 0..<words.count / 2 {
            words[2 * index] = planar[index]
            words[2 * index + 1] = planar[words.count / 2 + index]
        }
    }

    /// Makes pairs of the first and the second half.
    static func interleave(_ bytes: UnsafeMutableRawBufferPointer, wordSize: Int) {
        if wordSize == 4 { interleave(bytes, UInt32.self) } else { interleave(bytes, UInt64.self) }
    }

    private static func integrate<W: FixedWidthInteger>(_ bytes: UnsafeMutableRawBufferPointer, _: W.Type) {
        let words = bytes.bindMemory(to: W.self)
        var sum: W = 0
        for index in 0..<words.count {
            sum &+= words[index]
            words[index] = sum
        }
    }

    /// Replaces differences by their running sums, modulo the width of a word.
    static func integrate(_ bytes: UnsafeMutableRawBufferPointer, wordSize: Int) {
        switch wordSize {
        case 1: integrate(bytes, UInt8.self)
        case 2: integrate(bytes, UInt16.self)
        case 4: integrate(bytes, UInt32.self)
        case 8: integrate(bytes, UInt64.self)
        default: break
        }
    }

    private static func differentiate<W: FixedWidthInteger>(_ bytes: UnsafeMutableRawBufferPointer, _: W.Type) {
        let words = bytes.bindMemory(to: W.self)
        var last: W = 0
        for index in 0..<words.count {
            let word = words[index]
            words[index] = word &- last
            last = word
        }
    }

    /// The inverse of `integrate`.
    static func differentiate(_ bytes: UnsafeMutableRawBufferPointer, wordSize: Int) {
        switch wordSize {
        case 1: differentiate(bytes, UInt8.self)
        case 2: differentiate(bytes, UInt16.self)
        case 4: differentiate(bytes, UInt32.self)
        case 8: differentiate(bytes, UInt64.self)
        default: break
        }
    }
}
