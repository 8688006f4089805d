import Batch
import GaugeFiles

/// A configuration of an ensemble: what identifies it, what it must verify by, where its copies are.
public struct CatalogueEntry: Equatable, Sendable {
    /// Logical file name, unique in the catalogue.
    public var logicalName: String
    /// Updates since the chain began (QCDml's `update`).
    public var update: Int
    public var format: String
    /// Sites along x, y, z, t.
    public var extents: [Int]
    public var bits: Int
    /// POSIX `cksum` of the payload, and its bytes.
    public var checksum: UInt32
    public var bytes: Int
    public var plaquette: Double
    /// Paths and URLs, each once.
    public var locations: [String]

    /// Of a configuration that was read and verified. - Throws: `CatalogueError` when nothing names it.
    public init(_ found: GaugeFile.Configuration, path: String, logicalName: String?, update: Int) throws {
        guard let name = logicalName ?? found.header.logicalName, !name.isEmpty else {
            throw CatalogueError("\(path) holds no logical file name; give one by --lfn")
        }
        self.logicalName = name
        self.update = update
        format = found.header.format.rawValue
        extents = found.header.extents.reversed()
        bits = found.header.numbers.bits
        checksum = found.checksums.posix
        bytes = found.checksums.bytes
        plaquette = found.observables.plaquette
        locations = [path]
    }

    public var json: JSON {
        [
            "lfn": .string(logicalName), "update": .integer(update), "format": .string(format), "extents_xyzt": .array(extents.map(JSON.integer)),
            "precision": .integer(bits), "cksum": .integer(Int(checksum)), "payload_bytes": .integer(bytes), "plaquette": .number(plaquette),
            "locations": .array(locations.map(JSON.string)),
        ]
    }

    /// - Throws: `CatalogueError` naming the member.
    public init(json: JSON, place: String) throws {
        func wrong(_ key: String, _ wanted: String) -> CatalogueError { CatalogueError("\(place): \(key) is \(json[key]?.text.prefix(80) ?? "missing"), wanted \(wanted)") }
        func text(_ key: String) throws -> String {
            guard let value = json[key]?.string, !value.isEmpty else { throw wrong(key, "a text") }
            return value
        }
        func integer(_ key: String, _ range: ClosedRange<Int>) throws -> Int {
            guard let value = json[key]?.integer, range.contains(value) else { throw wrong(key, "an integer, \(range.lowerBound) to \(range.upperBound)") }
            return value
        }
        logicalName = try text("lfn")
        update = try integer("update", 0...Int.max)
        format = try text("format")
        extents = (json["extents_xyzt"]?.array ?? []).compactMap(\.integer)
        guard extents.count == 4, extents.allSatisfy({ (1...1 << 15).contains($0) }) else { throw wrong("extents_xyzt", "four numbers of sites") }
        bits = try integer("precision", 32...64)
        checksum = UInt32(truncatingIfNeeded: try integer("cksum", 0...Int(UInt32.max)))
        bytes = try integer("payload_bytes", 0...Int.max)
        guard let plaquette = json["plaquette"]?.double, plaquette.isFinite else { throw wrong("plaquette", "a number") }
        self.plaquette = plaquette
        locations = (json["locations"]?.array ?? []).compactMap(\.string)
        guard locations.count == json["locations"]?.array?.count else { throw wrong("locations", "a list of texts") }
        for location in locations { try Self.check(location) }
    }

    /// Whether a location is a path, or a URL of a form that is known.
    static func check(_ location: String) throws {
        guard let scheme = location.range(of: "://") else { return }
        switch location[..<scheme.lowerBound] {
        case "rucio": _ = try RucioURL(location)
        case "file", "https", "root", "davs", "srm", "gsiftp": return
        default: throw CatalogueError("location '\(location)': unknown scheme; wanted a path, rucio://, file://, https://, root://, davs://, srm:// or gsiftp://")
        }
    }

    /// A path on this machine, if the location is one.
    static func path(_ location: String) -> String? {
        if location.hasPrefix("file://") { return String(location.dropFirst("file://".count)) }
        return location.contains("://") ? nil : location
    }
}

extension String {
    /// First occurrence of a text, without Foundation.
    fileprivate func range(of text: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
