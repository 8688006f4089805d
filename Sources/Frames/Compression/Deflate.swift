import CDeflate

/// zlib streams (RFC 1950), by libdeflate.
enum Deflate {
    /// Inflates `source` into exactly `count` bytes at `out`; says what is wrong, or nil.
    static func inflate(_ source: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer) -> String? {
        guard let decompressor = libdeflate_alloc_decompressor() else { return "no memory to inflate with" }
        defer { libdeflate_free_decompressor(decompressor) }
        var length = 0
        let result = libdeflate_zlib_decompress(decompressor, source.baseAddress, source.count, out.baseAddress, out.count, &length)
        switch result {
        case LIBDEFLATE_SUCCESS where length == out.count: return nil
        case LIBDEFLATE_SUCCESS: return "a zlib stream of \(length) bytes"
        case LIBDEFLATE_INSUFFICIENT_SPACE: return "a zlib stream that is longer"
        default: return "no whole and valid zlib stream"
        }
    }

    /// All of a stream of at most `limit` bytes; nil if it is damaged or longer.
    static func inflate(_ source: UnsafeRawBufferPointer, limit: Int) -> [UInt8]? {
        guard let decompressor = libdeflate_alloc_decompressor() else { return nil }
        defer { libdeflate_free_decompressor(decompressor) }
        var size = min(limit, max(4096, source.count * 8))
        while true {
            var result = LIBDEFLATE_SUCCESS
            let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
                var length = 0
                result = libdeflate_zlib_decompress(decompressor, source.baseAddress, source.count, buffer.baseAddress, size, &length)
                filled = result == LIBDEFLATE_SUCCESS ? length : 0
            }
            if result == LIBDEFLATE_SUCCESS { return bytes }
            guard result == LIBDEFLATE_INSUFFICIENT_SPACE, size < limit else { return nil }
            size = min(limit, size * 4)
        }
    }

    /// - Returns: the stream; nothing without memory, which is never the smaller one, so that the values stay as they are.
    static func deflate(_ source: UnsafeRawBufferPointer, level: Int32) -> [UInt8] {
        guard let compressor = libdeflate_alloc_compressor(level) else { return [] }
        defer { libdeflate_free_compressor(compressor) }
        let bound = libdeflate_zlib_compress_bound(compressor, source.count)
        return [UInt8](unsafeUninitializedCapacity: bound) { buffer, filled in
            filled = libdeflate_zlib_compress(compressor, source.baseAddress, source.count, buffer.baseAddress, bound)
        }
    }
}
