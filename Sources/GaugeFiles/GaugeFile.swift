import Glibc
import LatticeFields
import MessagePassing
import Numerics

/// Configurations of SU(3) links in the files of the field's collaborations, read and written by all ranks on any process grid.
public enum GaugeFile {
    /// A configuration that was read, and what it was verified by.
    public struct Configuration {
        public var links: GaugeLinks
        public let header: GaugeFileHeader
        public let observables: LinkObservables
        public let checksums: PayloadChecksums
    }

    /// How a configuration is written.
    public struct WritingOptions: Sendable {
        public var format: GaugeFormat
        /// 32 or 64; MILC's files are 32, openQCD's 64.
        public var bits = 64
        /// NERSC: 2 or 3 rows of each matrix.
        public var rows = 3
        /// NERSC, MILC: order of bytes. ILDG is big-endian, openQCD little-endian.
        public var isBigEndian = true
        /// ILDG: the logical file name.
        public var logicalName: String?
        /// Header of the file that the links came from; the same format keeps what it says besides.
        public var origin: GaugeFileHeader?

        public init(format: GaugeFormat) { self.format = format }
    }

    /// What a file says about itself. *Not collective.*
    /// - Parameter assumed: extents t, z, y, x, for ILDG data without `ildg-format`.
    /// - Throws: `GaugeFileError` naming file, field, found, wanted.
    public static func header(_ path: String, assumed: [Int]? = nil) throws -> GaugeFileHeader {
        let file = try FileBytes(path)
        let head = try file.head(OpenQCDHeader.bytes)
        if LIMERecords.isLIME(head) { return try ILDGHeader.read(file, assumed: assumed) }
        if NERSCHeader.isNERSC(head) { return try NERSCHeader.read(file) }
        if MILCHeader.isMILC(head) { return try MILCHeader.read(file) }
        if OpenQCDHeader.isOpenQCD(head, fileBytes: file.count) { return try OpenQCDHeader.read(file) }
        let found = head.prefix(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
        throw file.error("begins with \(found.isEmpty ? "nothing" : found): no configuration of LIME (ILDG, SciDAC), NERSC, MILC version 5 or openQCD type e")
    }

    /// Reads and verifies a configuration: length, checksum, unitarity, plaquette, trace of links. *Collective.*
    /// - Throws: `GaugeFileError`, `SharedFileError` or `LatticeError`, the same on all ranks.
    public static func read(_ path: String, processGrid: [Int]? = nil, assumed: [Int]? = nil, communicator: Communicator) throws -> Configuration {
        let header = try communicator.agree { try Self.header(path, assumed: assumed) }
        let geometry = try LatticeGeometry(extents: header.extents, processGrid: processGrid, communicator: communicator)
        var links = try GaugeLinks(geometry)
        let file = try SharedFile.open(path, writing: false, communicator: communicator)
        let sites = BlockPlaces(geometry: geometry).sites
        let checksums: PayloadChecksums
        if header.format == .openqcd {
            let records = OpenQCDRecords(geometry, withNext: true)
            let buffer = payloadMemory(records.order.byteCount)
            defer { buffer.deallocate() }
            let result = Result { try file.read(records.order.runs(from: header.payload.offset), into: buffer) }
            try file.close()
            try result.get()
            records.decode(UnsafeRawBufferPointer(buffer), into: &links)
            checksums = try openQCDChecksums(links)
        } else {
            let codec = SiteBytes(numbers: header.numbers, rows: header.rows)
            let order = PayloadOrder(recordBytes: codec.count, records: sites)
            let buffer = payloadMemory(order.byteCount)
            defer { buffer.deallocate() }
            let result = Result { try file.read(order.runs(from: header.payload.offset), into: buffer) }
            try file.close()
            try result.get()
            checksums = try PayloadChecksums(
                UnsafeRawBufferPointer(buffer), sites: sites, siteBytes: codec.count, siteCount: header.siteCount,
                isBigEndian: header.numbers.isBigEndian, format: header.format, communicator: communicator)
            decode(UnsafeRawBufferPointer(buffer), codec, into: &links)
        }
        let observables = try LinkObservables(links)
        try verify(path, header, observables, checksums)
        return Configuration(links: links, header: header, observables: observables, checksums: checksums)
    }

    /// Writes a configuration under a temporary name, reads it back, verifies it, and gives it its name. *Collective.*
    /// - Throws: as `read`; nothing is left under either name then.
    @discardableResult
    public static func write(_ links: GaugeLinks, to path: String, _ options: WritingOptions) throws -> Configuration {
        let communicator = links.geometry.grid.communicator
        let temporary = "\(path).writing"
        do {
            try writeUnverified(links, to: temporary, options)
            let written = try read(temporary, processGrid: links.geometry.grid.dimensions, communicator: communicator)
            try communicator.agree {
                guard communicator.isRoot, rename(temporary, path) != 0 else { return }
                throw GaugeFileError(path, "cannot be written: \(String(cString: strerror(errno)))", exitCode: 74)
            }
            return written
        } catch {
            // All ranks have failed together; the first clears away.
            if communicator.isRoot { unlink(temporary) }
            throw error
        }
    }

    private static func writeUnverified(_ links: GaugeLinks, to path: String, _ options: WritingOptions) throws {
        let geometry = links.geometry, communicator = geometry.grid.communicator
        let plan = try options.header(extents: geometry.extents, path: path)
        var stored = links
        let sites = BlockPlaces(geometry: geometry).sites
        let order: PayloadOrder
        let buffer: UnsafeMutableRawBufferPointer
        let checksums: PayloadChecksums
        if plan.format == .openqcd {
            let records = OpenQCDRecords(geometry, withNext: false)
            order = records.order
            buffer = payloadMemory(order.byteCount)
            try records.encode(links, into: buffer)
            checksums = try openQCDChecksums(links)
        } else {
            let codec = SiteBytes(numbers: plan.numbers, rows: plan.rows)
            order = PayloadOrder(recordBytes: codec.count, records: sites)
            buffer = payloadMemory(order.byteCount)
            encode(links, codec, into: buffer)
            checksums = try PayloadChecksums(
                UnsafeRawBufferPointer(buffer), sites: sites, siteBytes: codec.count, siteCount: geometry.volume,
                isBigEndian: plan.numbers.isBigEndian, format: plan.format, communicator: communicator)
            // What a reader will have: rounded to the file's precision, third rows implied.
            decode(UnsafeRawBufferPointer(buffer), codec, into: &stored)
        }
        defer { buffer.deallocate() }
        let observables = try LinkObservables(stored)
        let frame = GaugeFileFrame(plan, observables, checksums, payloadBytes: plan.payload.count)
        let file = try SharedFile.open(path, writing: true, communicator: communicator)
        let result = Result {
            try file.setSize(frame.totalBytes)
            try FieldFile.writeFromRoot(frame.head, at: 0, file, communicator)
            try file.write(order.runs(from: frame.head.count), from: UnsafeRawBufferPointer(buffer))
            try FieldFile.writeFromRoot(frame.tail, at: frame.head.count + plan.payload.count, file, communicator)
        }
        try file.close(synchronize: true)
        try result.get()
    }

    /// Room for a rank's part of a payload, to be given back by `deallocate()`.
    private static func payloadMemory(_ byteCount: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: LargeMemory.allocate(byteCount: byteCount, alignment: 16), count: byteCount)
    }

