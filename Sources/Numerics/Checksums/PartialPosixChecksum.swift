/// A part of the `cksum` of a file of known length, from those of its bytes that one rank holds.
///
/// A register is linear in the bytes: that of the whole is the exclusive or of each stretch's own register times x^(8 n) modulo the polynomial, n the
/// number of bytes that follow the stretch. So every rank sums its stretches, and the sums of all ranks make the checksum, in any order.
public struct PartialPosixChecksum: Sendable {
    private let length: Int
    private var register: UInt32 = 0
    /// Bytes of the file up to the end of the last stretch.
    private var end = 0
    /// x^(8 n) for distances n that recur.
    private var powers: [Int: UInt32] = [:]

    /// - Parameter length: bytes of the whole file.
    public init(length: Int) { self.length = length }

    /// Adds the bytes at `offset`. Stretches come in rising order and lie within the file.
    public mutating func add(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        add(register: PosixChecksum.register(of: bytes), count: bytes.count, at: offset)
    }

    /// The same for `count` bytes that leave this register, from a register of zero.
    public mutating func add(register stretch: UInt32, count: Int, at offset: Int) {
        precondition(offset >= end && offset + count <= length, "stretches in rising order within the file")
        shift(offset + count - end)
        register ^= stretch
        end = offset + count
    }

    /// This rank's part, to be combined with the others' by exclusive or.
    public var part: UInt32 {
        var copy = self
        copy.shift(length - end)
        return copy.register
    }

    /// The checksum of the whole file from the parts of all ranks.
    public static func value(of parts: some Sequence<UInt32>, length: Int) -> UInt32 {
        PosixChecksum(register: parts.reduce(0, ^), length: UInt64(length)).value
    }

    private mutating func shift(_ bytes: Int) {
        guard register != 0 else { return }
        if let power = powers[bytes] {
            register = Self.product(register, power)
        } else {
            let power = Self.power(bytes)
            if powers.count < 64 { powers[bytes] = power }
            register = Self.product(register, power)
        }
    }

    /// x^(8 n) modulo the polynomial.
    private static func power(_ bytes: Int) -> UInt32 {
        var result: UInt32 = 1, square: UInt32 = 0x100
        var rest = bytes
        while rest > 0 {
            if rest & 1 == 1 { result = product(result, square) }
            square = product(square, square)
            rest >>= 1
        }
        return result
    }

    /// a b modulo the polynomial, bit i the coefficient of x^i.
    private static func product(_ a: UInt32, _ b: UInt32) -> UInt32 {
        var sum: UInt32 = 0, shifted = a, rest = b
        while rest != 0 {
            if rest & 1 == 1 { sum ^= shifted }
            shifted = shifted << 1 ^ (shifted >> 31 == 1 ? 0x04c1_1db7 : 0)
            rest >>= 1
        }
        return sum
    }
}
