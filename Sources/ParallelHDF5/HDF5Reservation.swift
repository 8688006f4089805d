import CParallelHDF5
import Glibc

// HDF5 does not survive a full disk: on 1.10 a write that finds no room can hang all ranks or crash at exit. So room is taken on
// the disk before HDF5 is asked to write, by one rank for all, and what was not needed is given back when the file is closed.

extension HDF5OpenFile {
    /// Room beyond what is promised, so that small objects and attributes need no question of their own.
    static let slackBytes = 192 << 10
    /// For the superblock, the root group and free space inside the file.
    static let baseBytes = 64 << 10
    /// For the header of an object, its link and its share of half-filled blocks.
    static let objectBytes = 8 << 10

    /// Takes room for `bytes` more; if there is none, every rank throws the same (exit code 74). *Collective.*
    func reserve(_ bytes: Int) throws {
        let (promised, overflow) = promisedBytes.addingReportingOverflow(bytes)
        let (wanted, tooMuch) = promised.addingReportingOverflow(Self.slackBytes)
        guard !overflow, !tooMuch else { throw HDF5Error(file: path, object: "", reason: "more bytes than a file can hold") }
        if promised > reservedBytes {
            try together {
                if isFirst, try !DiskSpace.reserve(path, from: reservedBytes, to: wanted) { hasUnreservedRoom = true }
            }
            if hasUnreservedRoom, watch == nil, let communicator, communicator.size > 1 { watch = DiskWatch(path) }
            reservedBytes = wanted
        }
        promisedBytes = promised
    }

    /// Where room could not be reserved, a disk that is full now may have swallowed a write of any rank without a word. *Collective.*
    func requireRoomWasLeft() throws {
        try together {
            if hasUnreservedRoom, DiskSpace.isFull(at: path) { throw DiskSpace.filledUp(path) }
        }
    }
}

/// Room on the disk. *Not collective.*
package enum DiskSpace {
    /// Where a file system cannot reserve, the least that stays free.
    static let margin = 1 << 20

    /// Takes room for bytes `first ..< end` of an existing file, whose size stays. Throws an `HDF5Error` of exit code 74 if there is none.
    ///
    /// Where the file system cannot reserve (`EOPNOTSUPP`: older Lustre, some NFS), it must say that it has as much free.
    /// - Returns: whether the room is this file's own now; false if others may still take it.
    package static func reserve(_ path: String, from first: Int, to end: Int) throws -> Bool {
        guard first < end else { return true }
        if isSkipped { return false }
        let number = phdf5_reserve(path, Int64(first), Int64(end))
        switch number {
        case 0: return true
        case ENOSPC, EDQUOT, EFBIG: throw shortage(path, end - first, String(cString: strerror(number)))
        case EOPNOTSUPP, ENOSYS, EINVAL, ENODEV, ESPIPE:
            let free = freeBytes(at: path)
            guard let free, free < end - first + margin else { return false }
            throw shortage(path, end - first, String(cString: strerror(ENOSPC)))
        default:
            throw HDF5Error(file: path, object: "", reason: "cannot reserve room: \(String(cString: strerror(number)))", exitCode: 74)
        }
    }

    /// Whether so little is free that a write may have failed.
    static func isFull(at path: String) -> Bool { freeBytes(at: path).map { $0 < margin / 4 } ?? false }

    static func filledUp(_ path: String) -> HDF5Error {
        HDF5Error(
            file: path, object: "", reason: "the file system filled up while the file was being written; make room there and start again",
            exitCode: 74)
    }

    private static func shortage(_ path: String, _ wanted: Int, _ cause: String) -> HDF5Error {
        let free = freeBytes(at: path).map { "\($0) bytes are free" } ?? "free space is unknown"
        return HDF5Error(
            file: path, object: "",
            reason: "no room for \(wanted) bytes more: \(cause), \(free) in \(parent(of: path)); "
                + "make room there or choose a directory on another file system",
            exitCode: 74)
    }

    /// Bytes free for this user on the file system of `path`, nil where it does not tell.
    package static func freeBytes(at path: String) -> Int? {
        let free = phdf5_free_bytes(parent(of: path))
        return free < 0 ? nil : Int(free)
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// `DIDYMOS_FAULT=reserve:skip`, for tests of what a disk that fills up in spite of it does.
    private static let isSkipped = getenv("DIDYMOS_FAULT").map { String(cString: $0) == "reserve:skip" } ?? false
}

extension HDF5Layout {
    /// The most that a dataset of `shape` takes in its file, bytes.
    func storedBytes(shape: [Int], alignment: Int) -> Int {
        func aligned(_ bytes: Int) -> Double { Double(bytes) + (bytes >= 1 << 20 ? Double(alignment) : 0) }
        let bytes: Double
        if isChunked {
            let chunk = chunk ?? automaticChunk
            let chunks = zip(shape, chunk).reduce(1.0) { $0 * (Double($1.0) / Double($1.1)).rounded(.up) }
            let each = chunk.reduce(type.size, *)
            // Deflate can lengthen what it cannot shorten; the index keeps up to 48 bytes of each chunk.
            bytes = chunks * (aligned(deflate == nil ? each : each + each / 100 + 64) + 64)
        } else {
            bytes = aligned(shape.reduce(type.size, *))
        }
        return Int(min(bytes, 0x1p61)) + HDF5OpenFile.objectBytes
    }
}
