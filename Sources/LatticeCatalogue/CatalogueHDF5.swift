import Batch
import ParallelHDF5

/// A catalogue as an HDF5 file, column by column: what a notebook reads without us.
///
///     attributes   format, version, ensemble; lfn and file_format, a text a configuration; locations, a text a copy
///     datasets     update, payload_bytes, plaquette, cksum, precision [N], extents_xyzt [N, 4], location_configuration [copies]
enum CatalogueHDF5 {
    /// Whether a path asks for HDF5.
    static func isMeant(by path: String) -> Bool { path.hasSuffix(".h5") || path.hasSuffix(".hdf5") }

    /// One rank alone, *not collective*.
    static func write(_ catalogue: Catalogue, to path: String) throws {
        try HDF5File.with(HDF5File.create(path, communicator: nil)) { file in
            let root = file.root, entries = catalogue.entries
            try root.setAttribute("format", Catalogue.format)
            try root.setAttribute("version", Int64(1))
            try root.setAttribute("ensemble", catalogue.ensemble)
            try root.setAttribute("lfn", entries.map(\.logicalName))
            try root.setAttribute("file_format", entries.map(\.format))
            try root.setAttribute("locations", entries.flatMap(\.locations))
            try root.write("update", entries.map { Int64($0.update) }, units: "1")
            try root.write("payload_bytes", entries.map { Int64($0.bytes) }, units: "byte")
            try root.write("plaquette", entries.map(\.plaquette), units: "1")
            try root.write("cksum", entries.map { Int64($0.checksum) }, units: "1")
            try root.write("precision", entries.map { Int32($0.bits) }, units: "bit")
            try root.write("extents_xyzt", entries.flatMap { $0.extents.map { Int32($0) } }, shape: [entries.count, 4], units: "1")
            try root.write("location_configuration", entries.enumerated().flatMap { index, entry in entry.locations.map { _ in Int64(index) } }, units: "1")
        }
    }

    /// - Throws: `CatalogueError` naming the file and what does not fit; `HDF5Error`.
    static func read(_ path: String) throws -> (ensemble: String, entries: [CatalogueEntry]) {
        try HDF5File.with(HDF5File.open(path, communicator: nil)) { file in
            let root = file.root
            let kind = try root.hasAttribute("format") ? root.stringAttribute("format") : "missing"
            guard kind == Catalogue.format, try root.attribute("version", as: Int64.self) == 1 else {
                throw CatalogueError("\(path): format is \(kind), wanted \"\(Catalogue.format)\", version 1")
            }
            let names = try root.stringAttributes("lfn"), formats = try root.stringAttributes("file_format"), locations = try root.stringAttributes("locations")
            let updates = try root.read("update", as: Int64.self), bytes = try root.read("payload_bytes", as: Int64.self)
            let plaquettes = try root.read("plaquette", as: Double.self), sums = try root.read("cksum", as: Int64.self), bits = try root.read("precision", as: Int32.self)
            let extents = try root.read("extents_xyzt", as: Int32.self), owners = try root.read("location_configuration", as: Int64.self)
            let count = names.count
            guard [formats.count, updates.count, bytes.count, plaquettes.count, sums.count, bits.count].allSatisfy({ $0 == count }), extents.count == 4 * count,
                owners.count == locations.count, owners.allSatisfy({ (0..<Int64(count)).contains($0) })
            else { throw CatalogueError("\(path): columns of different lengths, wanted one number of each for \(count) configurations") }
            let entries = try (0..<count).map { index -> CatalogueEntry in
                // Checked as the members of the JSON form are.
                try CatalogueEntry(
                    json: [
                        "lfn": .string(names[index]), "update": .integer(Int(updates[index])), "format": .string(formats[index]),
                        "extents_xyzt": .array(extents[4 * index..<4 * index + 4].map { .integer(Int($0)) }), "precision": .integer(Int(bits[index])),
                        "cksum": .integer(Int(sums[index])), "payload_bytes": .integer(Int(bytes[index])), "plaquette": .number(plaquettes[index]),
                        "locations": .array(zip(owners, locations).filter { $0.0 == index }.map { .string($0.1) }),
                    ], place: "\(path), configuration \(index + 1)")
            }
            return (try root.stringAttribute("ensemble"), entries)
        }
    }
}
