/// The checksum of POSIX `cksum`: CRC-32 with polynomial 0x04C11DB7, most significant bit first, then the length, complemented
/// (IEEE Std 1003.1, `cksum`). Frame files (LIGO-T970130) and the metadata of lattice configurations (QCDml) use it.
public struct PosixChecksum: Sendable {
    private var state: UInt32 = 0
    private var length: UInt64 = 0

    /// Sixteen tables of 256: table k advances a byte over k more bytes of zero.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 16 * 256)
        for byte in 0..<256 {
            var value = UInt32(byte) << 24
            for _ in 0..<8 { value = value << 1 ^ (value >> 31 == 1 ? 0x04c1_1db7 : 0) }
            tables[byte] = value
        }
        for index in 256..<16 * 256 {
            let before = tables[index - 256]
            tables[index] = before << 8 ^ tables[Int(before >> 24)]
        }
        return tables
    }()

    public init() {}

    public static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var checksum = PosixChecksum()
        checksum.update(bytes)
        return checksum.value
    }

    public static func of(_ bytes: some Sequence<UInt8>) -> UInt32 { Array(bytes).withUnsafeBytes { of($0) } }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        length &+= UInt64(bytes.count)
        state = Self.tables.withUnsafeBufferPointer { tables in
            guard let table = tables.baseAddress, let base = bytes.baseAddress else { return state }
            return Self.advance(state, base, bytes.count, table)
        }
    }

    public var value: UInt32 {
        var rest = length
        var state = state
        while rest != 0 {
            state = state << 8 ^ Self.tables[Int(state >> 24 ^ UInt32(rest & 0xff))]
            rest >>= 8
        }
        return ~state
    }

    /// The register after these bytes from a register of zero: what `PartialPosixChecksum` puts together.
    static func register(of bytes: UnsafeRawBufferPointer) -> UInt32 {
        var checksum = PosixChecksum()
        checksum.update(bytes)
        return checksum.state
    }

    /// The checksum of `length` bytes that leave this register.
    init(register: UInt32, length: UInt64) {
        state = register
        self.length = length
    }

    private static func advance(
        _ start: UInt32, _ base: UnsafeRawPointer, _ count: Int, _ table: UnsafePointer<UInt32>
    ) -> UInt32 {
        var state = start
        var at = 0
        while at &+ 16 <= count {
            let first = base.loadUnaligned(fromByteOffset: at, as: UInt64.self).bigEndian ^ UInt64(state) << 32
            let second = base.loadUnaligned(fromByteOffset: at &+ 8, as: UInt64.self).bigEndian
            var high: UInt32 = 0
            var low: UInt32 = 0
            for byte in 0..<8 {
                let shift = UInt64(56 &- 8 &* byte)
                high ^= table[(15 &- byte) &* 256 &+ Int(truncatingIfNeeded: first &>> shift & 0xff)]
                low ^= table[(7 &- byte) &* 256 &+ Int(truncatingIfNeeded: second &>> shift & 0xff)]
            }
            state = high ^ low
            at &+= 16
        }
        while at < count {
            let byte = UInt32(base.load(fromByteOffset: at, as: UInt8.self))
            state = state &<< 8 ^ table[Int(truncatingIfNeeded: state &>> 24 ^ byte)]
            at &+= 1
        }
        return state
    }
}
