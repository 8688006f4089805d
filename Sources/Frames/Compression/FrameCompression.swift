/// How a writer stores the values of vectors. Nothing is stored larger than it is: what does not shrink stays raw.
public enum FrameCompression: String, Sendable, CaseIterable {
    case raw
    /// zlib.
    case gzip
    /// First differences of integers of 2 bytes or more but INT_8U, then zlib; the rest as `gzip`.
    case differenceGzip = "diff-gzip"
    /// Zero suppression of integers and real numbers of 2, 4 or 8 bytes; the rest, and 8 bytes in big-endian files, as `gzip`.
    case zeroSuppress = "zero-suppress"
    /// Zero suppression of integers, zlib for the rest: what frameCPP does by default.
    case zeroSuppressOrGzip = "zero-suppress-or-gzip"
    /// For each vector the smallest of all.
    case smallest
}

/// FrVect.compress without the mark of byte order.
enum StoredCompression: UInt16, CaseIterable {
    case raw = 0, gzip = 1, differenceGzip = 3, zeroSuppress2 = 5, zeroSuppress4 = 8, zeroSuppress8 = 10

    /// Added to the number where the data are little-endian.
    static let littleEndianMark: UInt16 = 256

    var wordSize: Int? {
        switch self {
        case .zeroSuppress2: 2
        case .zeroSuppress4: 4
        case .zeroSuppress8: 8
        default: nil
        }
    }

    static func zeroSuppress(wordSize: Int) -> StoredCompression? {
        switch wordSize {
        case 2: .zeroSuppress2
        case 4: .zeroSuppress4
        case 8: .zeroSuppress8
        default: nil
        }
    }
}
