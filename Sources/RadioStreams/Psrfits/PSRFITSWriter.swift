import CCFITSIO
import Glibc

/// Writes PSRFITS search mode (version 6.1's columns), one row at a time, scale 1 and offset 0: the numbers are the codes.
///
/// A last row that is not full is padded with zeros, and NSTOT counts the samples that are none.
final class PSRFITSWriter: StreamWriter {
    private(set) var samplesWritten = 0
    private(set) var clampedCount = 0
    private let path: String
    private let header: StreamHeader
    private let fits: FITSFile
    private let coding: SampleCoding
    private let rowSamples: Int
    private var row: [Float]
    private var filled = 0
    private var rowsWritten = 0
    private var isOpen = true
    private var part: String { path + ".part" }

    init(_ path: String, header: StreamHeader, resume: Bool) throws {
        self.path = path
        self.header = header
        guard header.bits != 16 || header.isSigned, header.bits != 8 || !header.isSigned else {
            throw StreamError(
                file: path, place: "bits",
                reason: "found \(header.isSigned ? "signed" : "unsigned") \(header.bits)-bit numbers; PSRFITS has unsigned 8 and signed 16 bits")
        }
        coding = SampleCoding(bits: header.bits, isSigned: header.isSigned, isFirstLeast: false)
        // About a megabyte a row, whole bytes for any width.
        rowSamples = max(8, min(4096, (1 << 20) / header.rowBytes) / 8 * 8)
        row = [Float](repeating: 0, count: rowSamples * header.rowCount)
        let part = path + ".part"
        if resume, access(part, F_OK) == 0, let old = try? FITSFile(path: part, writable: true),
            let rows = Self.rows(of: old, matching: header, rowSamples)
        {
            fits = old
            rowsWritten = rows
            samplesWritten = rows * rowSamples
        } else {
            fits = try FITSFile(creating: part)
            try writePrimary()
            try writeTable()
            try fits.flush()
        }
    }

    private static func rows(of file: FITSFile, matching header: StreamHeader, _ rowSamples: Int) -> Int? {
        guard (try? file.moveToPrimary()) != nil, file.real("STT_IMJD") == Double(header.start.day), file.text("SRC_NAME") == header.source,
            (try? file.moveToTable("SUBINT")) != nil, file.real("NCHAN") == Double(header.channels), file.real("NBITS") == Double(header.bits),
            file.real("NSBLK") == Double(rowSamples), file.real("NPOL") == Double(header.polarisation.count),
            file.text("POL_TYPE") == header.polarisation.rawValue, file.real("TBIN") == header.samplingTime
        else { return nil }
        if file.rows > 0 {
            guard let column = file.column("DAT_FREQ"), let found = try? file.doubles(column, row: 1), found == header.frequencies else { return nil }
        }
        return file.rows
    }

    private func writePrimary() throws {
        let band = header.channelWidth * Double(header.channels)
        let last = header.frequencies.last ?? 0
        let second = header.start.seconds.rounded(.down)
        for (key, value) in [
            ("HDRVER", "6.1"), ("FITSTYPE", "PSRFITS"), ("OBS_MODE", "SEARCH"), ("TELESCOP", header.telescope), ("SRC_NAME", header.source),
            ("FRONTEND", "unknown"), ("BACKEND", "unknown"), ("OBSERVER", "unknown"), ("PROJID", "unknown"), ("FD_POLN", "LIN"),
            ("COORD_MD", "J2000"), ("TRK_MODE", "TRACK"),
            ("RA", PackedAngle.text(header.rightAscension, signed: false)), ("DEC", PackedAngle.text(header.declination, signed: true)),
            ("DATE-OBS", header.start.civil(separator: "T")),
        ] { try fits.set(key, value) }
        try fits.set("OBSFREQ", ((header.frequencies.first ?? 0) + last) / 2)
        try fits.set("OBSBW", band)
        try fits.set("OBSNCHAN", header.channels)
        try fits.set("IBEAM", 1)
        try fits.set("EQUINOX", 2000.0)
        for key in ["CHAN_DM", "BMAJ", "BMIN", "BPA"] { try fits.set(key, 0.0) }
        try fits.set("STT_IMJD", header.start.day)
        try fits.set("STT_SMJD", Int(second))
        try fits.set("STT_OFFS", header.start.seconds - second)
    }

