import Batch
import GaugeFiles
import Glibc
import MessagePassing

/// The configurations of one ensemble, in one file, JSON or (`.h5`) HDF5, that is replaced whole. Nothing is listed that did not verify.
public struct Catalogue: Equatable, Sendable {
    public static let format = "didymos configuration catalogue"
    /// `markovChainURI` of QCDml.
    public var ensemble: String
    /// In rising order of updates.
    public private(set) var entries: [CatalogueEntry] = []

    public init(ensemble: String) { self.ensemble = ensemble }

    /// - Throws: `CatalogueError` naming file, entry and member.
    public init(path: String) throws {
        if CatalogueHDF5.isMeant(by: path) {
            let (ensemble, list) = try CatalogueHDF5.read(path)
            self.ensemble = ensemble
            for entry in list { try insert(entry) }
            return
        }
        guard let text = String(validating: try Files.read(path), as: UTF8.self) else { throw CatalogueError("\(path): not UTF-8 text, so no catalogue") }
        let json = try JSON(parsing: text, name: path)
        guard json["format"]?.string == Self.format, json["version"]?.integer == 1 else {
            throw CatalogueError("\(path): format is \(json["format"]?.text.prefix(80) ?? "missing"), wanted \"\(Self.format)\", version 1")
        }
        guard let ensemble = json["ensemble"]?.string, let list = json["configurations"]?.array else {
            throw CatalogueError("\(path): ensemble or configurations is missing")
        }
        self.ensemble = ensemble
        for (index, entry) in list.enumerated() { try insert(CatalogueEntry(json: entry, place: "\(path), configuration \(index + 1)")) }
    }

    /// *Not collective.* Another name's file until it is whole.
    public func write(_ path: String) throws {
        if CatalogueHDF5.isMeant(by: path) {
            let temporary = "\(path).writing"
            do {
                try CatalogueHDF5.write(self, to: temporary)
                guard rename(temporary, path) == 0 else { throw CatalogueError("\(path): cannot be written: \(String(cString: strerror(errno)))") }
            } catch {
                unlink(temporary)
                throw error
            }
            return
        }
        let json: JSON = [
            "format": .string(Self.format), "version": 1, "ensemble": .string(ensemble), "configurations": .array(entries.map(\.json)),
        ]
        try Files.writeAtomically(path, Array(json.prettyText.utf8))
    }

    /// Adds a configuration, or the locations of one that is listed. - Throws: `CatalogueError` when a listed one differs.
    public mutating func insert(_ entry: CatalogueEntry) throws {
        for location in entry.locations { try CatalogueEntry.check(location) }
        guard let index = entries.firstIndex(where: { $0.logicalName == entry.logicalName }) else {
            if let other = entries.first(where: { $0.update == entry.update }) {
                throw CatalogueError("\(entry.logicalName): update \(entry.update) is already \(other.logicalName)")
            }
            entries.insert(entry, at: entries.firstIndex { $0.update > entry.update } ?? entries.endIndex)
            return
        }
        let listed = entries[index]
        guard listed.checksum == entry.checksum, listed.bytes == entry.bytes, listed.update == entry.update else {
            throw CatalogueError(
                "\(entry.logicalName): cksum \(entry.checksum) of \(entry.bytes) bytes, update \(entry.update); listed with \(listed.checksum) of \(listed.bytes), update \(listed.update)")
        }
        entries[index].locations += entry.locations.filter { !listed.locations.contains($0) }
    }

    /// Adds a location to a configuration that is listed.
    public mutating func add(location: String, to logicalName: String) throws {
        guard let index = entries.firstIndex(where: { $0.logicalName == logicalName }) else { throw CatalogueError("\(logicalName) is not in the catalogue") }
        try CatalogueEntry.check(location)
        if !entries[index].locations.contains(location) { entries[index].locations.append(location) }
    }

    /// One copy and what became of it.
    public struct Verified: Sendable {
        public let logicalName: String
        public let location: String
        /// nil when it verified; the reason otherwise.
        public let fault: String?
        /// Whether it lies elsewhere, so that nothing was read.
        public let isRemote: Bool
    }

    /// Reads every local copy whole and compares it with its entry. *Collective.*
    public func verify(_ communicator: Communicator) -> [Verified] {
        entries.flatMap { entry in
            entry.locations.map { location in
                guard let path = CatalogueEntry.path(location) else {
                    return Verified(logicalName: entry.logicalName, location: location, fault: nil, isRemote: true)
                }
                var fault: String?
                do {
                    let found = try GaugeFile.read(path, communicator: communicator)
                    if found.checksums.posix != entry.checksum {
                        fault = "\(path): cksum \(found.checksums.posix), listed \(entry.checksum)"
                    } else if found.header.logicalName.map({ $0 != entry.logicalName }) ?? false {
                        fault = "\(path): names itself \(found.header.logicalName ?? ""), listed as \(entry.logicalName)"
                    }
                } catch { fault = "\(error)" }
                return Verified(logicalName: entry.logicalName, location: location, fault: fault, isRemote: false)
            }
        }
    }
}
