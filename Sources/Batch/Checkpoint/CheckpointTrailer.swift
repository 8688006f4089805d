import CZlib
import Glibc
import MessagePassing

/// What is appended to a checkpoint so that any damage is found and named: a CRC-32 of every mebibyte, and of itself.
///
/// Layout, little-endian, after the HDF5 file (whose readers ignore what lies beyond its end): one 32-bit CRC a block; payload bytes (64 bit);
/// block bytes (32 bit); CRC-32 of everything in the trailer before this word (32 bit); `DIDYMOS1` (8 bytes).
package enum CheckpointTrailer {
    static let blockBytes = 1 << 20
    static let magic = Array("DIDYMOS1".utf8)
    /// Bytes after the block sums.
    static let fixedBytes = 8 + 4 + 4 + 8

    /// CRC-32 of one block, bytes `first ..< first + count`.
    private static func blockSum(_ descriptor: Int32, _ path: String, first: Int, count: Int) throws -> UInt32 {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress.map { $0 + done }, count - done, off_t(first + done)) }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { throw BatchError(.inputOutput, "cannot read \(path): \(got < 0 ? String(cString: strerror(errno)) : "it ends at byte \(first + done)")") }
            done += got
        }
        return checksum(bytes)
    }

    package static func checksum(_ bytes: [UInt8]) -> UInt32 { UInt32(truncatingIfNeeded: crc32(0, bytes, UInt32(bytes.count))) }

    /// The sums of all blocks of the first `payload` bytes, computed by all ranks together. *Collective.*
    static func blockSums(_ path: String, payload: Int, communicator: Communicator) throws -> [UInt32] {
        let blocks = (payload + blockBytes - 1) / blockBytes
        let mine = CartesianGrid.share(of: blocks, parts: communicator.size, part: communicator.rank)
        let sums = try communicator.agree { try self.sums(path, payload: payload, blocks: mine) }
        return try communicator.allGather(sums).flatMap(\.self)
    }

    private static func sums(_ path: String, payload: Int, blocks: Range<Int>) throws -> [UInt32] {
        guard !blocks.isEmpty else { return [] }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw BatchError.system("read", path, number: errno) }
        defer { close(descriptor) }
        return try blocks.map { block in
            try blockSum(descriptor, path, first: block * blockBytes, count: min(blockBytes, payload - block * blockBytes))
        }
    }

    /// Why a file is not whole, found by this process alone without HDF5; nil if it is. *Not collective.*
    package static func damage(_ path: String) throws -> String? {
        switch try read(path) {
        case .bad(let reason): return reason
        case .good(let payload, let expected):
            return mismatch(try sums(path, payload: payload, blocks: expected.indices), expected, payload: payload)
        }
    }

    /// What differs between the sums found and those expected; nil if nothing does.
    static func mismatch(_ sums: [UInt32], _ expected: [UInt32], payload: Int) -> String? {
        guard let block = zip(sums, expected).enumerated().first(where: { $1.0 != $1.1 })?.offset else { return nil }
        let first = block * blockBytes
        return "damaged: a byte between \(first) and \(min(payload, first + blockBytes)) has changed"
    }

    /// The trailer's bytes for a payload with these block sums.
    package static func encode(payload: Int, sums: [UInt32]) -> [UInt8] {
        var bytes = sums.flatMap { littleEndian($0) }
        bytes += littleEndian(UInt64(payload)) + littleEndian(UInt32(blockBytes))
        return bytes + littleEndian(checksum(bytes)) + magic
    }

    /// What a trailer says, or why it is none.
    package enum Reading: Equatable {
        case good(payload: Int, sums: [UInt32])
        case bad(String)
    }

    /// Reads and checks the trailer at the end of a file of `size` bytes. One rank. *Not collective.*
    package static func read(_ path: String) throws -> Reading {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw BatchError.system("read", path, number: errno) }
        defer { close(descriptor) }
        let size = Int(lseek(descriptor, 0, SEEK_END))
        func bytes(_ first: Int, _ count: Int) -> [UInt8]? {
            var buffer = [UInt8](repeating: 0, count: count)
            return pread(descriptor, &buffer, count, off_t(first)) == count ? buffer : nil
        }
        guard size >= fixedBytes, let tail = bytes(size - fixedBytes, fixedBytes) else {
            return .bad("torn: only \(size) bytes, no checksum at the end")
        }
        guard Array(tail[16...]) == magic else { return .bad("torn: it ends without its checksum (cut or overwritten; \(size) bytes)") }
        let payload = integer(tail[0..<8])
        let block = integer(tail[8..<12])
        let blocks = payload >= 0 && block == blockBytes ? (payload + blockBytes - 1) / blockBytes : -1
        guard blocks >= 0, size == payload + 4 * blocks + fixedBytes, let whole = bytes(payload, 4 * blocks + fixedBytes) else {
            return .bad("damaged: its checksum is for \(payload) bytes in blocks of \(block), the file has \(size)")
        }
        let covered = Array(whole[..<(4 * blocks + 12)])
        guard checksum(covered) == UInt32(truncatingIfNeeded: integer(tail[12..<16])) else {
            return .bad("damaged: a byte of its checksum itself has changed")
        }
        return .good(payload: payload, sums: (0..<blocks).map { UInt32(truncatingIfNeeded: integer(covered[4 * $0..<4 * $0 + 4])) })
    }

    private static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian, Array.init)
    }

    /// An unsigned little-endian integer; -1 where it does not fit.
    private static func integer(_ bytes: some BidirectionalCollection<UInt8>) -> Int {
        let value = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return value <= UInt64(Int.max >> 8) ? Int(value) : -1
    }
}
