import Numerics

/// Puts the bytes of structures together in the order and byte order of one file.
struct StructureBuilder {
    private(set) var bytes: [UInt8] = []
    let swapped: Bool
    let file: String

    init(swapped: Bool, file: String) { (self.swapped, self.file) = (swapped, file) }

    mutating func put<T: FixedWidthInteger>(_ value: T) {
        withUnsafeBytes(of: swapped ? value.byteSwapped : value) { bytes.append(contentsOf: $0) }
    }

    mutating func put(_ value: Float) { put(value.bitPattern) }
    mutating func put(_ value: Double) { put(value.bitPattern) }
    mutating func put(raw: some Collection<UInt8>) { bytes.append(contentsOf: raw) }

    mutating func put(_ pointer: StructurePointer) {
        put(pointer.classIdentifier)
        put(pointer.instance)
    }

    /// A string with its length and NUL. Throws if it is too long or has a NUL inside.
    mutating func put(_ text: String) throws { put(raw: try encoded(text)) }

    func encoded(_ text: String) throws -> [UInt8] {
        let utf8 = Array(text.utf8)
        guard utf8.count < 65_535, !utf8.contains(0) else {
            throw FrameError(.request, file: file, "found a string of \(utf8.count) bytes, \"\(text.prefix(40))...\", wanted at most 65534 without NUL")
        }
        let length = UInt16(utf8.count + 1)
        let size = swapped ? length.byteSwapped : length
        return withUnsafeBytes(of: size) { Array($0) } + utf8 + [0]
    }

    /// Starts a structure; its length is filled in by `end`. Returns where it begins in `bytes`.
    mutating func begin(_ classIdentifier: UInt8, instance: UInt32) -> Int {
        let start = bytes.count
        put(UInt64(0))
        put(raw: [1, classIdentifier])
        put(instance)
        return start
    }

    /// Ends the structure that began at `start` with its length and checksum.
    mutating func end(_ start: Int) {
        setLength(start, bytes.count + 4 - start)
        put(bytes.withUnsafeBytes { PosixChecksum.of(UnsafeRawBufferPointer(rebasing: $0[start...])) })
    }

    mutating func setLength(_ start: Int, _ length: Int) {
        let value = swapped ? UInt64(length).byteSwapped : UInt64(length)
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: value, toByteOffset: start, as: UInt64.self) }
    }

    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }
}
