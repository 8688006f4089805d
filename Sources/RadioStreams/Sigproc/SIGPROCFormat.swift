/// SIGPROC filterbank files: keywords with their lengths, then samples, first number in the least significant bits.
public enum SIGPROCFormat {
    /// Longest header taken for one, bytes: a table of all channels fits.
    static let longestHeader = 1 << 26

    static func open(_ source: ByteSource) throws -> any StreamReader {
        var parser = Parser(source)
        let header = try parser.header()
        return try PackedReader(source, header: header, isInterleaved: false)
    }

    /// Reads keyword after keyword and keeps where each value stood.
    private struct Parser {
        let source: ByteSource
        var integers: [String: (value: Int, offset: Int)] = [:]
        var reals: [String: (value: Double, offset: Int)] = [:]
        var texts: [String: String] = [:]
        var table: [Double]?
        var isSigned = false
        var limit: Int

        init(_ source: ByteSource) {
            self.source = source
            limit = min(SIGPROCFormat.longestHeader, source.size ?? .max)
        }

        func wrong(_ place: String, _ reason: String) -> StreamError { StreamError(file: source.name, place: place, reason: reason) }

        mutating func header() throws -> StreamHeader {
            guard try text(at: "byte 0") == "HEADER_START" else { throw wrong("byte 0", "wanted HEADER_START, the begin of a SIGPROC header") }
            while true {
                let offset = source.position
                let keyword = try text(at: "byte \(offset)")
                if keyword == "HEADER_END" { break }
                try value(of: keyword, offset)
                guard source.position <= limit else { throw wrong("byte \(offset)", "found no HEADER_END in \(limit) bytes") }
            }
            return try assembled()
        }

        private mutating func value(of keyword: String, _ offset: Int) throws {
            let place = "keyword \(keyword) at byte \(offset)"
            switch SIGPROCKeyword.kinds[keyword] {
            case .integer: integers[keyword] = (Int(Int32(bitPattern: try word(place))), offset)
            case .real: reals[keyword] = (try double(place), offset)
            case .text: texts[keyword] = try text(at: place)
            case .byte: isSigned = try bytes(1, place)[0] != 0
            case .channel:
                guard table != nil else { throw wrong(place, "found outside FREQUENCY_START and FREQUENCY_END") }
                let frequency = try double(place)
                table?.append(frequency)
            case .flag where keyword == "FREQUENCY_START": table = []
            case .flag where keyword == "FREQUENCY_END": break
            case .flag, nil:
                throw wrong("byte \(offset)", "found keyword '\(keyword)', whose length nobody knows; wanted one of SIGPROC's or HEADER_END")
            }
        }

        private func bytes(_ count: Int, _ place: String) throws -> [UInt8] {
            let bytes = try source.take(count)
            guard bytes.count == count else { throw wrong(place, "found the end of the file inside the header, at byte \(source.position)") }
            return bytes
        }

        private func word(_ place: String) throws -> UInt32 {
            try bytes(4, place).reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }

        private func double(_ place: String) throws -> Double {
            Double(bitPattern: try bytes(8, place).reversed().reduce(0) { $0 << 8 | UInt64($1) })
        }

        private func text(at place: String) throws -> String {
            let length = Int(Int32(bitPattern: try word(place)))
            guard (1...SIGPROCKeyword.longestText).contains(length) else {
                throw wrong(place, "found a text of \(length) bytes, wanted 1 to \(SIGPROCKeyword.longestText)")
            }
            return String(decoding: try bytes(length, place), as: UTF8.self)
        }

        private func integer(_ keyword: String, default fallback: Int?, in range: ClosedRange<Int>) throws -> Int {
            guard let found = integers[keyword] else {
                guard let fallback else { throw wrong("keyword \(keyword)", "not found; wanted \(range.lowerBound) to \(range.upperBound)") }
                return fallback
            }
            guard range.contains(found.value) else {
                throw wrong("keyword \(keyword) at byte \(found.offset)", "found \(found.value), wanted \(range.lowerBound) to \(range.upperBound)")
            }
            return found.value
        }

        private func real(_ keyword: String) throws -> Double {
            guard let found = reals[keyword] else { throw wrong("keyword \(keyword)", "not found in the header") }
            return found.value
        }

