/// The record `scidac-checksum` of QIO: two sums of 32 bits as hexadecimal digits.
enum SciDACChecksumRecord {
    static let type = "scidac-checksum"

    /// The record, the last of its message.
    static func bytes(_ sums: SIMD2<UInt32>) -> [UInt8] {
        LIMERecords.record(
            type,
            "\(LIMERecords.declaration)<scidacChecksum><version>1.0</version><suma>\(sums.x.hexadecimal)</suma><sumb>\(sums.y.hexadecimal)</sumb></scidacChecksum>",
            ends: true)
    }

    /// - Throws: `GaugeFileError` naming the sum that is missing or no number.
    static func read(_ file: FileBytes, _ record: LIMERecord) throws -> SIMD2<UInt32> {
        let xml = try LIMERecords.text(file, record)
        func sum(_ tag: String) throws -> UInt32 {
            guard let digits = XMLText.value(of: tag, in: xml), let value = UInt32(digits, radix: 16) else {
                throw file.error("record \(type): <\(tag)> is missing or no hexadecimal number; wanted 32 bits")
            }
            return value
        }
        return SIMD2(try sum("suma"), try sum("sumb"))
    }
}
