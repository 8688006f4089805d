/// What stands before and after the payload of a file that is written.
struct GaugeFileFrame {
    let head: [UInt8]
    let tail: [UInt8]
    let totalBytes: Int

    init(_ plan: GaugeFileHeader, _ observables: LinkObservables, _ checksums: PayloadChecksums, payloadBytes: Int) {
        switch plan.format {
        case .nersc:
            head = NERSCHeader.bytes(plan, observables, checksums)
            tail = []
        case .milc:
            head = MILCHeader.bytes(plan, checksums, timeStamp: plan.fields.first { $0.name == "time_stamp" }?.value ?? "")
            tail = []
        case .openqcd:
            head = OpenQCDHeader.bytes(plan, observables)
            tail = []
        case .ildg, .scidac:
            (head, tail) = Self.lime(plan, checksums, payloadBytes)
        }
        totalBytes = head.count + payloadBytes + tail.count
    }

    private static func lime(_ plan: GaugeFileHeader, _ checksums: PayloadChecksums, _ payloadBytes: Int) -> (head: [UInt8], tail: [UInt8]) {
        let e = plan.extents, bits = plan.numbers.bits
        let declaration = LIMERecords.declaration
        let format =
            declaration
            + "<ildgFormat xmlns=\"http://www.lqcd.org/ildg\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"http://www.lqcd.org/ildg/filefmt.xsd\">"
            + "<version>1.0</version><field>su3gauge</field><precision>\(bits)</precision>"
            + "<lx>\(e[3])</lx><ly>\(e[2])</ly><lz>\(e[1])</lz><lt>\(e[0])</lt></ildgFormat>"
        var head: [UInt8] = []
        func record(_ type: String, _ text: String, begins: Bool = false, ends: Bool = false) {
            head += LIMERecords.record(type, text, begins: begins, ends: ends)
        }
        if plan.format == .scidac {
            let dimensions = e.reversed().map { "\($0) " }.joined()
            record(
                "scidac-private-file-xml",
                declaration + "<scidacFile><version>1.1</version><spacetime>4</spacetime><dims>\(dimensions)</dims><volfmt>0</volfmt></scidacFile>",
                begins: true)
            record("scidac-file-xml", declaration + "<title>SU(3) gauge configuration</title>", ends: true)
            record(
                "scidac-private-record-xml",
                declaration
                    + "<scidacRecord><version>1.1</version><recordtype>0</recordtype><datatype>QDP_\(bits == 32 ? "F" : "D")3_ColorMatrix</datatype>"
                    + "<precision>\(bits == 32 ? "F" : "D")</precision><colors>3</colors><typesize>\(bits * 9 / 4)</typesize><datacount>4</datacount></scidacRecord>",
                begins: true)
            record("scidac-record-xml", declaration + "<info></info>")
        }
        record("ildg-format", format, begins: plan.format == .ildg)
        if let name = plan.logicalName { record("ildg-data-lfn", name) }
        head += LIMERecords.header("ildg-binary-data", count: payloadBytes, beginsMessage: false, endsMessage: false)
        return (head, LIMERecords.padding(after: payloadBytes) + SciDACChecksumRecord.bytes(checksums.scidac))
    }
}

extension GaugeFile.WritingOptions {
    /// The facts of the file to be written. - Throws: `GaugeFileError` when the format cannot hold them.
    func header(extents: [Int], path: String) throws -> GaugeFileHeader {
        var numbers = NumberFormat(bits: bits, isBigEndian: isBigEndian)
        var rows = 3
        switch format {
        case .ildg, .scidac: numbers.isBigEndian = true
        case .nersc: rows = self.rows
        case .milc: numbers.bits = 32
        case .openqcd:
            numbers = NumberFormat(bits: 64, isBigEndian: false)
            guard extents.allSatisfy({ $0 % 2 == 0 }) else {
                throw GaugeFileError(path, "openQCD stores odd points only: wanted even numbers of sites, found \(extents.reversed().map(String.init).joined(separator: "x"))")
            }
        }
        guard numbers.bits == 32 || numbers.bits == 64 else { throw GaugeFileError(path, "precision is \(bits), wanted 32 or 64") }
        guard rows == 2 || rows == 3 else { throw GaugeFileError(path, "rows are \(rows), wanted 2 or 3") }
        let bytes = extents.reduce(1, *) * 24 * rows * numbers.bytes
        var header = GaugeFileHeader(format: format, extents: extents, numbers: numbers, rows: rows, payload: .init(offset: 0, count: bytes))
        header.logicalName = logicalName ?? (format == .ildg || format == .scidac ? origin?.logicalName : nil)
        if let origin, origin.format == format { header.fields = origin.fields }
        return header
    }
}
