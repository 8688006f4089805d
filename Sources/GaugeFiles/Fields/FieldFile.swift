import Glibc
import LatticeFields
import MessagePassing

/// A field of any kind, dimension and boundary in LIME records of our own types: what ILDG's files do not hold is never passed off as su3gauge.
///
/// Records: `didymos-format` (XML), `didymos-data-lfn` (where there is a name), `didymos-binary-data` (float64, big-endian, axis 0 slowest, then the
/// numbers of a site as `FieldFileHeader.Kind` says), `scidac-checksum` (of the sites' bytes, as in ILDG files). Read and written by all ranks on any
/// process grid, verified on reading and after writing.
public enum FieldFile {
    /// Whether the first LIME record is ours. *Not collective.* - Throws: `GaugeFileError`.
    public static func isOne(_ path: String) throws -> Bool {
        let file = try FileBytes(path)
        let head = try file.head(LIMERecords.headerBytes)
        return LIMERecords.isLIME(head) && head.dropFirst(16).prefix { $0 != 0 }.elementsEqual(FieldFileHeader.formatRecord.utf8)
    }

    /// What a file says about itself. *Not collective.* - Throws: `GaugeFileError` naming file, field, found, wanted.
    public static func header(_ path: String) throws -> FieldFileHeader { try FieldFileHeader(FileBytes(path)) }

    /// Reads a field and verifies its length, checksum and that every number is one. *Collective.*
    /// - Returns: this rank's block, `[site][number]`, sites in lattice order, and the checksums.
    /// - Throws: `GaugeFileError`, `SharedFileError` or `LatticeError`, the same on all ranks.
    public static func read(
        _ path: String, processGrid: [Int]? = nil, communicator: Communicator
    ) throws -> (header: FieldFileHeader, geometry: LatticeGeometry, values: [Double], checksums: PayloadChecksums) {
        let header = try communicator.agree { try Self.header(path) }
        let geometry = try LatticeGeometry(extents: header.extents, processGrid: processGrid, communicator: communicator)
        let order = PayloadOrder(recordBytes: header.siteBytes, records: BlockPlaces(geometry: geometry).sites)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: order.byteCount, alignment: 16)
        defer { buffer.deallocate() }
        let file = try SharedFile.open(path, writing: false, communicator: communicator)
        let result = Result { try file.read(order.runs(from: header.payloadOffset), into: buffer) }
        try file.close()
        try result.get()
        let checksums = try sums(UnsafeRawBufferPointer(buffer), header, order, geometry)
        guard checksums.scidac == header.checksum else {
            throw GaugeFileError(
                path,
                "scidac-checksum: \(checksums.scidac.x.hexadecimal) \(checksums.scidac.y.hexadecimal) of the field, \(header.checksum.x.hexadecimal) \(header.checksum.y.hexadecimal) in the file; it is damaged: take another copy")
        }
        let values = (0..<buffer.count / 8).map { Double(bitPattern: UInt64(bigEndian: buffer.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self))) }
        let bad = try communicator.allReduce(values.reduce(0) { $0 + ($1.isFinite ? 0 : 1) }, .sum)
        guard bad == 0 else { throw GaugeFileError(path, "\(bad) numbers of the field are not finite; wanted none") }
        return (header, geometry, values, checksums)
    }

    /// Writes this rank's block under a temporary name, reads it back, verifies it, and gives it its name. *Collective.*
    /// - Throws: as `read`; nothing is left under either name then.
    public static func write(
        _ values: [Double], _ geometry: LatticeGeometry, kind: FieldFileHeader.Kind, hasOpenTime: Bool = false, logicalName: String? = nil, to path: String
    ) throws {
        let communicator = geometry.grid.communicator
        var header = FieldFileHeader(kind: kind, extents: geometry.extents, hasOpenTime: hasOpenTime, logicalName: logicalName)
        let order = PayloadOrder(recordBytes: header.siteBytes, records: BlockPlaces(geometry: geometry).sites)
        guard values.count * 8 == order.byteCount else {
            throw GaugeFileError(path, "\(values.count) numbers for \(geometry.localVolume) sites of \(header.numbersPerSite); wanted \(order.byteCount / 8)", exitCode: 70)
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: order.byteCount, alignment: 16)
        defer { buffer.deallocate() }
        for (k, value) in values.enumerated() { buffer.storeBytes(of: value.bitPattern.bigEndian, toByteOffset: 8 * k, as: UInt64.self) }
        header.checksum = try sums(UnsafeRawBufferPointer(buffer), header, order, geometry).scidac
        let head = header.head, tail = header.tail
        let temporary = "\(path).writing"
        do {
            let file = try SharedFile.open(temporary, writing: true, communicator: communicator)
            let result = Result {
                try file.setSize(head.count + header.payloadBytes + tail.count)
                try writeFromRoot(head, at: 0, file, communicator)
                try file.write(order.runs(from: head.count), from: UnsafeRawBufferPointer(buffer))
                try writeFromRoot(tail, at: head.count + header.payloadBytes, file, communicator)
            }
            try file.close(synchronize: true)
            try result.get()
            let again = try read(temporary, processGrid: geometry.grid.dimensions, communicator: communicator)
            guard again.header.checksum == header.checksum else { throw GaugeFileError(path, "reads back with another checksum", exitCode: 74) }
            try communicator.agree {
                guard communicator.isRoot, rename(temporary, path) != 0 else { return }
                throw GaugeFileError(path, "cannot be written: \(String(cString: strerror(errno)))", exitCode: 74)
            }
        } catch {
            // All ranks have failed together; the first clears away.
            if communicator.isRoot { unlink(temporary) }
            throw error
        }
    }

    private static func sums(
        _ buffer: UnsafeRawBufferPointer, _ header: FieldFileHeader, _ order: PayloadOrder, _ geometry: LatticeGeometry
    ) throws -> PayloadChecksums {
        try PayloadChecksums(
            buffer, sites: order.records, siteBytes: header.siteBytes, siteCount: geometry.volume, isBigEndian: true, format: nil,
            communicator: geometry.grid.communicator)
    }

    static func writeFromRoot(_ bytes: [UInt8], at offset: Int, _ file: SharedFile, _ communicator: Communicator) throws {
        let mine = communicator.isRoot ? bytes : []
        try mine.withUnsafeBytes { try file.write(mine.isEmpty ? [] : [ByteRun(offset: offset, count: mine.count)], from: $0) }
    }
}
