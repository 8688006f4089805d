import MessagePassing

/// The file formats of SU(3) configurations.
public enum GaugeFormat: String, CaseIterable, Sendable {
    /// LIME records with `ildg-format`, `ildg-binary-data` (ILDG file format 1.2).
    case ildg
    /// The same inside SciDAC records, as QIO writes them.
    case scidac
    /// ASCII header, as of the Gauge Connection (NERSC).
    case nersc
    /// MILC, version 5, single precision.
    case milc
    /// openQCD and openQxD, type e: double precision, little-endian, the odd points with all their links.
    case openqcd
}

/// What a file's header says, and what its payload must agree with.
public struct GaugeFileHeader: Sendable {
    public var format: GaugeFormat
    /// Sites along t, z, y, x.
    public var extents: [Int]
    public var numbers: NumberFormat
    /// Rows of a matrix that are stored: 3, or 2.
    public var rows = 3
    /// First byte of the payload, and its length.
    public var payload: ByteRange
    /// Average of Re tr of a plaquette over 3, of a link over 3; with the tolerance of the format.
    public var plaquette: (value: Double, tolerance: Double)?
    public var linkTrace: (value: Double, tolerance: Double)?
    public var scidacChecksum: SIMD2<UInt32>?
    public var nerscChecksum: UInt32?
    public var milcChecksum: SIMD2<UInt32>?
    /// Logical file name, `mc://...` or `lfn://...`.
    public var logicalName: String?
    /// What else the header holds, in its order: kept when a file is written again in its own format.
    public var fields: [(name: String, value: String)] = []

    public struct ByteRange: Hashable, Sendable {
        public let offset: Int
        public let count: Int
    }

    public var siteCount: Int { extents.reduce(1, *) }
    /// Lattice sizes as people write them: x, y, z, t.
    public var text: String { extents.reversed().map(String.init).joined(separator: "x") }

    /// Extents that a machine can hold; each 1 to 2^15 and the volume below 2^40.
    static func areSensible(_ extents: [Int]) -> Bool {
        extents.count == 4 && extents.allSatisfy { (1...1 << 15).contains($0) } && extents.reduce(1.0) { $0 * Double($1) } < 0x1p40
    }
}

/// What is wrong with a file, or with a request to read or write it: file, field, found, wanted.
public struct GaugeFileError: Error, ExitCoded, CustomStringConvertible, Equatable {
    public let description: String
    public let exitCode: Int32

    public init(_ path: String, _ message: String, exitCode: Int32 = 65) {
        description = "\(path): \(message)"
        self.exitCode = exitCode
    }
}
