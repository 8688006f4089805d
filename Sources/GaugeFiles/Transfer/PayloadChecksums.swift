import CZlib
import MessagePassing
import Numerics

/// The checksums that formats keep of their payload, each from the sites that a rank holds, then of all ranks together.
///
/// All are sums or exclusive ors over sites or words, so they do not depend on the cut.
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
    ///
    /// *Collective.*
    init(
        _ buffer: UnsafeRawBufferPointer, sites: [Int], siteBytes: Int, siteCount: Int, isBigEndian: Bool, communicator: Communicator
    ) throws {
        var scidac = SIMD2<UInt32>.zero, milc = SIMD2<UInt32>.zero, sum: UInt32 = 0
        var posix = PartialPosixChecksum(length: siteBytes * siteCount)
        let words = siteBytes / 4
        for (slot, site) in sites.enumerated() {
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[slot * siteBytes..<(slot + 1) * siteBytes])
            guard let base = bytes.baseAddress else { continue }
            let crc = UInt32(truncatingIfNeeded: crc32(0, base.assumingMemoryBound(to: UInt8.self), UInt32(siteBytes)))
            scidac ^= SIMD2(Self.rotate(crc, site % 29), Self.rotate(crc, site % 31))
            posix.add(bytes, at: site * siteBytes)
            for k in 0..<words {
                let stored = base.loadUnaligned(fromByteOffset: 4 * k, as: UInt32.self)
                let word = isBigEndian ? UInt32(bigEndian: stored) : UInt32(littleEndian: stored)
                sum &+= word
                let index = site * words + k
                milc ^= SIMD2(Self.rotate(word, index % 29), Self.rotate(word, index % 31))
            }
        }
        let all = try communicator.allGather([scidac.x, scidac.y, milc.x, milc.y, sum, posix.part])
        func combined(_ k: Int) -> UInt32 { all.reduce(0) { $0 ^ $1[k] } }
        self.scidac = SIMD2(combined(0), combined(1))
        self.milc = SIMD2(combined(2), combined(3))
        nersc = all.reduce(0) { $0 &+ $1[4] }
        self.posix = PartialPosixChecksum.value(of: all.map { $0[5] }, length: siteBytes * siteCount)
        bytes = siteBytes * siteCount
    }

    private static func rotate(_ word: UInt32, _ by: Int) -> UInt32 { by == 0 ? word : word << UInt32(by) | word >> UInt32(32 - by) }
}

extension UInt32 {
    /// Lower-case hexadecimal digits without leading zeros.
    var hexadecimal: String { String(self, radix: 16) }
}
