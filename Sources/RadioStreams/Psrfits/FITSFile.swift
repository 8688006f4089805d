import CCFITSIO
import Glibc

/// A FITS file through cfitsio, with errors that name file, keyword and column. *Not collective.*
///
/// The functions have cfitsio's short names: its long ones are macros.
final class FITSFile {
    let path: String
    private var file: UnsafeMutablePointer<fitsfile>?
    private var status: Int32 = 0

    /// Opens a file on the disk; names are taken as they are, not as cfitsio's expressions.
    init(path: String, writable: Bool) throws {
        self.path = path
        ffdkopn(&file, path, writable ? READWRITE : READONLY, &status)
        try check("cannot open", exitCode: access(path, R_OK) == 0 ? 65 : 74)
    }

    /// Creates a file with an empty primary array; one of that name is replaced.
    init(creating path: String) throws {
        self.path = path
        unlink(path)
        ffdkinit(&file, path, &status)
        try check("cannot create", exitCode: 74)
        var none = 0
        ffcrim(file, 8, 0, &none, &status)
        try check("cannot create", exitCode: 74)
    }

    deinit {
        if file != nil {
            status = 0
            ffclos(file, &status)
            ffcmsg()
        }
    }

    func close() throws {
        guard file != nil else { return }
        ffclos(file, &status)
        file = nil
        try check("cannot close", exitCode: 74)
    }

    /// Hands header and rows to the operating system.
    func flush() throws {
        ffflus(file, &status)
        try check("cannot write", exitCode: 74)
    }

    private func check(_ what: String, place: String = "", exitCode: Int32 = 65) throws {
        guard status != 0 else { return }
        let code = status
        status = 0
        var text = [CChar](repeating: 0, count: 32)
        ffgerr(code, &text)
        ffcmsg()
        throw StreamError(
            file: path, place: place, reason: "\(what): cfitsio \(code), \(String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))",
            exitCode: exitCode)
    }

    // MARK: Header

    func moveToTable(_ name: String) throws {
        var name = Array(name.utf8CString)
        ffmnhd(file, BINARY_TBL, &name, 0, &status)
        try check("wanted a binary table of that name", place: String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }

    func moveToPrimary() throws {
        ffmahd(file, 1, nil, &status)
        try check("wanted a primary header")
    }

    /// The text of a keyword; nil if it is not there or holds none.
    func text(_ keyword: String) -> String? {
        var value = [CChar](repeating: 0, count: Int(FLEN_VALUE))
        ffgkys(file, keyword, &value, nil, &status)
        guard forgiven() else { return nil }
        let bytes = value.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        let end = bytes.lastIndex { $0 != UInt8(ascii: " ") }.map { $0 + 1 } ?? 0
        return String(decoding: bytes[..<end], as: UTF8.self)
    }

    /// The number of a keyword; nil if it is not there or is not a finite number.
    func real(_ keyword: String) -> Double? {
        var value = 0.0
        ffgky(file, TDOUBLE, keyword, &value, nil, &status)
        return forgiven() && value.isFinite ? value : nil
    }

    func integer(_ keyword: String, default fallback: Int? = nil, in range: ClosedRange<Int>) throws -> Int {
        guard let value = real(keyword), value == value.rounded(), abs(value) < 1e15 else {
            if let fallback { return fallback }
            throw StreamError(
                file: path, place: "keyword \(keyword)", reason: "found '\(text(keyword) ?? "nothing")', wanted \(range.lowerBound) to \(range.upperBound)")
        }
        guard range.contains(Int(value)) else {
            throw StreamError(file: path, place: "keyword \(keyword)", reason: "found \(Int(value)), wanted \(range.lowerBound) to \(range.upperBound)")
        }
        return Int(value)
    }

    func set(_ keyword: String, _ value: String) throws {
        ffukys(file, keyword, value, nil, &status)
        try check("cannot write", place: "keyword \(keyword)", exitCode: 74)
    }

    func set(_ keyword: String, _ value: Int) throws {
        ffukyj(file, keyword, LONGLONG(value), nil, &status)
        try check("cannot write", place: "keyword \(keyword)", exitCode: 74)
    }

    func set(_ keyword: String, _ value: Double) throws {
        var value = value
        ffuky(file, TDOUBLE, keyword, &value, nil, &status)
        try check("cannot write", place: "keyword \(keyword)", exitCode: 74)
    }

    private func forgiven() -> Bool {
        defer { status = 0 }
        if status != 0 { ffcmsg() }
        return status == 0
    }

    // MARK: Table

    var rows: Int {
        var rows: LONGLONG = 0
        ffgnrwll(file, &rows, &status)
        return forgiven() ? Int(rows) : 0
    }

    struct Column {
        let name: String
        let number: Int32
        let type: Int32
        let count: Int
    }

    /// The column of that name; nil if there is none.
    func column(_ name: String) -> Column? {
        var template = Array(name.utf8CString)
        var number: Int32 = 0
        ffgcno(file, 0, &template, &number, &status)
        guard forgiven() else { return nil }
        var type: Int32 = 0
        var repeats: LONGLONG = 0
        var width: LONGLONG = 0
        ffgtclll(file, number, &type, &repeats, &width, &status)
        return forgiven() ? Column(name: name, number: number, type: type, count: Int(repeats)) : nil
    }

    /// Reads numbers of one row (from 1) without the column's own scale; throws if the file ends before.
    func read<T>(_ column: Column, row: Int, as type: Int32, into buffer: UnsafeMutableBufferPointer<T>) throws {
        var anyNull: Int32 = 0
        fftscl(file, column.number, 1, 0, &status)
        ffgcv(file, type, column.number, LONGLONG(row), 1, LONGLONG(buffer.count), nil, buffer.baseAddress, &anyNull, &status)
        try check("cannot read", place: "column \(column.name), row \(row)")
    }

    func doubles(_ column: Column, row: Int) throws -> [Double] {
        var values = [Double](repeating: 0, count: column.count)
        try values.withUnsafeMutableBufferPointer { try read(column, row: row, as: TDOUBLE, into: $0) }
        return values
    }

    func floats(_ column: Column, row: Int) throws -> [Float] {
        var values = [Float](repeating: 0, count: column.count)
        try values.withUnsafeMutableBufferPointer { try read(column, row: row, as: TFLOAT, into: $0) }
        return values
    }

    /// Appends an empty table of these columns.
    func createTable(_ name: String, columns: [(name: String, form: String, unit: String)]) throws {
        func pointers(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] { texts.map { strdup($0) } }
        var names = pointers(columns.map(\.name))
        var forms = pointers(columns.map(\.form))
        var units = pointers(columns.map(\.unit))
        defer { (names + forms + units).forEach { free($0) } }
        ffcrtb(file, BINARY_TBL, 0, Int32(columns.count), &names, &forms, &units, name, &status)
        try check("cannot write", place: "table \(name)", exitCode: 74)
    }

    func write<T>(_ column: Column, row: Int, as type: Int32, _ values: [T]) throws {
        var values = values
        values.withUnsafeMutableBytes {
            _ = ffpcl(file, type, column.number, LONGLONG(row), 1, LONGLONG(column.count), $0.baseAddress, &status)
        }
        try check("cannot write", place: "column \(column.name), row \(row)", exitCode: 74)
    }
}
