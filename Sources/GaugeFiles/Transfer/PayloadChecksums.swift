import CDeflate
import MessagePassing
import Numerics

/// The checksums that formats keep of their payload, each from the sites that a rank holds, then of all ranks together.
///
/// All are sums or exclusive ors over sites or words, so they do not depend on the cut. POSIX `cksum` is of every payload, the others of the formats
/// that keep them, and zero elsewhere.
public struct PayloadChecksums: Hashable, Sendable {
    /// SciDAC: exclusive or of crc32(site) rotated by the site's number modulo 29 and 31.
    public let scidac: SIMD2<UInt32>
    /// NERSC: sum of all 32-bit words modulo 2^32, in the file's order of bytes.
    public let nersc: UInt32
    /// MILC: exclusive or of the 32-bit words rotated by their number modulo 29 and 31, in the file's order of bytes.
    public let milc: SIMD2<UInt32>
    /// POSIX `cksum` of the payload: QCDml's crcCheckSum.
    public let posix: UInt32
    public let bytes: Int

    /// - Parameters:
    ///   - buffer: this rank's sites one after the other, as in the file.
    ///   - sites: their numbers in the file, rising.
    ///   - format: the file's; nil for a field in records of our own, which keep SciDAC's checksum.
    ///
    /// *Collective.*
    init(
        _ buffer: UnsafeRawBufferPointer, sites: [Int], siteBytes: Int, siteCount: Int, isBigEndian: Bool, format: GaugeFormat?, communicator: Communicator
    ) throws {
        var scidac = SIMD2<UInt32>.zero, milc = SIMD2<UInt32>.zero, sum: UInt32 = 0
        switch format {
        case .ildg, .scidac, nil: scidac = Self.scidac(buffer, sites, siteBytes)
        case .nersc: sum = Self.sum(buffer, isBigEndian: isBigEndian)
        case .milc: milc = Self.milc(buffer, sites, siteBytes, isBigEndian: isBigEndian)
        case .openqcd: break
        }
        let posix = Self.posix(buffer, sites, siteBytes, length: siteBytes * siteCount)
        let all = try communicator.allGather([scidac.x, scidac.y, milc.x, milc.y, sum, posix.part])
        func combined(_ k: Int) -> UInt32 { all.reduce(0) { $0 ^ $1[k] } }
        self.scidac = SIMD2(combined(0), combined(1))
        self.milc = SIMD2(combined(2), combined(3))
        nersc = all.reduce(0) { $0 &+ $1[4] }
        self.posix = PartialPosixChecksum.value(of: all.map { $0[5] }, length: siteBytes * siteCount)
        bytes = siteBytes * siteCount
    }

    private static func scidac(_ buffer: UnsafeRawBufferPointer, _ sites: [Int], _ siteBytes: Int) -> SIMD2<UInt32> {
        var result = SIMD2<UInt32>.zero
        guard let base = buffer.baseAddress else { return result }
        for (slot, site) in sites.enumerated() {
            let crc = libdeflate_crc32(0, base + slot &* siteBytes, siteBytes)
            result ^= SIMD2(rotate(crc, site % 29), rotate(crc, site % 31))
        }
        return result
    }

    private static func sum(_ buffer: UnsafeRawBufferPointer, isBigEndian: Bool) -> UInt32 {
        var result: UInt32 = 0
        for at in stride(from: 0, to: buffer.count, by: 4) {
            let stored = buffer.loadUnaligned(fromByteOffset: at, as: UInt32.self)
            result &+= isBigEndian ? UInt32(bigEndian: stored) : UInt32(littleEndian: stored)
        }
        return result
    }

