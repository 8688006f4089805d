import CZlib

/// zlib streams (RFC 1950).
enum Deflate {
    /// Inflates `source` into exactly `count` bytes at `out`; says what is wrong, or nil.
    static func inflate(_ source: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer) -> String? {
        var nothing: UInt8 = 0
        var length = uLongf(out.count)
        let code = withUnsafeMutablePointer(to: &nothing) { spare in
            uncompress(
                out.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? spare, &length,
                source.baseAddress?.assumingMemoryBound(to: UInt8.self), uLong(source.count))
        }
        switch code {
        case Z_OK where Int(length) == out.count: return nil
        case Z_OK: return "a zlib stream of \(length) bytes"
        case Z_BUF_ERROR: return "a zlib stream that is cut short or longer"
        default: return "no valid zlib stream"
        }
    }

    /// All of a stream of at most `limit` bytes; nil if it is damaged or longer.
    static func inflate(_ source: UnsafeRawBufferPointer, limit: Int) -> [UInt8]? {
        var size = min(limit, max(4096, source.count * 8))
        while true {
            var length = uLongf(size)
            var code: Int32 = Z_OK
            let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
                code = uncompress(buffer.baseAddress, &length, source.baseAddress?.assumingMemoryBound(to: UInt8.self), uLong(source.count))
                filled = code == Z_OK ? Int(length) : 0
            }
            if code == Z_OK { return bytes }
            guard code == Z_BUF_ERROR, size < limit else { return nil }
            size = min(limit, size * 4)
        }
    }

    static func deflate(_ source: UnsafeRawBufferPointer, level: Int32) -> [UInt8] {
        var length = compressBound(uLong(source.count))
        return [UInt8](unsafeUninitializedCapacity: Int(length)) { buffer, filled in
            let code = compress2(
                buffer.baseAddress, &length, source.baseAddress?.assumingMemoryBound(to: UInt8.self), uLong(source.count), level)
            // Fails only without memory; an empty stream is never the smaller one, so the values stay as they are.
            filled = code == Z_OK ? Int(length) : 0
        }
    }
}
