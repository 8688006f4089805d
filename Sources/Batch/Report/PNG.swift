import CZlib

/// A picture of pixels as a PNG file (ISO/IEC 15948), 8-bit red, green and blue: how a heat map gets into a drawing.
struct PNG {
    let bytes: [UInt8]

    /// `pixels` row by row from the top.
    init?(width: Int, height: Int, pixels: [(red: UInt8, green: UInt8, blue: UInt8)]) {
        guard width > 0, height > 0, pixels.count == width * height, let columns = UInt32(exactly: width), let rows = UInt32(exactly: height)
        else { return nil }
        var raw: [UInt8] = []
        raw.reserveCapacity(height * (3 * width + 1))
        for y in 0..<height {
            raw.append(0)
            for pixel in pixels[y * width..<(y + 1) * width] { raw += [pixel.red, pixel.green, pixel.blue] }
        }
        var size = compressBound(UInt(raw.count))
        var packed = [UInt8](repeating: 0, count: Int(size))
        guard compress2(&packed, &size, raw, UInt(raw.count), 9) == Z_OK else { return nil }
        let header = Self.big(columns) + Self.big(rows) + [8, 2, 0, 0, 0]
        bytes =
            [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] + Self.chunk("IHDR", header)
            + Self.chunk("IDAT", Array(packed[..<Int(size)])) + Self.chunk("IEND", [])
    }

    /// The file as a `data:` address.
    var address: String { "data:image/png;base64," + Self.base64(bytes) }

    private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
        let body = Array(type.utf8) + data
        return big(UInt32(data.count)) + body + big(UInt32(truncatingIfNeeded: crc32(0, body, UInt32(body.count))))
    }

    private static func big(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * UInt32($0))) } }

    static func base64(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var out: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let three = bytes[start..<min(start + 3, bytes.count)]
            let word = three.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - three.count))
            for i in 0..<4 { out.append(i <= three.count ? digits[word >> (18 - 6 * i) & 63] : UInt8(ascii: "=")) }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
