import Batch
import Glitches
import ParallelHDF5

/// How Q-images are made; recorded whole in preprocessed files and in models.
public struct QImageSettings: Sendable, Equatable {
    /// Seconds of series that are whitened at once.
    public var segmentDuration = 8.0
    public var whitening = WhiteningSettings()
    public var quality = 12.0
    /// Hz; an image's rows are logarithmic between them.
    public var frequencies = 8.0...500.0
    /// Rows of frequency, and columns of time.
    public var size = 64
    /// Seconds of an image.
    public var duration = 1.0
    /// What larger energies are taken for.
    public var largestEnergy = 1e4
    /// Part of a signal's energy that may be lost between tiles.
    public var mismatch = 0.2

    public init() {}

    /// From a section with the keys segment, whitening, q, frequencies, size, duration, clamp, mismatch.
    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(_ section: Configuration) throws {
        segmentDuration = try section.double("segment", default: segmentDuration, in: 0.25...4096)
        let whitening = try section.section("whitening")
        let length = try whitening.double("fft_length", default: 2, in: 0.01...1024)
        self.whitening = WhiteningSettings(
            transformDuration: length, overlap: try whitening.double("overlap", default: length / 2, in: 0...1024),
            filterDuration: try whitening.double("filter_duration", default: 2, in: 0.01...1024),
            average: try whitening.choice("average", default: .median), convention: try whitening.choice("convention", default: .gwpy),
            highpass: try whitening.double("highpass", default: 0, in: 0...1e5))
        quality = try section.double("q", default: quality, in: QPlane.smallestQuality...1000)
        let band = try section.doubles("frequencies", default: [frequencies.lowerBound, frequencies.upperBound], in: 0.1...1e5, count: 2...2)
        guard band[0] < band[1] else { throw ConfigurationError("'frequencies' is \(band), wanted the lower one first, Hz") }
        frequencies = band[0]...band[1]
        size = try section.int("size", default: size, in: 16...512)
        guard size % 8 == 0 else { throw ConfigurationError("'size' is \(size), wanted a multiple of 8: the networks halve images three times") }
        duration = try section.double("duration", default: duration, in: 0.01...1024)
        largestEnergy = try section.double("clamp", default: largestEnergy, in: 1...1e9)
        mismatch = try section.double("mismatch", default: mismatch, in: 1e-3...0.9)
        // A segment begins on a whole second, so that channels of all rates begin together.
        guard duration + self.whitening.filterDuration + 1 <= segmentDuration else {
            throw ConfigurationError(
                "'segment' is \(segmentDuration) s, wanted at least a second more than an image of \(duration) s and the filter's \(self.whitening.filterDuration) s")
        }
    }

    /// Hz of the middle of each row, lowest first.
    public var rowFrequencies: [Double] { frequencies.logarithmicMiddles(size) }

    /// Seconds of the middle of each column from the image's middle.
    public func columnTimes(margin: Int = 0) -> [Double] { (-margin..<size + margin).map { ((Double($0) + 0.5) / Double(size) - 0.5) * duration } }

    // MARK: Files

    /// As attributes of an object of a file. *Collective* as the file is.
    func write(to object: any HDF5Attributed) throws {
        for (name, value) in numbers { try object.setAttribute(name, value) }
        try object.setAttribute("size", Int64(size))
        try object.setAttribute("average", whitening.average.rawValue)
        try object.setAttribute("convention", whitening.convention.rawValue)
    }

    private var numbers: [(String, Double)] {
        [
            ("segment_s", segmentDuration), ("fft_length_s", whitening.transformDuration), ("overlap_s", whitening.overlap),
            ("filter_duration_s", whitening.filterDuration), ("highpass_Hz", whitening.highpass), ("q", quality), ("lowest_Hz", frequencies.lowerBound),
            ("highest_Hz", frequencies.upperBound), ("duration_s", duration), ("largest_energy", largestEnergy), ("mismatch", mismatch),
        ]
    }

    /// - Throws: `GlitchError` naming the file where a value is none.
    init(from object: any HDF5Attributed, file: String) throws {
        func number(_ name: String, _ range: ClosedRange<Double>) throws -> Double {
            let value = try object.attribute(name, as: Double.self)
            guard range.contains(value) else { throw GlitchError("\(file): attribute \(name): found \(value), wanted \(range.lowerBound) to \(range.upperBound)") }
            return value
        }
        segmentDuration = try number("segment_s", 0.25...4096)
        let average = try object.stringAttribute("average"), convention = try object.stringAttribute("convention")
        guard let mean = SpectrumAverage(rawValue: average), let kind = WhiteningSettings.Convention(rawValue: convention) else {
            throw GlitchError("\(file): found average '\(average)' and convention '\(convention)', wanted median or mean, gwpy or ml4gw")
        }
        whitening = WhiteningSettings(
            transformDuration: try number("fft_length_s", 0.01...1024), overlap: try number("overlap_s", 0...1024),
            filterDuration: try number("filter_duration_s", 0.01...1024), average: mean, convention: kind, highpass: try number("highpass_Hz", 0...1e5))
        quality = try number("q", QPlane.smallestQuality...1000)
        let (low, high) = (try number("lowest_Hz", 0.1...1e5), try number("highest_Hz", 0.1...1e5))
        guard low < high else { throw GlitchError("\(file): found frequencies from \(low) to \(high) Hz, wanted the lower one first") }
        frequencies = low...high
        let extent = try object.attribute("size", as: Int64.self)
        guard (16...512).contains(extent), extent % 8 == 0 else { throw GlitchError("\(file): found images of \(extent) rows, wanted a multiple of 8 up to 512") }
        size = Int(extent)
        duration = try number("duration_s", 0.01...1024)
        largestEnergy = try number("largest_energy", 1...1e9)
        mismatch = try number("mismatch", 1e-3...0.9)
    }
}
