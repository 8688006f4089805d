import CZlib
import Glibc

extension LIGOLightWeight {
    /// Reads the file `path`, plain or gzipped, at most `limit` bytes of text.
    public static func read(path: String, limit: Int = 1 << 30) throws -> [DataQualityFlag] {
        guard let file = gzopen(path, "rb") else { throw SegmentError("\(path): cannot read: \(String(cString: strerror(errno)))") }
        defer { gzclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = gzread(file, &chunk, UInt32(chunk.count))
            guard count >= 0 else { throw SegmentError("\(path): cannot read: damaged gzip data or a failing disk") }
            if count == 0 { break }
            bytes += chunk[..<Int(count)]
            guard bytes.count <= limit else { throw SegmentError("\(path): found more than \(limit) bytes of text") }
        }
        return try read(String(decoding: bytes, as: UTF8.self), name: path)
    }

    /// Reads a document with tables segment_definer, segment_summary and segment; ids may be numbers or the older `table:column:number`.
    public static func read(_ text: String, name: String) throws -> [DataQualityFlag] {
        var tables: [String: [[String: String]]] = [:]
        for table in try LightWeightTables(text, name: name).tables { tables[table.name, default: []] += table.rows }
        guard let definers = tables["segment_definer"] else { throw SegmentError("\(name): found no table segment_definer, wanted one") }
        var spans: [String: [String: [Segment]]] = [:]
        for table in ["segment_summary", "segment"] {
            for row in tables[table] ?? [] {
                func time(_ column: String) throws -> GPSTime {
                    guard let seconds = Int64(row[column] ?? ""), let time = GPSTime(seconds: seconds, nanoseconds: Int64(row[column + "_ns"] ?? "") ?? 0)
                    else { throw SegmentError("\(name), \(table).\(column): found \"\(row[column] ?? "")\", wanted whole GPS seconds") }
                    return time
                }
                guard let segment = Segment(try time("start_time"), try time("end_time")) else {
                    throw SegmentError("\(name), \(table): found an end before its start at \(try time("start_time"))")
                }
                spans[table, default: [:]][number(row["segment_def_id"]), default: []].append(segment)
            }
        }
        return definers.map { row in
            let identifier = number(row["segment_def_id"])
            return DataQualityFlag(
                interferometer: row["ifos"] ?? "", name: row["name"] ?? "", version: Int(row["version"] ?? "") ?? 0, comment: row["comment"] ?? "",
                known: SegmentList(spans["segment_summary"]?[identifier] ?? []), active: SegmentList(spans["segment"]?[identifier] ?? []))
        }
    }

    /// `7` of `7` or `segment_definer:segment_def_id:7`.
    private static func number(_ identifier: String?) -> String { identifier?.split(separator: ":").last.map(String.init) ?? "" }
}

/// The tables of a LIGO_LW document, every value as text by the name of its column without prefixes.
struct LightWeightTables {
    private(set) var tables: [(name: String, rows: [[String: String]])] = []
    private let name: String

    init(_ text: String, name: String) throws {
        self.name = name
        guard text.contains("<LIGO_LW") else { throw SegmentError("\(name): found no LIGO_LW element, wanted a LIGO light-weight XML document") }
        var table = "", columns: [String] = []
        var rest = text.utf8[...]
        while let open = rest.firstIndex(of: UInt8(ascii: "<")) {
            rest = rest[open...].dropFirst()
            if rest.starts(with: "!--".utf8) {
                while !rest.isEmpty, !rest.starts(with: "-->".utf8) { rest = rest.dropFirst() }
                continue
            }
            guard let close = rest.firstIndex(of: UInt8(ascii: ">")) else { throw SegmentError("\(name): found the end of the file inside a tag") }
            let tag = Substring(rest[..<close])
            rest = rest[close...].dropFirst()
            switch tag.prefix(while: { !$0.isWhitespace }) {
            case "Table":
                (table, columns) = (Self.last(Self.attribute("Name", of: tag), dropping: ":table"), [])
            case "Column": columns.append(Self.last(Self.attribute("Name", of: tag), dropping: ""))
            case "Stream":
                let end = rest.firstIndex(of: UInt8(ascii: "<")) ?? rest.endIndex
                let delimiter = Self.attribute("Delimiter", of: tag).utf8.first ?? UInt8(ascii: ",")
                tables.append((table, try rows(Array(rest[..<end]), delimiter, table, columns)))
            default: break
            }
        }
    }

    private static func attribute(_ name: String, of tag: Substring) -> String {
        guard let start = tag.range(of: name + "=") else { return "" }
        let value = tag[start...].dropFirst(name.count + 1)
        guard let quote = value.first, quote == "\"" || quote == "'" else { return "" }
        return String(value.dropFirst().prefix { $0 != quote })
    }

    /// `segment` of `segment:table`; `start_time` of `segment:start_time`.
    private static func last(_ text: String, dropping suffix: String) -> String {
        let whole = text.hasSuffix(suffix) ? text.dropLast(suffix.count) : text[...]
        return whole.split(separator: ":").last.map(String.init) ?? ""
    }

    private func rows(_ stream: [UInt8], _ delimiter: UInt8, _ table: String, _ columns: [String]) throws -> [[String: String]] {
        var tokens: [String] = []
        var token: [UInt8] = []
        var quoted = false, escaped = false, any = false
        for byte in stream {
            if escaped { token.append(byte); escaped = false; continue }
            switch byte {
            case UInt8(ascii: "\\") where quoted: escaped = true
            case UInt8(ascii: "\""): quoted.toggle(); any = true
            case delimiter where !quoted:
                tokens.append(Self.unescaped(token))
                (token, any) = ([], false)
            case _ where !quoted && [9, 10, 13, 32].contains(byte): break
            default: token.append(byte); any = true
            }
        }
        if any || !columns.isEmpty && tokens.count % columns.count == columns.count - 1 { tokens.append(Self.unescaped(token)) }
        guard !tokens.isEmpty else { return [] }
        guard !columns.isEmpty, tokens.count % columns.count == 0 else {
            throw SegmentError("\(name), table \(table): found \(tokens.count) values, wanted a multiple of its \(columns.count) columns")
        }
        return stride(from: 0, to: tokens.count, by: columns.count).map { start in
            Dictionary(zip(columns, tokens[start..<start + columns.count]), uniquingKeysWith: { first, _ in first })
        }
    }

    private static func unescaped(_ bytes: [UInt8]) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.contains("&") else { return text }
        var out = ""
        var rest = text[...]
        while let sign = rest.firstIndex(of: "&") {
            out += rest[..<sign]
            rest = rest[sign...]
            let entities = [("&quot;", "\""), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"), ("&apos;", "'")]
            if let (entity, meaning) = entities.first(where: { rest.hasPrefix($0.0) }) {
                out += meaning
                rest = rest.dropFirst(entity.count)
            } else {
                out += rest.prefix(1)
                rest = rest.dropFirst()
            }
        }
        return out + rest
    }
}

extension Substring {
    /// Where `text` begins, at the start of a word.
    fileprivate func range(of text: String) -> Index? {
        var place = startIndex
        while place < endIndex {
            if self[place...].hasPrefix(text), place == startIndex || self[index(before: place)].isWhitespace { return place }
            place = index(after: place)
        }
        return nil
    }
}
