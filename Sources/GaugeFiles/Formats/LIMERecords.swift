/// One record of a LIME file: what its 144-byte header says (c-lime, lime_fixed_types.h).
struct LIMERecord: Hashable {
    let type: String
    let offset: Int
    let count: Int
    let beginsMessage: Bool
    let endsMessage: Bool
}

/// The records of a LIME file, each a header of 144 bytes and data padded to eight.
enum LIMERecords {
    static let magic: UInt32 = 0x4567_89ab
    static let headerBytes = 144
    /// Far more than any writer makes; a file of more is not walked through.
    private static let limit = 4096

    static func isLIME(_ head: [UInt8]) -> Bool { head.count >= 4 && head.integer(0, isBigEndian: true) as UInt32 == magic }

    /// - Throws: `GaugeFileError` naming the byte where the file stops to be LIME.
    static func list(_ file: FileBytes) throws -> [LIMERecord] {
        var records: [LIMERecord] = []
        var at = 0
        while at < file.count {
            guard records.count < limit else { throw file.error("more than \(limit) LIME records; wanted a file of configurations") }
            let header = try file.bytes(at, headerBytes, "the header of LIME record \(records.count + 1)")
            let found: UInt32 = header.integer(0, isBigEndian: true)
            guard found == magic else {
                throw file.error("byte \(at), magic number of LIME record \(records.count + 1): found 0x\(found.hexadecimal), wanted 0x\(magic.hexadecimal)")
            }
            let version: UInt16 = header.integer(4, isBigEndian: true)
            guard version == 1 else { throw file.error("byte \(at + 4), version of LIME record \(records.count + 1): found \(version), wanted 1") }
            let length: UInt64 = header.integer(8, isBigEndian: true)
            let name = header[16...].prefix { $0 != 0 }
            let type = String(decoding: name, as: UTF8.self)
            let start = at + headerBytes
            guard length <= UInt64(file.count - start) else {
                throw file.error("LIME record \(records.count + 1) (\(Self.shown(type))) says \(length) bytes, \(file.count - start) are left; the file is cut short")
            }
            records.append(
                LIMERecord(
                    type: type, offset: start, count: Int(length), beginsMessage: header[6] & 0x80 != 0, endsMessage: header[6] & 0x40 != 0))
            at = start + padded(Int(length))
        }
        return records
    }

    /// A record's header.
    static func header(_ type: String, count: Int, beginsMessage: Bool, endsMessage: Bool) -> [UInt8] {
        var bytes = magic.bytes(isBigEndian: true) + UInt16(1).bytes(isBigEndian: true)
        bytes.append((beginsMessage ? 0x80 : 0) | (endsMessage ? 0x40 : 0))
        bytes.append(0)
        bytes += UInt64(count).bytes(isBigEndian: true)
        bytes += type.utf8.prefix(127)
        return bytes + [UInt8](repeating: 0, count: headerBytes - bytes.count)
    }

    static let declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"

    /// A whole record of text.
    static func record(_ type: String, _ text: String, begins: Bool = false, ends: Bool = false) -> [UInt8] {
        let bytes = Array(text.utf8)
        return header(type, count: bytes.count, beginsMessage: begins, endsMessage: ends) + bytes + padding(after: bytes.count)
    }

    /// Zeros that follow `count` bytes of data.
    static func padding(after count: Int) -> [UInt8] { [UInt8](repeating: 0, count: padded(count) - count) }

    /// A record of text in a file, at most a mebibyte.
    static func text(_ file: FileBytes, _ record: LIMERecord) throws -> String {
        guard record.count <= 1 << 20 else { throw file.error("record \(shown(record.type)) has \(record.count) bytes; wanted a text of at most 1048576") }
        return String(decoding: try file.bytes(record.offset, record.count, "record \(record.type)"), as: UTF8.self)
    }

    static func padded(_ count: Int) -> Int { (count + 7) & ~7 }

    /// A name from a file, safe to print.
    static func shown(_ name: String) -> String { String(name.unicodeScalars.prefix(64).map { $0.value < 32 || $0.value > 126 ? "?" : Character($0) }) }
}
