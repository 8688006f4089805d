/// Makes values of the stored bytes of one FrVect.
struct VectorDecoder {
    let place: Place
    let type: SampleType
    let compression: StoredCompression
    let isLittleEndian: Bool

    /// No compression of the format makes more than this many bytes of one, at block lengths that writers use; so memory for the
    /// values is bounded by the size of the file before they are decoded. (deflate: 1032.)
    static let largestExpansion = 1032

    /// `number`: FrVect.compress; `type`: FrVect.type.
    init(place: Place, compression number: UInt16, type: UInt16) throws {
        self.place = place
        guard let known = SampleType(rawValue: type) else { throw place.error("type", found: type, wanted: "0 to 12") }
        self.type = known
        isLittleEndian = number & StoredCompression.littleEndianMark != 0
        guard number < 512, let stored = StoredCompression(rawValue: number & 0xff) else {
            throw place.error("compress", found: number, wanted: "0, 1, 3, 5, 8 or 10, and 256 more if little-endian")
        }
        compression = stored
        if let size = stored.wordSize, size != known.wordSize {
            throw place.error("compress", found: "zero suppression of \(size)-byte words for \(known)", wanted: "words of \(known.wordSize) bytes")
        }
        if stored == .differenceGzip, known == .text { throw place.error("compress", found: "differences of text", wanted: "0 or 1") }
    }

    private var swaps: Bool { isLittleEndian != (1.littleEndian == 1) }

    func decode(_ stored: UnsafeRawBufferPointer, count: UInt64) throws -> Samples {
        if type == .text { return .text(try texts(stored, count: count)) }
        let limit = compression == .raw ? stored.count : stored.count.multipliedReportingOverflow(by: Self.largestExpansion).partialValue + 64
        guard let count = Int(exactly: count), count <= limit / type.size else {
            throw place.error("nData", found: "\(count) values of \(type) in \(stored.count) bytes", wanted: "what they can hold")
        }
        return switch type {
        case .int8: .int8(try values(stored, count))
        case .uint8: .uint8(try values(stored, count))
        case .int16: .int16(try values(stored, count))
        case .uint16: .uint16(try values(stored, count))
        case .int32: .int32(try values(stored, count))
        case .uint32: .uint32(try values(stored, count))
        case .int64: .int64(try values(stored, count))
        case .uint64: .uint64(try values(stored, count))
        case .float32: .float32(try values(stored, count))
        case .float64: .float64(try values(stored, count))
        case .complex64: .complex64(try values(stored, count))
        case .complex128: .complex128(try values(stored, count))
        case .text: .text([])
        }
    }

    private func values<T: BitwiseCopyable>(_ stored: UnsafeRawBufferPointer, _ count: Int) throws -> [T] {
        try [T](unsafeUninitializedCapacity: count) { buffer, filled in
            try fill(UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count * type.size), from: stored)
            filled = count
        }
    }

    private func fill(_ out: UnsafeMutableRawBufferPointer, from stored: UnsafeRawBufferPointer) throws {
        switch compression {
        case .raw:
            guard stored.count == out.count else { throw place.error("nBytes", found: stored.count, wanted: "\(out.count) for the values") }
            out.copyMemory(from: stored)
        case .gzip, .differenceGzip:
            if out.count == 0 { return }
            if let wrong = Deflate.inflate(stored, into: out) { throw place.error("data", found: wrong, wanted: "\(out.count) bytes") }
        case .zeroSuppress2: try expand(stored, out.bindMemory(to: UInt16.self))
        case .zeroSuppress4: try expand(stored, out.bindMemory(to: UInt32.self))
        case .zeroSuppress8: try expand(stored, out.bindMemory(to: UInt64.self))
        }
        if swaps, compression.wordSize == nil { Words.swapOrder(out, wordSize: type.wordSize) }
        // frameCPP suppresses all real parts, then all imaginary ones.
        if compression.wordSize != nil, type.wordSize < type.size { Words.interleave(out, wordSize: type.wordSize) }
        if compression == .differenceGzip { Words.integrate(out, wordSize: type.wordSize) }
    }

    private func expand<W: FixedWidthInteger & UnsignedInteger>(_ stored: UnsafeRawBufferPointer, _ out: UnsafeMutableBufferPointer<W>) throws {
        var good = false
        if swaps {
            // The stream consists of words in the writer's order.
            var copy = [UInt8](stored)
            copy.withUnsafeMutableBytes {
                Words.swapOrder($0, wordSize: W.bitWidth / 8)
                good = ZeroSuppression.expand(UnsafeRawBufferPointer($0), into: out)
            }
        } else {
            good = ZeroSuppression.expand(stored, into: out)
        }
        guard good else { throw place.error("data", found: "\(stored.count) bytes of a zero-suppressed stream that ends early", wanted: "\(out.count) values") }
    }

    private func texts(_ stored: UnsafeRawBufferPointer, count: UInt64) throws -> [String] {
        var bytes = [UInt8](stored)
        if compression == .gzip {
            guard let inflated = Deflate.inflate(stored, limit: stored.count * Self.largestExpansion) else {
                throw place.error("data", found: "no valid zlib stream", wanted: "text")
            }
            bytes = inflated
        } else if compression != .raw {
            throw place.error("compress", found: compression, wanted: "raw or gzip for text")
        }
        guard let count = Int(exactly: count), count <= bytes.count / 2 else {
            throw place.error("nData", found: "\(count) strings in \(bytes.count) bytes", wanted: "what they can hold")
        }
        var cursor = FieldCursor(bytes, from: 0, to: bytes.count, swapped: swaps, place: place)
        return try (0..<count).map { _ in try cursor.text("data") }
    }
}