    private static func milc(_ buffer: UnsafeRawBufferPointer, _ sites: [Int], _ siteBytes: Int, isBigEndian: Bool) -> SIMD2<UInt32> {
        var result = SIMD2<UInt32>.zero
        let words = siteBytes / 4
        for (slot, site) in sites.enumerated() {
            var (by29, by31) = (site * words % 29, site * words % 31)
            for at in stride(from: slot * siteBytes, to: (slot + 1) * siteBytes, by: 4) {
                let stored = buffer.loadUnaligned(fromByteOffset: at, as: UInt32.self)
                let word = isBigEndian ? UInt32(bigEndian: stored) : UInt32(littleEndian: stored)
                result ^= SIMD2(rotate(word, by29), rotate(word, by31))
                by29 = by29 == 28 ? 0 : by29 &+ 1
                by31 = by31 == 30 ? 0 : by31 &+ 1
            }
        }
        return result
    }

    /// Sites that follow each other in the file are one stretch.
    private static func posix(_ buffer: UnsafeRawBufferPointer, _ sites: [Int], _ siteBytes: Int, length: Int) -> PartialPosixChecksum {
        var sum = PartialPosixChecksum(length: length)
        var first = 0
        while first < sites.count {
            var end = first + 1
            while end < sites.count, sites[end] == sites[end - 1] + 1 { end += 1 }
            let stretch = UnsafeRawBufferPointer(rebasing: buffer[first * siteBytes..<end * siteBytes])
            sum.add(register: ReflectedChecksum.posixRegister(of: stretch), count: stretch.count, at: sites[first] * siteBytes)
            first = end
        }
        return sum
    }

    private static func rotate(_ word: UInt32, _ by: Int) -> UInt32 { by == 0 ? word : word << UInt32(by) | word >> UInt32(32 - by) }
}

/// POSIX's `cksum` takes the most significant bit of a byte first, libdeflate's crc32 the least: the same polynomial, so that bytes turned around give a
/// register turned around, at the speed of carry-less multiplication.
enum ReflectedChecksum {
    private static let chunk = 1 << 14

    /// The register of POSIX's checksum after these bytes, from a register of zero.
    static func posixRegister(of bytes: UnsafeRawBufferPointer) -> UInt32 {
        var register: UInt32 = 0
        withUnsafeTemporaryAllocation(byteCount: chunk, alignment: 64) { turned in
            guard let base = bytes.baseAddress, let space = turned.baseAddress else { return }
            var at = 0
            while at < bytes.count {
                let count = min(chunk, bytes.count - at)
                turn(base + at, count, into: space)
                // crc32 complements its register before and after.
                register = ~libdeflate_crc32(~register, space, count)
                at += count
            }
        }
        return reversed(register)
    }

    /// Each byte with its bits in the opposite order.
    private static func turn(_ bytes: UnsafeRawPointer, _ count: Int, into out: UnsafeMutableRawPointer) {
        var k = 0
        while k &+ 64 <= count {
            // Eight bytes a word: what a shift moves into the next byte is masked away.
            var x = (bytes + k).loadUnaligned(as: SIMD8<UInt64>.self)
            x = ((x &>> 4) & 0x0f0f_0f0f_0f0f_0f0f) | ((x & 0x0f0f_0f0f_0f0f_0f0f) &<< 4)
            x = ((x &>> 2) & 0x3333_3333_3333_3333) | ((x & 0x3333_3333_3333_3333) &<< 2)
            x = ((x &>> 1) & 0x5555_5555_5555_5555) | ((x & 0x5555_5555_5555_5555) &<< 1)
            (out + k).storeBytes(of: x, as: SIMD8<UInt64>.self)
            k &+= 64
        }
        while k < count {
            let word = UInt32((bytes + k).load(as: UInt8.self))
            (out + k).storeBytes(of: UInt8(truncatingIfNeeded: reversed(word) >> 24), as: UInt8.self)
            k &+= 1
        }
    }

    private static func reversed(_ word: UInt32) -> UInt32 {
        var x = word
        x = (x & 0x5555_5555) << 1 | (x >> 1) & 0x5555_5555
        x = (x & 0x3333_3333) << 2 | (x >> 2) & 0x3333_3333
        x = (x & 0x0f0f_0f0f) << 4 | (x >> 4) & 0x0f0f_0f0f
        return x.byteSwapped
    }
}

extension UInt32 {
    /// Lower-case hexadecimal digits without leading zeros.
    var hexadecimal: String { String(self, radix: 16) }
}
