/// Configurations in LIME files: ILDG (binary file format, revision 1.2), ILDG inside SciDAC records, and SciDAC records alone (QIO).
enum ILDGHeader {
    /// - Parameter assumed: extents t, z, y, x for a file that does not say them.
    static func read(_ file: FileBytes, assumed: [Int]?) throws -> GaugeFileHeader {
        let records = try LIMERecords.list(file)
        func first(_ type: String) -> LIMERecord? { records.first { $0.type == type } }
        guard let data = first("ildg-binary-data") ?? first("scidac-binary-data") else {
            let types = records.prefix(12).map { LIMERecords.shown($0.type) }.joined(separator: ", ")
            throw file.error("no record ildg-binary-data among \(records.count) LIME records (\(types)); wanted ildg-binary-data or scidac-binary-data")
        }
        let isSciDAC = first("scidac-private-file-xml") != nil
        var header: GaugeFileHeader
        if let format = first("ildg-format") {
            guard format.offset < data.offset else { throw file.error("record ildg-format comes after ildg-binary-data; wanted before") }
            header = try read(format: try LIMERecords.text(file, format), file, data, isSciDAC: isSciDAC)
        } else if let places = first("scidac-private-file-xml"), let numbers = first("scidac-private-record-xml") {
            header = try read(scidac: try LIMERecords.text(file, places), try LIMERecords.text(file, numbers), file, data)
        } else if let assumed {
            header = try assume(assumed, file, data, isSciDAC: isSciDAC)
        } else {
            throw file.error(
                "no record ildg-format before ildg-binary-data, so size and precision are not known; wanted an ILDG file, or the lattice named by --lattice")
        }
        let sites = header.siteCount, siteBytes = 72 * header.numbers.bytes
        guard data.count == sites * siteBytes else {
            throw file.error("ildg-binary-data has \(data.count) bytes; \(header.text) sites of \(siteBytes) bytes are \(sites * siteBytes)")
        }
        if let record = first("ildg-data-lfn") { header.logicalName = trimmed(try LIMERecords.text(file, record)) }
        if let record = first(SciDACChecksumRecord.type) { header.scidacChecksum = try SciDACChecksumRecord.read(file, record) }
        return header
    }

    private static func read(format xml: String, _ file: FileBytes, _ data: LIMERecord, isSciDAC: Bool) throws -> GaugeFileHeader {
        func value(_ tag: String) throws -> String {
            guard let value = XMLText.value(of: tag, in: xml) else { throw file.error("record ildg-format: <\(tag)> is missing") }
            return value
        }
        let field = try value("field")
        guard field == "su3gauge" else { throw file.error("record ildg-format: field is \(LIMERecords.shown(field)), wanted su3gauge") }
        let precision = try value("precision")
        guard let bits = Int(precision), bits == 32 || bits == 64 else {
            throw file.error("record ildg-format: precision is \(LIMERecords.shown(precision)), wanted 32 or 64")
        }
        let extents = try ["lt", "lz", "ly", "lx"].map { tag in
            let digits = try value(tag)
            guard let extent = Int(digits) else { throw file.error("record ildg-format: \(tag) is \(LIMERecords.shown(digits)), wanted a number of sites") }
            return extent
        }
        guard GaugeFileHeader.areSensible(extents) else {
            throw file.error("record ildg-format: lattice of \(extents.reversed().map(String.init).joined(separator: "x")) sites; wanted 1 to 32768 along each axis")
        }
        return GaugeFileHeader(
            format: isSciDAC ? .scidac : .ildg, extents: extents, numbers: NumberFormat(bits: bits, isBigEndian: true),
            payload: .init(offset: data.offset, count: data.count))
    }

    /// What QIO writes without ILDG's own record: the lattice in the file's record, the matrices in the record's.
    private static func read(scidac places: String, _ numbers: String, _ file: FileBytes, _ data: LIMERecord) throws -> GaugeFileHeader {
        func value(_ tag: String, _ xml: String, _ record: String) throws -> String {
            guard let value = XMLText.value(of: tag, in: xml) else { throw file.error("record \(record): <\(tag)> is missing") }
            return value
        }
        let dimensions = try value("dims", places, "scidac-private-file-xml")
        let extents = dimensions.split(separator: " ").compactMap { Int($0) }
        guard GaugeFileHeader.areSensible(extents) else {
            throw file.error("record scidac-private-file-xml: dims are '\(LIMERecords.shown(dimensions))', wanted four numbers of sites, 1 to 32768 each")
        }
        let record = "scidac-private-record-xml"
        let precision = try value("precision", numbers, record)
        guard precision == "F" || precision == "D" else {
            throw file.error("record \(record): precision is \(LIMERecords.shown(precision)), wanted F or D")
        }
        let bits = precision == "F" ? 32 : 64
        for (tag, wanted) in [("colors", "3"), ("typesize", "\(bits * 9 / 4)"), ("datacount", "4")] {
            let found = try value(tag, numbers, record)
            guard found == wanted else { throw file.error("record \(record): \(tag) is \(LIMERecords.shown(found)), wanted \(wanted): four links of SU(3) a site") }
        }
        return GaugeFileHeader(
            format: .scidac, extents: extents.reversed(), numbers: NumberFormat(bits: bits, isBigEndian: true),
            payload: .init(offset: data.offset, count: data.count))
    }

    private static func assume(_ extents: [Int], _ file: FileBytes, _ data: LIMERecord, isSciDAC: Bool) throws -> GaugeFileHeader {
        guard GaugeFileHeader.areSensible(extents) else { throw file.error("--lattice: wanted four numbers of sites, 1 to 32768 each") }
        let sites = extents.reduce(1, *)
        guard let bits = [32, 64].first(where: { data.count == sites * 9 * $0 }) else {
            throw file.error("ildg-binary-data has \(data.count) bytes; \(sites) sites of --lattice take \(sites * 288) in single and \(sites * 576) in double precision")
        }
        return GaugeFileHeader(
            format: isSciDAC ? .scidac : .ildg, extents: extents, numbers: NumberFormat(bits: bits, isBigEndian: true),
            payload: .init(offset: data.offset, count: data.count))
    }

    /// Without blanks around it, and without the NUL that QIO counts into its texts.
    static func trimmed(_ text: String) -> String {
        var scalars = Substring(text).unicodeScalars
        func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar.value <= 32 }
        while let last = scalars.last, isBlank(last) { scalars.removeLast() }
        while let first = scalars.first, isBlank(first) { scalars.removeFirst() }
        return String(String.UnicodeScalarView(scalars))
    }
}

/// The few flat XML texts of lattice files: one value for each tag, no nesting of interest.
enum XMLText {
    /// What stands between `<tag ...>` and `</tag>`, with any prefix of a namespace, without blanks around it; nil if it is not there.
    static func value(of tag: String, in xml: String) -> String? {
        let bytes = Array(xml.utf8), name = Array(tag.utf8)
        var at = 0
        while let open = bytes[at...].firstIndex(of: UInt8(ascii: "<")) {
            at = open + 1
            guard let close = bytes[at...].firstIndex(of: UInt8(ascii: ">")) else { return nil }
            var words = bytes[at..<close].prefix { $0 > 32 }
            if let colon = words.firstIndex(of: UInt8(ascii: ":")) { words = words[(colon + 1)...] }
            at = close + 1
            guard words.elementsEqual(name) else { continue }
            guard let end = bytes[at...].firstIndex(of: UInt8(ascii: "<")) else { return nil }
            return ILDGHeader.trimmed(String(decoding: bytes[at..<end], as: UTF8.self))
        }
        return nil
    }
}
