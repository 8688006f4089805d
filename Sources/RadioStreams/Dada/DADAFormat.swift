/// PSRDADA files: a header of `KEY value # comment` lines, as long as HDR_SIZE says, then samples.
///
/// Detected samples (NDIM 1) in the order time, frequency, polarisation (`ORDER TFP`, taken where the header has none) or time, polarisation,
/// frequency (`TPF`). FREQ and BW are MHz, or Hz where FREQ would be above 1 THz otherwise; TSAMP is microseconds; UTC_START a civil time or a
/// Unix time. Source: PSRDADA's and DSPSR's header documentation.
public enum DADAFormat {
    /// Usual size of a header, bytes.
    static let usualHeader = 4096
    static let longestHeader = 1 << 24

    static func open(_ source: ByteSource) throws -> any StreamReader {
        var parser = Parser(file: source.name)
        parser.read(try source.peek(usualHeader))
        guard parser.values.keys.contains(where: { ["HDR_VERSION", "HDR_SIZE", "NCHAN"].contains($0) }) else {
            throw StreamError(
                file: source.name, place: "byte 0", reason: "found no header of a known format; wanted SIGPROC, PSRFITS or PSRDADA")
        }
        let size = try parser.integer("HDR_SIZE", default: usualHeader, in: 1...longestHeader)
        if let whole = source.size, size > whole {
            throw StreamError(file: source.name, place: "keyword HDR_SIZE", reason: "found \(size), more than the \(whole) bytes of the file")
        }
        let bytes = try source.take(size)
        guard bytes.count == size else {
            throw StreamError(file: source.name, place: "keyword HDR_SIZE", reason: "found \(size), but the stream ends after \(bytes.count) bytes")
        }
        parser = Parser(file: source.name)
        parser.read(bytes)
        parser.size = source.isGrowing ? nil : source.size
        return try PackedReader(source, header: parser.header(), isInterleaved: parser.isInterleaved)
    }

    private struct Parser {
        let file: String
        var values: [String: String] = [:]
        /// Bytes of the file, where it has an end.
        var size: Int?

        init(file: String) { self.file = file }

        func wrong(_ keyword: String, _ reason: String) -> StreamError { StreamError(file: file, place: "keyword \(keyword)", reason: reason) }

        mutating func read(_ bytes: [UInt8]) {
            for line in bytes.prefix(while: { $0 != 0 }).split(separator: UInt8(ascii: "\n")) {
                let text = String(decoding: line.prefix { $0 != UInt8(ascii: "#") }, as: UTF8.self)
                let words = text.split(whereSeparator: \.isWhitespace)
                guard let key = words.first else { continue }
                if words.count > 1 {
                    values[String(key)] = String(words[1])
                } else if key.hasPrefix("HDR_VERSION") {
                    values["HDR_VERSION"] = String(key.dropFirst(11))  // Written without a blank by some.
                }
            }
        }

        func integer(_ keyword: String, default fallback: Int?, in range: ClosedRange<Int>) throws -> Int {
            guard let text = values[keyword] else {
                guard let fallback else { throw wrong(keyword, "not found; wanted \(range.lowerBound) to \(range.upperBound)") }
                return fallback
            }
            guard let value = Int(text), range.contains(value) else {
                throw wrong(keyword, "found '\(text)', wanted \(range.lowerBound) to \(range.upperBound)")
            }
            return value
        }

        func real(_ keyword: String, default fallback: Double? = nil) throws -> Double {
            guard let text = values[keyword] else {
                guard let fallback else { throw wrong(keyword, "not found in the header") }
                return fallback
            }
            guard let value = Double(text), value.isFinite else { throw wrong(keyword, "found '\(text)', wanted a number") }
            return value
        }

        var order: String { (values["ORDER"] ?? "TFP").uppercased() }
        var isInterleaved: Bool { order == "TFP" }

