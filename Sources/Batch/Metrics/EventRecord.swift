/// TensorBoard's event files: framed records (tensorflow/core/lib/io/record_writer.h), each an `Event` message
/// (tensorboard/compat/proto/event.proto) in protocol-buffer encoding.
enum EventRecord {
    /// The first record of every file.
    static func fileVersion(wallTime: Double) -> [UInt8] {
        frame(double(1, wallTime) + bytes(3, Array("brain.Event:2".utf8)))
    }

    /// Scalars of one step.
    static func scalars(_ values: [(tag: String, value: Double)], step: Int, wallTime: Double) -> [UInt8] {
        let summary = values.flatMap { tag, value in
            bytes(1, bytes(1, Array(tag.utf8)) + key(2, 5) + little(Float(value).bitPattern))
        }
        return frame(double(1, wallTime) + key(2, 0) + varint(UInt64(bitPattern: Int64(step))) + bytes(5, summary))
    }

    /// The whole records at the start of a file, with the step of each; what is torn or corrupt, and all after it, is left out.
    static func split(_ file: [UInt8]) -> [(step: Int, record: ArraySlice<UInt8>)] {
        var records: [(Int, ArraySlice<UInt8>)] = []
        var rest = file[...]
        while rest.count >= 16 {
            let start = rest.startIndex
            let length = number(rest[start..<start + 8])
            guard UInt32(number(rest[start + 8..<start + 12])) == CRC32C.masked(rest[start..<start + 8]),
                length <= UInt64(rest.count - 16)
            else { break }
            let payload = rest[start + 12..<start + 12 + Int(length)]
            let end = payload.endIndex + 4
            guard UInt32(number(rest[payload.endIndex..<end])) == CRC32C.masked(payload) else { break }
            records.append((step(of: payload), rest[start..<end]))
            rest = rest[end...]
        }
        return records
    }

    /// Field 2 of an event; 0 where it is absent, as protocol buffers mean it.
    private static func step(of payload: ArraySlice<UInt8>) -> Int {
        var position = payload.startIndex
        while position < payload.endIndex {
            guard let tag = readVarint(payload, &position) else { return 0 }
            switch (tag >> 3, tag & 7) {
            case (2, 0): return readVarint(payload, &position).map { Int(Int64(bitPattern: $0)) } ?? 0
            case (_, 0): _ = readVarint(payload, &position)
            case (_, 1): position += 8
            case (_, 2):
                guard let length = readVarint(payload, &position), length <= UInt64(payload.count) else { return 0 }
                position += Int(length)
            case (_, 5): position += 4
            default: return 0
            }
        }
        return 0
    }

    private static func readVarint(_ bytes: ArraySlice<UInt8>, _ position: inout Int) -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < bytes.endIndex, shift < 64 {
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }

    private static func frame(_ payload: [UInt8]) -> [UInt8] {
        let length = little(UInt64(payload.count))
        return length + little(CRC32C.masked(length)) + payload + little(CRC32C.masked(payload))
    }

    private static func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
        (0..<T.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> T(8 * $0)) }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func varint(_ value: UInt64) -> [UInt8] {
        var rest = value
        var out: [UInt8] = []
        while rest >= 0x80 {
            out.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return out + [UInt8(rest)]
    }

    private static func key(_ field: UInt64, _ type: UInt64) -> [UInt8] { varint(field << 3 | type) }
    private static func double(_ field: UInt64, _ value: Double) -> [UInt8] { key(field, 1) + little(value.bitPattern) }
    private static func bytes(_ field: UInt64, _ value: [UInt8]) -> [UInt8] { key(field, 2) + varint(UInt64(value.count)) + value }
}
