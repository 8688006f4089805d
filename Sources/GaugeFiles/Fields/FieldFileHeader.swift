/// What a file of our own LIME records says about its field.
public struct FieldFileHeader: Sendable, Equatable {
    /// The field, and the numbers of a site, all float64.
    public enum Kind: String, CaseIterable, Sendable {
        /// One number.
        case scalar
        /// An angle in rad for each axis.
        case u1gauge
        /// For each axis a0, a1, a2, a3 of U = a0 + i a·σ.
        case su2gauge
        /// For each axis a matrix, `[row][column][re, im]`.
        case su3gauge

        public func numbersPerSite(dimension: Int) -> Int {
            switch self {
            case .scalar: 1
            case .u1gauge: dimension
            case .su2gauge: 4 * dimension
            case .su3gauge: 18 * dimension
            }
        }
    }

    public let kind: Kind
    /// Sites along each axis, axis 0 (time of gauge fields) first and slowest.
    public let extents: [Int]
    /// Whether axis 0 has open ends: the links from its last slice to its first are zero then.
    public let hasOpenTime: Bool
    public let logicalName: String?
    var checksum = SIMD2<UInt32>.zero
    var payloadOffset = 0

    static let formatRecord = "didymos-format"
    private static let nameRecord = "didymos-data-lfn"
    private static let dataRecord = "didymos-binary-data"

    public var numbersPerSite: Int { kind.numbersPerSite(dimension: extents.count) }
    var siteBytes: Int { 8 * numbersPerSite }
    var payloadBytes: Int { extents.reduce(1, *) * siteBytes }

    init(kind: Kind, extents: [Int], hasOpenTime: Bool, logicalName: String?) {
        self.kind = kind
        self.extents = extents
        self.hasOpenTime = hasOpenTime
        self.logicalName = logicalName
    }

    /// - Throws: `GaugeFileError` naming record, field, found, wanted.
    init(_ file: FileBytes) throws {
        let records = try LIMERecords.list(file)
        func text(_ type: String) throws -> String? {
            guard let record = records.first(where: { $0.type == type }) else { return nil }
            return try LIMERecords.text(file, record)
        }
        guard let xml = try text(Self.formatRecord) else { throw file.error("no record \(Self.formatRecord); wanted a field written by flowtrain") }
        func value(_ tag: String) throws -> String {
            guard let value = XMLText.value(of: tag, in: xml) else { throw file.error("record \(Self.formatRecord): <\(tag)> is missing") }
            return value
        }
        func refused(_ tag: String, _ found: String, _ wanted: String) -> GaugeFileError {
            file.error("record \(Self.formatRecord): \(tag) is \(LIMERecords.shown(found)), wanted \(wanted)")
        }
        let version = try value("version")
        guard version == "1" else { throw refused("version", version, "1") }
        let field = try value("field")
        guard let kind = Kind(rawValue: field) else { throw refused("field", field, Kind.allCases.map(\.rawValue).joined(separator: ", ")) }
        let precision = try value("precision")
        guard precision == "64" else { throw refused("precision", precision, "64") }
        let words = try value("extents")
        let extents = words.split(separator: " ").map { Int($0) ?? 0 }
        guard (1...4).contains(extents.count), extents.allSatisfy({ (2...1 << 20).contains($0) }), extents.reduce(1.0, { $0 * Double($1) }) < 0x1p40 else {
            throw refused("extents", words, "1 to 4 numbers of sites, 2 or more each")
        }
        guard kind == .scalar || extents.count > 1 else { throw refused("extents", words, "2 to 4 axes for links") }
        let time = try value("time")
        guard time == "periodic" || time == "open" else { throw refused("time", time, "periodic or open") }
        let name = try text(Self.nameRecord).map(ILDGHeader.trimmed)
        self.init(kind: kind, extents: extents, hasOpenTime: time == "open", logicalName: name)
        guard let data = records.first(where: { $0.type == Self.dataRecord }) else { throw file.error("no record \(Self.dataRecord)") }
        guard data.count == payloadBytes else {
            throw file.error("\(Self.dataRecord) has \(data.count) bytes; \(shape) sites of \(siteBytes) bytes are \(payloadBytes)")
        }
        payloadOffset = data.offset
        guard let sums = records.first(where: { $0.type == SciDACChecksumRecord.type }) else {
            throw file.error("no record \(SciDACChecksumRecord.type); wanted one, or nothing verifies the field")
        }
        checksum = try SciDACChecksumRecord.read(file, sums)
    }

    /// Sites as people write them, axis 0 first.
    public var shape: String { extents.map(String.init).joined(separator: "x") }

    /// What stands before the payload, and after it.
    var head: [UInt8] {
        let xml =
            "\(LIMERecords.declaration)<didymosFormat><version>1</version><field>\(kind.rawValue)</field><precision>64</precision>"
            + "<extents>\(extents.map(String.init).joined(separator: " "))</extents><time>\(hasOpenTime ? "open" : "periodic")</time></didymosFormat>"
        return LIMERecords.record(Self.formatRecord, xml, begins: true) + (logicalName.map { LIMERecords.record(Self.nameRecord, $0) } ?? [])
            + LIMERecords.header(Self.dataRecord, count: payloadBytes, beginsMessage: false, endsMessage: false)
    }

    var tail: [UInt8] { LIMERecords.padding(after: payloadBytes) + SciDACChecksumRecord.bytes(checksum) }
}