        func header() throws -> StreamHeader {
            let dimensions = try integer("NDIM", default: 1, in: 1...2)
            guard dimensions == 1 else { throw wrong("NDIM", "found 2, voltages before detection; wanted 1, detected samples") }
            let count = try integer("NPOL", default: 1, in: 1...4)
            guard let polarisation = Polarisation.counted(count) else { throw wrong("NPOL", "found \(count), wanted 1, 2 or 4") }
            guard ["TFP", "TPF", "TF"].contains(order), order != "TF" || count == 1 else {
                throw wrong("ORDER", "found '\(order)' of \(count) polarisations, wanted TFP or TPF: whole samples, time slowest")
            }
            let channels = try integer("NCHAN", default: nil, in: 1...StreamHeader.largestRow / count)
            // A sample has at least a bit for each: a count that the file cannot hold costs no memory.
            if let size, channels / 8 > size {
                throw wrong("NCHAN", "found \(channels), more than the \(size) bytes of the file hold in one sample")
            }
            let bits = try integer("NBIT", default: nil, in: 1...32)
            let microseconds = try real("TSAMP")
            var (centre, band) = (try real("FREQ"), try real("BW"))
            if abs(centre) > 1e6 { (centre, band) = (centre * 1e-6, band * 1e-6) }
            let width = band / Double(channels)
            let first = centre - band / 2 + width / 2
            var header = StreamHeader(
                frequencies: (0..<channels).map { first + Double($0) * width }, channelWidth: width,
                samplingTime: microseconds * 1e-6, start: try start(microseconds, bits * channels * count), bits: bits)
            header.polarisation = try named(polarisation)
            header.isSigned = values["ENCODING"]?.uppercased() == "TWOSCOMPLEMENT"
            header.source = values["SOURCE"] ?? header.source
            header.telescope = values["TELESCOPE"] ?? header.telescope
            header.rightAscension = values["RA"].flatMap(PackedAngle.packed) ?? 0
            header.declination = values["DEC"].flatMap(PackedAngle.packed) ?? 0
            for key in ["INSTRUMENT", "RECEIVER", "MODE"] { header.carried[key] = values[key].map(CarriedValue.text) }
            return header
        }

        private func named(_ polarisation: Polarisation) throws -> Polarisation {
            guard let name = values["POL_TYPE"] else { return polarisation }
            guard let named = Polarisation(rawValue: name), named.count == polarisation.count else {
                throw wrong("POL_TYPE", "found '\(name)' for NPOL \(polarisation.count)")
            }
            return named
        }

        private func start(_ microseconds: Double, _ bitsPerSample: Int) throws -> ModifiedJulianDate {
            let text = values["UTC_START"]
            var start: ModifiedJulianDate?
            if let text {
                start = ModifiedJulianDate(civil: text) ?? Double(text).flatMap { ModifiedJulianDate(day: 40587, seconds: $0) }
                guard start != nil else { throw wrong("UTC_START", "found '\(text)', wanted yyyy-mm-dd-hh:mm:ss or Unix seconds") }
                start = start?.adding(try real("PICOSECONDS", default: 0) * 1e-12)
            } else {
                start = ModifiedJulianDate(try real("MJD_START", default: 0))
            }
            let bytes = try integer("OBS_OFFSET", default: 0, in: 0...1 << 60)
            let offset = Double(bytes) * 8 / Double(bitsPerSample) * microseconds * 1e-6
            guard let start = start?.adding(offset) else { throw wrong("OBS_OFFSET", "found \(bytes), which is no date after \(text ?? "MJD_START")") }
            return start
        }
    }

    /// The header as `usualHeader` bytes, or the next power of two that holds it.
    package static func encoded(_ header: StreamHeader) -> [UInt8] {
        let band = header.channelWidth * Double(header.channels)
        let centre = (header.frequencies.first ?? 0) - header.channelWidth / 2 + band / 2
        let picoseconds = Int(((header.start.seconds - header.start.seconds.rounded(.down)) * 1e12).rounded())
        var lines: [(String, String)] = [
            ("SOURCE", word(header.source)), ("TELESCOPE", word(header.telescope)), ("FREQ", "\(centre)"), ("BW", "\(band)"),
            ("NCHAN", "\(header.channels)"), ("NPOL", "\(header.polarisation.count)"), ("POL_TYPE", header.polarisation.rawValue),
            ("NDIM", "1"), ("NBIT", "\(header.bits)"), ("TSAMP", "\(header.samplingTime * 1e6)"),
            ("UTC_START", header.start.civil(separator: "-")), ("PICOSECONDS", "\(picoseconds)"), ("OBS_OFFSET", "0"), ("ORDER", "TPF"),
            ("RA", PackedAngle.text(header.rightAscension, signed: false)), ("DEC", PackedAngle.text(header.declination, signed: true)),
        ]
        if header.isSigned { lines.append(("ENCODING", "TWOSCOMPLEMENT")) }
        for key in ["INSTRUMENT", "RECEIVER", "MODE"] {
            if case .text(let value)? = header.carried[key] { lines.append((key, word(value))) } else if key != "RECEIVER" {
                lines.append((key, key == "MODE" ? "SEARCH" : "unknown"))
            }
        }
        let body = lines.map { "\($0) \($1)\n" }.joined()
        var size = usualHeader
        while size < body.utf8.count + 64 { size *= 2 }
        let bytes = Array("HDR_VERSION 1.0\nHDR_SIZE \(size)\n\(body)".utf8)
        return bytes + [UInt8](repeating: 0, count: size - bytes.count)
    }

    /// A value is one word.
    private static func word(_ text: String) -> String {
        let kept = String(text.map { $0.isWhitespace || $0 == "#" ? "_" : $0 }.prefix(200))
        return kept.isEmpty ? "unknown" : kept
    }
}
