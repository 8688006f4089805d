/// The keywords of a SIGPROC header and what follows each. Source: the SIGPROC manual, section 2, and `read_header.c`.
enum SIGPROCKeyword {
    enum Kind {
        case flag, integer, real, text
        /// One byte, whatever the manual's neighbours have.
        case byte
        /// An entry of the channel table.
        case channel
    }

    static let kinds: [String: Kind] = {
        var kinds: [String: Kind] = ["signed": .byte, "fchannel": .channel]
        for name in ["HEADER_START", "HEADER_END", "FREQUENCY_START", "FREQUENCY_END"] { kinds[name] = .flag }
        for name in [
            "telescope_id", "machine_id", "data_type", "barycentric", "pulsarcentric", "nbits", "nsamples", "nchans", "nifs", "nbeams", "ibeam",
            "npuls", "nbins",
        ] { kinds[name] = .integer }
        for name in ["az_start", "za_start", "src_raj", "src_dej", "tstart", "tsamp", "fch1", "foff", "refdm", "period"] { kinds[name] = .real }
        for name in ["rawdatafile", "source_name"] { kinds[name] = .text }
        return kinds
    }()

    /// Longest text of a keyword or its value, bytes.
    static let longestText = 80

    static let telescopes: [Int: String] = [
        0: "Fake", 1: "Arecibo", 2: "Ooty", 3: "Nancay", 4: "Parkes", 5: "Jodrell", 6: "GBT", 7: "GMRT", 8: "Effelsberg", 9: "ATA", 10: "SRT",
        11: "LOFAR", 12: "VLA", 20: "CHIME", 64: "MeerKAT", 65: "KAT-7",
    ]

    static func telescopeName(_ id: Int) -> String { telescopes[id] ?? "telescope \(id)" }

    static func telescopeNumber(_ name: String) -> Int? {
        if name.hasPrefix("telescope ") { return Int(name.dropFirst(10)) }
        return telescopes.first { $0.value.lowercased() == name.lowercased() }?.key
    }
}
