/// Makes the stored bytes of one FrVect.
struct VectorEncoder {
    let compression: FrameCompression
    let isLittleEndian: Bool

    private var swaps: Bool { isLittleEndian != (1.littleEndian == 1) }

    /// The bytes and FrVect.compress. Throws if a text is longer than the format's 65,534 bytes.
    func encode(_ samples: Samples, text: (String) throws -> [UInt8]) throws -> (bytes: [UInt8], number: UInt16) {
        let (bytes, stored): ([UInt8], StoredCompression) =
            if case .text(let texts) = samples {
                (try texts.flatMap(text), .raw)
            } else {
                samples.withBytes { choose($0, samples.type) }
            }
        return (bytes, stored.rawValue + (isLittleEndian ? StoredCompression.littleEndianMark : 0))
    }

    private func choose(_ values: UnsafeRawBufferPointer, _ type: SampleType) -> ([UInt8], StoredCompression) {
        // Only what all libraries read alike. FrameL neither suppresses complex values nor adds differences of INT_8U up, and takes
        // suppressed 8-byte words of the other byte order for something else.
        let suppresses = type.size == type.wordSize && (isLittleEndian || type.size < 8)
        let suppression = suppresses ? StoredCompression.zeroSuppress(wordSize: type.size) : nil
        let differs = type.isInteger && type.size > 1 && type != .uint64
        let candidates: [StoredCompression] =
            switch compression {
            case .raw: []
            case .gzip: [.gzip]
            case .differenceGzip: [differs ? .differenceGzip : .gzip]
            case .zeroSuppress: [suppression ?? .gzip]
            case .zeroSuppressOrGzip: [type.isInteger ? suppression ?? .gzip : .gzip]
            case .smallest: [.gzip] + (differs ? [.differenceGzip] : []) + (suppression.map { [$0] } ?? [])
            }
        var best: ([UInt8], StoredCompression)?
        for candidate in candidates {
            let bytes = compress(values, type, candidate)
            if !bytes.isEmpty, bytes.count < best?.0.count ?? values.count { best = (bytes, candidate) }
        }
        return best ?? (ordered(values, type), .raw)
    }

    private func ordered(_ values: UnsafeRawBufferPointer, _ type: SampleType) -> [UInt8] {
        var bytes = [UInt8](values)
        if swaps { bytes.withUnsafeMutableBytes { Words.swapOrder($0, wordSize: type.wordSize) } }
        return bytes
    }

    private func compress(_ values: UnsafeRawBufferPointer, _ type: SampleType, _ stored: StoredCompression) -> [UInt8] {
        switch stored {
        case .raw: return ordered(values, type)
        case .gzip: return ordered(values, type).withUnsafeBytes { Deflate.deflate($0, level: 6) }
        case .differenceGzip:
            var bytes = [UInt8](values)
            return bytes.withUnsafeMutableBytes { buffer in
                Words.differentiate(buffer, wordSize: type.wordSize)
                if swaps { Words.swapOrder(buffer, wordSize: type.wordSize) }
                return Deflate.deflate(UnsafeRawBufferPointer(buffer), level: 6)
            }
        case .zeroSuppress2: return suppress(values.bindMemory(to: UInt16.self))
        case .zeroSuppress4: return suppress(values.bindMemory(to: UInt32.self))
        case .zeroSuppress8: return suppress(values.bindMemory(to: UInt64.self))
        }
    }

    private func suppress<W: FixedWidthInteger & UnsignedInteger>(_ words: UnsafeBufferPointer<W>) -> [UInt8] {
        var bytes = ZeroSuppression.suppress(words)
        if swaps { bytes.withUnsafeMutableBytes { Words.swapOrder($0, wordSize: W.bitWidth / 8) } }
        return bytes
    }
}

extension Samples {
    /// The values as they lie in memory; none for text.
    package func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        switch self {
        case .int8(let x): try x.withUnsafeBytes(body)
        case .uint8(let x): try x.withUnsafeBytes(body)
        case .int16(let x): try x.withUnsafeBytes(body)
        case .uint16(let x): try x.withUnsafeBytes(body)
        case .int32(let x): try x.withUnsafeBytes(body)
        case .uint32(let x): try x.withUnsafeBytes(body)
        case .int64(let x): try x.withUnsafeBytes(body)
        case .uint64(let x): try x.withUnsafeBytes(body)
        case .float32(let x): try x.withUnsafeBytes(body)
        case .float64(let x): try x.withUnsafeBytes(body)
        case .complex64(let x): try x.withUnsafeBytes(body)
        case .complex128(let x): try x.withUnsafeBytes(body)
        case .text: try body(UnsafeRawBufferPointer(start: nil, count: 0))
        }
    }
}
