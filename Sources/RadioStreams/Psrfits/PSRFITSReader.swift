import CCFITSIO
import Glibc

/// PSRFITS in search mode: rows of NSBLK samples with scales, offsets and weights, first number in the most significant bits.
///
/// A number is `((code - ZERO_OFF) * DAT_SCL + DAT_OFFS) * DAT_WTS`. Source: PSRFITS definition, versions 3.4 and 6.1.
final class PSRFITSReader: StreamReader {
    let file: String
    let header: StreamHeader
    private(set) var incidents: [StreamIncident] = []
    private(set) var position = 0
    let isSeekable = true

    private let fits: FITSFile
    private let data: FITSFile.Column
    private let offsetColumn: FITSFile.Column?
    private let scaleColumns: (scale: FITSFile.Column?, offset: FITSFile.Column?, weight: FITSFile.Column?)
    private let coding: SampleCoding
    private let rowSamples: Int
    private let rows: Int
    private let sampleCount: Int
    private let zero: Float

    private var loadedRow = 0
    private var bytes: [UInt8]
    private var scale: [Float]
    private var offset: [Float]
    private var isScaled = false
    private var lastOffset: (row: Int, seconds: Double)?
    private var hasEnded = false

    init(path: String) throws {
        file = path
        fits = try FITSFile(path: path, writable: false)
        let table = try Self.table(fits)
        (data, rowSamples, rows, sampleCount) = (table.data, table.rowSamples, table.rows, table.samples)
        header = table.header
        offsetColumn = fits.column("OFFS_SUB")
        coding = SampleCoding(bits: header.bits, isSigned: header.isSigned, isFirstLeast: false)
        zero = Float(fits.real("ZERO_OFF") ?? 0)
        func column(_ name: String, _ count: Int) throws -> FITSFile.Column? {
            guard let found = table.fits.column(name) else { return nil }
            guard found.count == count else {
                throw StreamError(file: path, place: "column \(name)", reason: "found \(found.count) numbers a row, wanted \(count)")
            }
            return found
        }
        scaleColumns = (
            try column("DAT_SCL", header.rowCount), try column("DAT_OFFS", header.rowCount), try column("DAT_WTS", header.channels)
        )
        bytes = [UInt8](repeating: 0, count: rowSamples * header.rowBytes)
        scale = [Float](repeating: 1, count: header.rowCount)
        offset = [Float](repeating: 0, count: header.rowCount)
    }

    private struct Table {
        let fits: FITSFile
        let header: StreamHeader
        let data: FITSFile.Column
        let rowSamples: Int
        let rows: Int
        let samples: Int
    }

    private static func table(_ fits: FITSFile) throws -> Table {
        let path = fits.path
        func wrong(_ place: String, _ reason: String) -> StreamError { StreamError(file: path, place: place, reason: reason) }
        try fits.moveToPrimary()
        let mode = fits.text("OBS_MODE") ?? "nothing"
        guard ["SEARCH", "SRCH"].contains(mode) else { throw wrong("keyword OBS_MODE", "found '\(mode)', wanted SEARCH") }
        let day = try fits.integer("STT_IMJD", default: 0, in: 0...9_999_999)
        let second = (fits.real("STT_SMJD") ?? 0) + (fits.real("STT_OFFS") ?? 0)
        let (source, telescope) = (fits.text("SRC_NAME"), fits.text("TELESCOP"))
        let (rightAscension, declination) = (fits.text("RA"), fits.text("DEC"))
        let centre = fits.real("OBSFREQ")

        try fits.moveToTable("SUBINT")
        let channels = try fits.integer("NCHAN", in: 1...StreamHeader.largestRow)
        let count = try fits.integer("NPOL", default: 1, in: 1...4)
        let bits = try fits.integer("NBITS", in: 1...32)
        let rowSamples = try fits.integer("NSBLK", in: 1...1 << 31)
        guard let samplingTime = fits.real("TBIN") else { throw wrong("keyword TBIN", "found '\(fits.text("TBIN") ?? "nothing")', wanted seconds") }
        let width = fits.real("CHAN_BW") ?? 0
        guard let data = fits.column("DATA") else { throw wrong("column DATA", "not found in the table SUBINT") }

        var size = stat()
        guard stat(path, &size) == 0, StreamHeader.bitDepths.contains(bits) else {
            throw wrong("keyword NBITS", "found \(bits), wanted one of \(StreamHeader.bitDepths.map(String.init).joined(separator: ", "))")
        }
        let numbers = rowSamples * channels * count
        guard numbers <= Int(size.st_size) * 8 / bits else {
            throw wrong("keyword NSBLK", "found rows of \(rowSamples) x \(count) x \(channels) numbers of \(bits) bits, more than the file's \(size.st_size) bytes")
        }
        let type: Int32 = bits <= 8 ? TBYTE : bits == 16 ? TSHORT : TFLOAT
        guard data.type == type, data.count == (bits < 8 ? numbers * bits / 8 : numbers) else {
            throw wrong("column DATA", "found \(data.count) numbers of cfitsio type \(data.type) a row, wanted \(numbers) of \(bits) bits")
        }
        var frequencies: [Double]
        if let column = fits.column("DAT_FREQ"), fits.rows > 0 {
            guard column.count == channels else { throw wrong("column DAT_FREQ", "found \(column.count) channels, wanted \(channels)") }
            frequencies = try fits.doubles(column, row: 1)
        } else {
            guard let centre else { throw wrong("column DAT_FREQ", "not found, nor keyword OBSFREQ") }
            frequencies = (0..<channels).map { centre + (Double($0) - Double(channels - 1) / 2) * width }
        }
        let start = ModifiedJulianDate(day: day, seconds: second)?
            .adding((try Double(fits.integer("NSUBOFFS", default: 0, in: 0...1 << 40))) * Double(rowSamples) * samplingTime)
        guard let start else { throw wrong("keyword STT_SMJD", "found \(second) s, wanted a time of the day") }
        var header = StreamHeader(frequencies: frequencies, channelWidth: width, samplingTime: samplingTime, start: start, bits: bits)
        guard var polarisation = Polarisation.counted(count) else { throw wrong("keyword NPOL", "found \(count), wanted 1, 2 or 4") }
        if let name = fits.text("POL_TYPE"), let named = Polarisation(rawValue: name), named.count == count { polarisation = named }
        header.polarisation = polarisation
        // Two's complement is the only kind of 16 bits that FITS has.
        header.isSigned = bits == 16 || (bits == 8 && fits.real("SIGNINT") == 1)
        header.source = source ?? header.source
        header.telescope = telescope ?? header.telescope
        header.rightAscension = rightAscension.flatMap(PackedAngle.packed) ?? 0
        header.declination = declination.flatMap(PackedAngle.packed) ?? 0
        try header.validate(file: path)

        let rows = fits.rows
        let (capacity, overflow) = rows.multipliedReportingOverflow(by: rowSamples)
        guard rows >= 1, !overflow else { throw wrong("table SUBINT", "found \(rows) rows, wanted at least 1") }
        let total = fits.real("NSTOT") ?? 0
        let samples = total > Double(capacity - rowSamples) && total < Double(capacity) ? Int(total) : capacity
        header.sampleCount = samples
        return Table(fits: fits, header: header, data: data, rowSamples: rowSamples, rows: rows, samples: samples)
    }

