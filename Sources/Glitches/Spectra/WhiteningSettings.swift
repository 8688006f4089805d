import GlitchKernels

/// How periodograms become one spectrum.
public enum SpectrumAverage: String, CaseIterable, Sendable {
    case median, mean

    /// The median of `count` periodograms of Gaussian noise over their mean: 1 - 1/2 + 1/3 - … ± 1/count, with an odd number of terms
    /// (Allen et al., Phys. Rev. D 85, 122006, 2012, appendix B).
    public static func medianBias(_ count: Int) -> Double {
        var sum = 1.0
        var term = 3
        while term <= count {
            sum += 1 / Double(term) - 1 / Double(term - 1)
            term += 2
        }
        return sum
    }
}

/// Whitening by a filter from the series' own spectrum: Welch's method, then inverse-spectrum truncation (Allen et al., Phys. Rev. D 85,
/// 122006, 2012, section VII). Times in seconds.
public struct WhiteningSettings: Sendable, Equatable {
    /// Details in which libraries differ. Either way the filter has zero phase, and is right after half its length from the series' ends.
    public enum Convention: String, CaseIterable, Sendable {
        /// Interpolates the amplitude density, rises over five bins at either end of the band, tapers the series.
        case gwpy
        /// Interpolates the power density, drops only the first and the last bin, leaves the series as it is: what ANNALISA does.
        case ml4gw
    }

    /// Length of a periodogram, and by how much neighbours overlap.
    public var transformDuration = 2.0
    public var overlap = 1.0
    public var filterDuration = 2.0
    public var average = SpectrumAverage.median
    public var convention = Convention.gwpy
    /// Hz; nothing below it passes.
    public var highpass = 0.0

    public init(
        transformDuration: Double = 2, overlap: Double = 1, filterDuration: Double = 2, average: SpectrumAverage = .median,
        convention: Convention = .gwpy, highpass: Double = 0
    ) {
        (self.transformDuration, self.overlap, self.filterDuration) = (transformDuration, overlap, filterDuration)
        (self.average, self.convention, self.highpass) = (average, convention, highpass)
    }

    /// The same in samples, for series of `samples` at `rate` Hz.
    /// - Throws: `GlitchError` where lengths are no whole numbers of samples, do not fit each other, or cannot be transformed.
    public func shape(samples: Int, rate: Double) throws -> WhiteningShape {
        func whole(_ seconds: Double, _ name: String) throws -> Int {
            let count = (seconds * rate).rounded()
            guard count.isFinite, abs(count - seconds * rate) < 1e-6 * max(1, count), count < 1e9 else {
                throw GlitchError("whitening.\(name): found \(seconds) s, which is \(seconds * rate) samples at \(rate) Hz; wanted a whole number")
            }
            return Int(count)
        }
        let segment = try whole(transformDuration, "fft_length")
        let hop = segment - (try whole(overlap, "overlap"))
        let taps = try whole(filterDuration, "filter_duration")
        guard segment <= samples, hop > 0, hop <= segment else {
            throw GlitchError(
                "whitening: found fft_length \(transformDuration) s and overlap \(overlap) s; wanted an overlap below the length, and a length of at most the segment's \(Double(samples) / rate) s")
        }
        guard taps >= 2, taps % 2 == 0, taps <= samples / 2 else {
            throw GlitchError("whitening.filter_duration: found \(filterDuration) s, \(taps) samples at \(rate) Hz; wanted an even number up to \(samples / 2)")
        }
        let segments = (samples - segment) / hop + 1
        let shape = WhiteningShape(
            samples: samples, segment: segment, hop: hop, taps: taps, rate: rate, isMedian: average == .median,
            bias: average == .median ? SpectrumAverage.medianBias(segments) : 1, interpolatesPower: convention == .ml4gw,
            bandTaper: convention == .gwpy ? 5 : 0, tapersEnds: convention == .gwpy, highpassBin: Int(highpass * Double(samples) / rate))
        guard shape.isSupported else {
            throw GlitchError(
                "found segments of \(samples) samples and periodograms of \(segment) at \(rate) Hz; wanted multiples of 4 with no prime factor above 5: lengths of 2, 4, 6, 8, 12, 16 s serve for most rates")
        }
        return shape
    }
}