    private static func decode(_ buffer: UnsafeRawBufferPointer, _ codec: SiteBytes, into links: inout GaugeLinks) {
        let sites = links.geometry.localVolume
        links.values.withUnsafeMutableBufferPointer { values in
            guard let base = values.baseAddress, let bytes = buffer.baseAddress else { return }
            for site in 0..<sites { codec.decode(bytes + site * codec.count, into: base + site * GaugeLinks.numbersPerSite) }
        }
    }

    private static func encode(_ links: GaugeLinks, _ codec: SiteBytes, into buffer: UnsafeMutableRawBufferPointer) {
        let sites = links.geometry.localVolume
        links.values.withUnsafeBufferPointer { values in
            guard let base = values.baseAddress, let bytes = buffer.baseAddress else { return }
            for site in 0..<sites { codec.encode(base + site * GaugeLinks.numbersPerSite, into: bytes + site * codec.count) }
        }
    }

    /// openQCD's files hold no checksum; this one is of the links as ILDG would store them in double precision. *Collective.*
    private static func openQCDChecksums(_ links: GaugeLinks) throws -> PayloadChecksums {
        let geometry = links.geometry
        let codec = SiteBytes(numbers: NumberFormat(bits: 64, isBigEndian: true), rows: 3)
        let buffer = payloadMemory(geometry.localVolume * codec.count)
        defer { buffer.deallocate() }
        encode(links, codec, into: buffer)
        return try PayloadChecksums(
            UnsafeRawBufferPointer(buffer), sites: BlockPlaces(geometry: geometry).sites, siteBytes: codec.count, siteCount: geometry.volume,
            isBigEndian: true, format: .openqcd, communicator: geometry.grid.communicator)
    }

    /// Largest |U U^dagger - 1| of links that were stored in single precision and are still good.
    private static let unitarityTolerance = 1e-5

    private static func verify(_ path: String, _ header: GaugeFileHeader, _ observables: LinkObservables, _ checksums: PayloadChecksums) throws {
        func damaged(_ what: String, _ found: String, _ wanted: String) -> GaugeFileError {
            GaugeFileError(path, "\(what): \(found) of the links, \(wanted) in the header; the file is damaged: take another copy")
        }
        if let wanted = header.scidacChecksum, wanted != checksums.scidac {
            throw damaged(
                "scidac-checksum", "\(checksums.scidac.x.hexadecimal) \(checksums.scidac.y.hexadecimal)", "\(wanted.x.hexadecimal) \(wanted.y.hexadecimal)")
        }
        if let wanted = header.nerscChecksum, wanted != checksums.nersc {
            throw damaged("CHECKSUM", checksums.nersc.hexadecimal, wanted.hexadecimal)
        }
        if let wanted = header.milcChecksum, wanted != checksums.milc {
            throw damaged("checksums", "\(checksums.milc.x.hexadecimal) \(checksums.milc.y.hexadecimal)", "\(wanted.x.hexadecimal) \(wanted.y.hexadecimal)")
        }
        guard observables.unitarityDefect <= unitarityTolerance else {
            throw GaugeFileError(
                path, "links that are not in SU(3): |U U^dagger - 1| is up to \(observables.unitarityDefect), wanted at most \(unitarityTolerance)")
        }
        if let wanted = header.plaquette, !(abs(observables.plaquette - wanted.value) <= wanted.tolerance) {
            throw damaged("plaquette", "\(observables.plaquette)", "\(wanted.value)")
        }
        if let wanted = header.linkTrace, !(abs(observables.linkTrace - wanted.value) <= wanted.tolerance) {
            throw damaged("link trace", "\(observables.linkTrace)", "\(wanted.value)")
        }
    }
}