    private func writeTable() throws {
        let (channels, count) = (header.channels, header.rowCount)
        let numbers = rowSamples * count
        let form = header.bits <= 8 ? "\(numbers * header.bits / 8)B" : header.bits == 16 ? "\(numbers)I" : "\(numbers)E"
        try fits.createTable(
            "SUBINT",
            columns: [
                ("INDEXVAL", "1D", ""), ("TSUBINT", "1D", "s"), ("OFFS_SUB", "1D", "s"), ("AUX_DM", "1D", "CM-3"), ("AUX_RM", "1D", "RAD"),
                ("TEL_AZ", "1D", "deg"), ("TEL_ZEN", "1D", "deg"),
                ("DAT_FREQ", "\(channels)D", "MHz"), ("DAT_WTS", "\(channels)E", ""), ("DAT_OFFS", "\(count)E", ""), ("DAT_SCL", "\(count)E", ""),
                ("DATA", form, ""),
            ])
        let slow = header.bits < 8 ? rowSamples * header.bits / 8 : rowSamples
        try fits.set("TDIM12", "(\(channels),\(header.polarisation.count),\(slow))")
        for (key, value) in [
            ("INT_TYPE", "TIME"), ("INT_UNIT", "SEC"), ("SCALE", "FluxDen"), ("POL_TYPE", header.polarisation.rawValue),
        ] { try fits.set(key, value) }
        for (key, value) in [
            ("NPOL", header.polarisation.count), ("NBIN", 1), ("NBITS", header.bits), ("NCHAN", channels), ("NSBLK", rowSamples), ("NSUBOFFS", 0), ("NCHNOFFS", 0),
            ("SIGNINT", header.isSigned ? 1 : 0),
        ] { try fits.set(key, value) }
        try fits.set("TBIN", header.samplingTime)
        try fits.set("CHAN_BW", header.channelWidth)
        try fits.set("ZERO_OFF", 0.0)
    }

    func append(_ samples: UnsafePointer<Float>, count: Int) throws {
        let rowCount = header.rowCount
        var done = 0
        while done < count {
            let number = min(count - done, rowSamples - filled)
            for i in 0..<number * rowCount { row[filled * rowCount + i] = samples[done * rowCount + i] }
            filled += number
            done += number
            samplesWritten += number
            if filled == rowSamples { try writeRow() }
        }
    }

    private func writeRow() throws {
        let index = rowsWritten + 1
        let seconds = Double(rowSamples) * header.samplingTime
        func column(_ name: String) throws -> FITSFile.Column {
            guard let column = fits.column(name) else { throw StreamError(file: part, place: "column \(name)", reason: "not found") }
            return column
        }
        for (name, value) in [
            ("INDEXVAL", Double(index)), ("TSUBINT", seconds), ("OFFS_SUB", (Double(rowsWritten) + 0.5) * seconds), ("AUX_DM", 0), ("AUX_RM", 0),
            ("TEL_AZ", 0), ("TEL_ZEN", 0),
        ] { try fits.write(column(name), row: index, as: TDOUBLE, [value]) }
        try fits.write(column("DAT_FREQ"), row: index, as: TDOUBLE, header.frequencies)
        try fits.write(column("DAT_WTS"), row: index, as: TFLOAT, [Float](repeating: 1, count: header.channels))
        try fits.write(column("DAT_OFFS"), row: index, as: TFLOAT, [Float](repeating: 0, count: header.rowCount))
        try fits.write(column("DAT_SCL"), row: index, as: TFLOAT, [Float](repeating: 1, count: header.rowCount))
        try fits.write(column("DATA"), row: index, as: header.bits <= 8 ? TBYTE : header.bits == 16 ? TSHORT : TFLOAT, packedRow())
        rowsWritten = index
        filled = 0
        try fits.flush()
    }

    private func packedRow() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: rowSamples * header.rowBytes)
        bytes.withUnsafeMutableBytes { bytes in
            row.withUnsafeBufferPointer { row in
                guard let to = bytes.baseAddress, let from = row.baseAddress else { return }
                clampedCount += coding.pack(from, count: filled * header.rowCount, into: to)
            }
        }
        return bytes
    }

    func finish() throws {
        guard isOpen else { return }
        isOpen = false
        let total = samplesWritten
        if filled > 0 { try writeRow() }
        try fits.set("NSTOT", total)
        try fits.close()
        try publish(part, as: path)
    }
}
