/// Files of the Gauge Connection: an ASCII header, `KEY = value`, and links in the site order of ILDG.
enum NERSCHeader {
    private static let begin = "BEGIN_HEADER", end = "END_HEADER"
    private static let limit = 1 << 16

    static func isNERSC(_ head: [UInt8]) -> Bool { head.starts(with: Array(begin.utf8)) }

    static func read(_ file: FileBytes) throws -> GaugeFileHeader {
        let head = try file.head(limit)
        var fields: [(name: String, value: String)] = []
        var at = 0
        var dataOffset: Int?
        while let newline = head[at...].firstIndex(of: UInt8(ascii: "\n")) {
            let line = ILDGHeader.trimmed(String(decoding: head[at..<newline], as: UTF8.self))
            at = newline + 1
            if line == end {
                dataOffset = at
                break
            }
            guard line != begin, !line.isEmpty else { continue }
            guard let equals = line.firstIndex(of: "=") else {
                throw file.error("header line \"\(LIMERecords.shown(line))\": wanted KEY = value")
            }
            fields.append((ILDGHeader.trimmed(String(line[..<equals])), ILDGHeader.trimmed(String(line[line.index(after: equals)...]))))
        }
        guard let dataOffset else { throw file.error("no line END_HEADER in the first \(head.count) bytes") }
        func value(_ key: String) throws -> String {
            guard let value = fields.first(where: { $0.name == key })?.value else { throw file.error("header: \(key) is missing") }
            return value
        }
        let type = try value("DATATYPE")
        guard type == "4D_SU3_GAUGE" || type == "4D_SU3_GAUGE_3x3" else {
            throw file.error("header: DATATYPE is \(LIMERecords.shown(type)), wanted 4D_SU3_GAUGE or 4D_SU3_GAUGE_3x3")
        }
        let rows = type == "4D_SU3_GAUGE" ? 2 : 3
        let numbers = try numberFormat(try value("FLOATING_POINT"), file)
        let extents = try (1...4).reversed().map { axis in
            let digits = try value("DIMENSION_\(axis)")
            guard let extent = Int(digits) else { throw file.error("header: DIMENSION_\(axis) is \(LIMERecords.shown(digits)), wanted a number of sites") }
            return extent
        }
        guard GaugeFileHeader.areSensible(extents) else {
            throw file.error("header: lattice of \(extents.reversed().map(String.init).joined(separator: "x")) sites; wanted 1 to 32768 along each axis")
        }
        let wanted = extents.reduce(1, *) * 24 * rows * numbers.bytes
        guard file.count - dataOffset >= wanted else {
            throw file.error("\(file.count - dataOffset) bytes after the header, wanted \(wanted) for its lattice; the file is cut short")
        }
        guard let checksum = UInt32(try value("CHECKSUM"), radix: 16) else { throw file.error("header: CHECKSUM is no hexadecimal number of 32 bits") }
        func number(_ key: String) throws -> Double? {
            guard let text = fields.first(where: { $0.name == key })?.value else { return nil }
            guard let number = Double(text), number.isFinite else { throw file.error("header: \(key) is \(LIMERecords.shown(text)), wanted a number") }
            return number
        }
        var header = GaugeFileHeader(
            format: .nersc, extents: extents, numbers: numbers, rows: rows, payload: .init(offset: dataOffset, count: wanted))
        header.nerscChecksum = checksum
        // Tolerances of Grid's reader.
        header.plaquette = try number("PLAQUETTE").map { ($0, 1e-5) }
        header.linkTrace = try number("LINK_TRACE").map { ($0, 1e-6) }
        header.fields = fields
        return header
    }

    private static func numberFormat(_ text: String, _ file: FileBytes) throws -> NumberFormat {
        switch text {
        case "IEEE32", "IEEE32BIG": NumberFormat(bits: 32, isBigEndian: true)
        case "IEEE32LITTLE": NumberFormat(bits: 32, isBigEndian: false)
        case "IEEE64BIG": NumberFormat(bits: 64, isBigEndian: true)
        case "IEEE64LITTLE": NumberFormat(bits: 64, isBigEndian: false)
        default: throw file.error("header: FLOATING_POINT is \(LIMERecords.shown(text)), wanted IEEE32, IEEE32BIG, IEEE32LITTLE, IEEE64BIG or IEEE64LITTLE")
        }
    }

    /// The header's bytes; what `fields` holds besides the facts is kept, in its order.
    static func bytes(_ header: GaugeFileHeader, _ observables: LinkObservables, _ checksums: PayloadChecksums) -> [UInt8] {
        let floating =
            header.numbers.bits == 64
            ? (header.numbers.isBigEndian ? "IEEE64BIG" : "IEEE64LITTLE") : (header.numbers.isBigEndian ? "IEEE32BIG" : "IEEE32LITTLE")
        var facts: [(name: String, value: String)] = [
            ("HDR_VERSION", "1.0"), ("DATATYPE", header.rows == 2 ? "4D_SU3_GAUGE" : "4D_SU3_GAUGE_3x3"), ("STORAGE_FORMAT", "1.0"),
        ]
        for axis in 0..<4 { facts.append(("DIMENSION_\(axis + 1)", String(header.extents[3 - axis]))) }
        facts += [
            ("CHECKSUM", checksums.nersc.hexadecimal), ("LINK_TRACE", decimal(observables.linkTrace)), ("PLAQUETTE", decimal(observables.plaquette)),
        ]
        for axis in 1...4 { facts.append(("BOUNDARY_\(axis)", "PERIODIC")) }
        facts.append(("FLOATING_POINT", floating))
        // A name that the header had already keeps its place, and its words where they mean the same.
        let kept = header.format == .nersc ? header.fields : []
        var lines = kept.map { field in
            guard let fact = facts.first(where: { $0.name == field.name }) else { return field }
            return means(field.value, fact) ? field : fact
        }
        lines += facts.filter { fact in !kept.contains { $0.name == fact.name } }
        let text = lines.map { "\($0.name) = \($0.value)\n" }.joined()
        return Array("\(begin)\n\(text)\(end)\n".utf8)
    }

    private static func means(_ text: String, _ fact: (name: String, value: String)) -> Bool {
        switch fact.name {
        case "HDR_VERSION", "STORAGE_FORMAT", "BOUNDARY_1", "BOUNDARY_2", "BOUNDARY_3", "BOUNDARY_4": true
        case "CHECKSUM": UInt32(text, radix: 16) == UInt32(fact.value, radix: 16)
        case "FLOATING_POINT": text == fact.value || text == "IEEE32" && fact.value == "IEEE32BIG"
        case "LINK_TRACE", "PLAQUETTE": Double(text).flatMap { a in Double(fact.value).map { abs(a - $0) < 1e-6 } } ?? false
        default: text == fact.value
        }
    }

    private static func decimal(_ value: Double) -> String { "\(value)" }
}
