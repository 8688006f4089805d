/// Numbers in files: widths, signs, and which end of a byte holds the first.
package struct SampleCoding: Equatable, Sendable {
    package let bits: Int
    package let isSigned: Bool
    /// SIGPROC and PSRDADA put the first of several numbers into the least significant bits, PSRFITS into the most significant.
    package let isFirstLeast: Bool

    package init(bits: Int, isSigned: Bool, isFirstLeast: Bool = true) {
        self.bits = bits
        self.isSigned = isSigned
        self.isFirstLeast = isFirstLeast
    }

    /// The codes that the width can hold; nil for floating point.
    package var codes: ClosedRange<Float>? {
        if bits == 32 { return nil }
        let count = Float(1 << bits)
        return isSigned && bits >= 8 ? -count / 2...count / 2 - 1 : 0...count - 1
    }

    /// `count` numbers from `count * bits / 8` little-endian bytes.
    package func unpack(_ bytes: UnsafeRawPointer, count: Int, into values: UnsafeMutablePointer<Float>) {
        switch bits {
        case 8 where isSigned:
            let codes = bytes.assumingMemoryBound(to: Int8.self)
            for i in 0..<count { values[i] = Float(codes[i]) }
        case 8:
            let codes = bytes.assumingMemoryBound(to: UInt8.self)
            for i in 0..<count { values[i] = Float(codes[i]) }
        case 16 where isSigned:
            for i in 0..<count { values[i] = Float(Int16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2 &* i, as: Int16.self))) }
        case 16:
            for i in 0..<count { values[i] = Float(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2 &* i, as: UInt16.self))) }
        case 32:
            for i in 0..<count {
                values[i] = Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 &* i, as: UInt32.self)))
            }
        default:
            let codes = bytes.assumingMemoryBound(to: UInt8.self)
            let perByte = 8 / bits
            let mask = UInt8(truncatingIfNeeded: (1 << bits) - 1)
            for byte in 0..<count / perByte {
                let code = codes[byte]
                for k in 0..<perByte {
                    let shift = bits &* (isFirstLeast ? k : perByte &- 1 &- k)
                    values[byte &* perByte &+ k] = Float(code >> UInt8(truncatingIfNeeded: shift) & mask)
                }
            }
        }
    }

    /// Rounds to the nearest code, ties to even, and packs; the number of values that no code could hold (NaN becomes the lowest code).
    package func pack(_ values: UnsafePointer<Float>, count: Int, into bytes: UnsafeMutableRawPointer) -> Int {
        guard let codes else {
            for i in 0..<count { bytes.storeBytes(of: values[i].bitPattern.littleEndian, toByteOffset: 4 * i, as: UInt32.self) }
            return 0
        }
        var lost = 0
        func code(_ i: Int) -> Int32 {
            let rounded = values[i].rounded(.toNearestOrEven)
            if !(rounded >= codes.lowerBound && rounded <= codes.upperBound) { lost += 1 }
            return Int32(rounded > codes.lowerBound ? min(rounded, codes.upperBound) : codes.lowerBound)
        }
        switch bits {
        case 8:
            for i in 0..<count { bytes.storeBytes(of: UInt8(truncatingIfNeeded: code(i)), toByteOffset: i, as: UInt8.self) }
        case 16:
            for i in 0..<count {
                bytes.storeBytes(of: UInt16(truncatingIfNeeded: code(i)).littleEndian, toByteOffset: 2 * i, as: UInt16.self)
            }
        default:
            let perByte = 8 / bits
            for byte in 0..<count / perByte {
                var packed: UInt8 = 0
                for k in 0..<perByte {
                    let shift = bits * (isFirstLeast ? k : perByte - 1 - k)
                    packed |= UInt8(truncatingIfNeeded: code(byte * perByte + k)) << UInt8(truncatingIfNeeded: shift)
                }
                bytes.storeBytes(of: packed, toByteOffset: byte, as: UInt8.self)
            }
        }
        return lost
    }
}