        private func assembled() throws -> StreamHeader {
            // 0 is "raw" and means a filterbank to those who write it.
            _ = try integer("data_type", default: 1, in: 0...2)
            let interfaces = try integer("nifs", default: 1, in: 1...4)
            guard let polarisation = Polarisation.counted(interfaces) else {
                throw wrong("keyword nifs", "found \(interfaces), wanted 1, 2 or 4 polarisations")
            }
            let bits = try integer("nbits", default: nil, in: 1...32)
            let samplingTime = try real("tsamp")
            guard let start = ModifiedJulianDate(reals["tstart"]?.value ?? 0) else {
                throw wrong("keyword tstart", "found \(reals["tstart"]?.value ?? 0), wanted a modified Julian date")
            }
            let (frequencies, width) = try channels(interfaces)
            var header = StreamHeader(
                frequencies: frequencies, channelWidth: width, samplingTime: samplingTime, start: start, bits: bits)
            header.polarisation = polarisation
            header.isSigned = isSigned
            header.source = texts["source_name"] ?? header.source
            header.telescope = integers["telescope_id"].map { SIGPROCKeyword.telescopeName($0.value) } ?? header.telescope
            header.rightAscension = reals["src_raj"]?.value ?? 0
            header.declination = reals["src_dej"]?.value ?? 0
            if let promised = integers["nsamples"]?.value, promised > 0 { header.sampleCount = promised }
            header.carried = carried
            return header
        }

        private func channels(_ interfaces: Int) throws -> (frequencies: [Double], width: Double) {
            if let table {
                let count = try integer("nchans", default: table.count, in: 1...StreamHeader.largestRow)
                guard table.count == count, count > 0 else {
                    throw wrong("FREQUENCY_START", "found a table of \(table.count) channels, nchans is \(count)")
                }
                return (table, count > 1 ? table[1] - table[0] : reals["foff"]?.value ?? 0)
            }
            let count = try integer("nchans", default: nil, in: 1...StreamHeader.largestRow / interfaces)
            // A sample has at least a bit for each: a count that the file cannot hold costs no memory.
            if let size = source.size, !source.isGrowing, count / 8 > size {
                throw wrong("keyword nchans", "found \(count), more than the \(size) bytes of the file hold in one sample")
            }
            let (first, width) = (try real("fch1"), try real("foff"))
            guard width != 0 || count == 1 else { throw wrong("keyword foff", "found 0 MHz for \(count) channels without a channel table") }
            return ((0..<count).map { first + Double($0) * width }, width)
        }

        /// What has no place of its own in a `StreamHeader`.
        private var carried: [String: CarriedValue] {
            var carried: [String: CarriedValue] = [:]
            for name in ["machine_id", "data_type", "barycentric", "pulsarcentric", "nbeams", "ibeam", "npuls", "nbins"] {
                if let found = integers[name] { carried[name] = .integer(found.value) }
            }
            for name in ["az_start", "za_start", "refdm", "period"] {
                if let found = reals[name] { carried[name] = .real(found.value) }
            }
            if let found = texts["rawdatafile"] { carried["rawdatafile"] = .text(found) }
            return carried
        }
    }

    /// The header as bytes, `HEADER_START` to `HEADER_END`.
    package static func encoded(_ header: StreamHeader) -> [UInt8] {
        var bytes: [UInt8] = []
        func append(_ word: UInt32) { for k in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(8 * k))) } }
        func append(text: String) {
            let kept = Array(text.utf8.prefix(SIGPROCKeyword.longestText))
            append(UInt32(kept.count))
            bytes += kept
        }
        func append(_ keyword: String, _ value: Int) {
            append(text: keyword)
            append(UInt32(bitPattern: Int32(clamping: value)))
        }
        func append(_ keyword: String, _ value: Double) {
            append(text: keyword)
            for k in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> UInt64(8 * k))) }
        }

        append(text: "HEADER_START")
        if case .text(let name)? = header.carried["rawdatafile"], !name.isEmpty {
            append(text: "rawdatafile")
            append(text: name)
        }
        append(text: "source_name")
        append(text: header.source.isEmpty ? "unknown" : header.source)
        if let number = SIGPROCKeyword.telescopeNumber(header.telescope) { append("telescope_id", number) }
        append("src_raj", header.rightAscension)
        append("src_dej", header.declination)
        var carried = header.carried
        if carried["data_type"] == nil { carried["data_type"] = .integer(1) }
        for (keyword, value) in carried.sorted(by: { $0.key < $1.key }) {
            switch (value, SIGPROCKeyword.kinds[keyword]) {
            case (.integer(let value), .integer): append(keyword, value)
            case (.real(let value), .real): append(keyword, value)
            default: break  // The file name above; keywords of other formats.
            }
        }
        append("tstart", header.start.days)
        append("tsamp", header.samplingTime)
        append("nbits", header.bits)
        if header.isSigned {
            append(text: "signed")
            bytes.append(1)
        }
        append("nifs", header.polarisation.count)
        append("nchans", header.channels)
        if header.isUniform {
            append("fch1", header.frequencies.first ?? 0)
            append("foff", header.channelWidth)
        } else {
            append("fch1", 0.0)
            append("foff", 0.0)
            append(text: "FREQUENCY_START")
            for frequency in header.frequencies { append("fchannel", frequency) }
            append(text: "FREQUENCY_END")
        }
        append(text: "HEADER_END")
        return bytes
    }
}
