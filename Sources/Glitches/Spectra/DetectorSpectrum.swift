import Batch
import Glibc

/// Design sensitivities: amplitude spectral densities of strain, one over square root of hertz.
public enum DetectorSpectrum: Sendable {
    /// Advanced Virgo: LALSimulation's `AdvVirgo` (Manzotti and Dietz, arXiv:1202.4031).
    case advancedVirgo
    /// Advanced LIGO by the fit for inspirals of neutron stars: twice the published curve at 20 Hz, 0.73 of it at 100 Hz.
    case advancedLIGOFit
    /// Einstein Telescope B by its fit (Hild et al., arXiv:0810.0604).
    case einsteinTelescopeFit
    /// Frequencies in hertz, ascending, and densities; between them along straight lines of the logarithms.
    case table(frequencies: [Double], densities: [Double])

    /// `adv`, `aligo`, `et`, or the path of a text file of frequencies and amplitude densities.
    /// - Throws: `GlitchError` for a file that holds something else; `BatchError` for one that cannot be read.
    public init(named name: String) throws {
        switch name {
        case "adv": self = .advancedVirgo
        case "aligo": self = .advancedLIGOFit
        case "et": self = .einsteinTelescopeFit
        default: self = try Self.read(String(decoding: Files.read(name, limit: 64 << 20), as: UTF8.self), name: name)
        }
    }

    /// Reads a table of two columns; `#` begins a comment.
    static func read(_ text: String, name: String) throws -> DetectorSpectrum {
        var (frequencies, densities) = ([Double](), [Double]())
        for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let words = line.prefix { $0 != "#" }.split(whereSeparator: { $0.isWhitespace || $0 == "," })
            if words.isEmpty { continue }
            guard words.count >= 2, let f = Double(words[0]), let density = Double(words[1]), f.isFinite, density.isFinite, f >= 0, density > 0 else {
                throw GlitchError("\(name), line \(number + 1): found \"\(line.prefix(60))\", wanted a frequency in Hz and an amplitude spectral density above 0")
            }
            if f == 0 { continue }
            guard f > frequencies.last ?? 0 else { throw GlitchError("\(name), line \(number + 1): found \(f) Hz behind \(frequencies.last ?? 0) Hz, wanted rising frequencies") }
            frequencies.append(f)
            densities.append(density)
        }
        guard frequencies.count >= 2 else { throw GlitchError("\(name): found \(frequencies.count) lines of frequency and density, wanted at least 2") }
        return .table(frequencies: frequencies, densities: densities)
    }

    /// The amplitude spectral density at `frequency`, Hz above 0.
    public func density(at frequency: Double) -> Double {
        switch self {
        case .advancedVirgo:
            let x = log(frequency / 300)
            let (a, b) = (0.07 * exp(-0.142 - 1.437 * x + 0.407 * x * x), 3.1 * exp(-0.466 - 1.043 * x - 0.548 * x * x))
            let (c, d) = (0.4 * exp(-0.304 + 2.896 * x - 0.293 * x * x), 0.09 * exp(1.466 + 3.722 * x - 0.984 * x * x))
            return 1.259e-24 * (a + b + c + d)
        case .advancedLIGOFit:
            let x = frequency / 215
            return (1e-49 * (pow(x, -4.14) - 5 / (x * x) + 111 * (1 - x * x + pow(x, 4) / 2) / (1 + x * x / 2))).squareRoot()
        case .einsteinTelescopeFit:
            let x = frequency / 100
            return 1e-25 * (2.39e-27 * pow(x, -15.64) + 0.349 * pow(x, -2.145) + 1.76 * pow(x, -0.12) + 0.409 * pow(x, 1.10))
        case .table(let frequencies, let densities):
            guard let first = frequencies.first, let last = frequencies.last else { return .nan }
            if frequency <= first { return densities[0] }
            if frequency >= last { return densities[densities.count - 1] }
            var (low, high) = (0, frequencies.count - 1)
            while high - low > 1 {
                let middle = (low + high) / 2
                if frequencies[middle] <= frequency { low = middle } else { high = middle }
            }
            let part = log(frequency / frequencies[low]) / log(frequencies[high] / frequencies[low])
            return densities[low] * pow(densities[high] / densities[low], part)
        }
    }
}