    func read(_ count: Int, into samples: UnsafeMutablePointer<Float>) throws -> Int {
        let rowCount = header.rowCount
        var done = 0
        while done < count, position < sampleCount, !hasEnded {
            let row = position / rowSamples + 1
            if row != loadedRow, !load(row) { break }
            let first = position % rowSamples
            let number = min(count - done, rowSamples - first, sampleCount - position)
            let out = samples + done * rowCount
            bytes.withUnsafeBytes { bytes in
                if let base = bytes.baseAddress { coding.unpack(base + first * header.rowBytes, count: number * rowCount, into: out) }
            }
            if isScaled { applyScales(number, out) }
            done += number
            position += number
        }
        return done
    }

    private func applyScales(_ count: Int, _ samples: UnsafeMutablePointer<Float>) {
        let rowCount = header.rowCount
        scale.withUnsafeBufferPointer { scale in
            offset.withUnsafeBufferPointer { offset in
                for t in 0..<count {
                    let row = samples + t * rowCount
                    for i in 0..<rowCount { row[i] = (row[i] - zero) * scale[i] + offset[i] }
                }
            }
        }
    }

    /// Reads a row; false, with an incident, if the file ends before.
    private func load(_ row: Int) -> Bool {
        do {
            try loadNumbers(row)
            try loadScales(row)
            loadedRow = row
            noteTime(of: row)
            return true
        } catch {
            hasEnded = true
            incidents.append(StreamIncident(kind: .ends, sample: position, missingSeconds: 0, text: "row \(row) of \(rows) is not whole: \(error)"))
            return false
        }
    }

    private func loadNumbers(_ row: Int) throws {
        switch header.bits {
        case 16:
            var numbers = [Int16](repeating: 0, count: bytes.count / 2)
            try numbers.withUnsafeMutableBufferPointer { try fits.read(data, row: row, as: TSHORT, into: $0) }
            for (i, number) in numbers.enumerated() {
                bytes.withUnsafeMutableBytes { $0.storeBytes(of: number.littleEndian, toByteOffset: 2 * i, as: Int16.self) }
            }
        case 32:
            let numbers = try fits.floats(data, row: row)
            for (i, number) in numbers.enumerated() {
                bytes.withUnsafeMutableBytes { $0.storeBytes(of: number.bitPattern.littleEndian, toByteOffset: 4 * i, as: UInt32.self) }
            }
        default:
            try bytes.withUnsafeMutableBufferPointer { try fits.read(data, row: row, as: TBYTE, into: $0) }
        }
    }

    private func loadScales(_ row: Int) throws {
        if let column = scaleColumns.scale { scale = try fits.floats(column, row: row) }
        if let column = scaleColumns.offset { offset = try fits.floats(column, row: row) }
        if let column = scaleColumns.weight {
            let weights = try fits.floats(column, row: row)
            if scaleColumns.scale == nil { scale = [Float](repeating: 1, count: header.rowCount) }
            for i in 0..<header.rowCount {
                scale[i] *= weights[i % header.channels]
                offset[i] *= weights[i % header.channels]
            }
        }
        isScaled = zero != 0 || scale.contains { $0 != 1 } || offset.contains { $0 != 0 }
    }

    private func noteTime(of row: Int) {
        guard let offsetColumn, let seconds = try? fits.doubles(offsetColumn, row: row).first, seconds.isFinite else { return }
        defer { lastOffset = (row, seconds) }
        guard let last = lastOffset, last.row == row - 1 else { return }
        let missing = seconds - last.seconds - Double(rowSamples) * header.samplingTime
        guard abs(missing) > header.samplingTime / 2 else { return }
        // A gap of a day or a step back is a damaged time, not a time without samples.
        let isGap = missing > 0 && missing < 86400
        incidents.append(
            StreamIncident(
                kind: .skips, sample: position, missingSeconds: isGap ? missing : 0,
                text: isGap ? "\(missing) s are missing before row \(row)" : "OFFS_SUB of row \(row) is \(missing) s off; taken as adjacent"))
    }

    func seek(toSample sample: Int) throws {
        position = min(max(0, sample), sampleCount)
        lastOffset = nil
        hasEnded = false
    }
}
