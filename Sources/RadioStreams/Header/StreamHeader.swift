/// What the numbers of one time and channel are.
public enum Polarisation: String, Sendable, CaseIterable {
    /// One number: total intensity.
    case intensity = "AA+BB"
    /// Two: the intensities of both receptors.
    case receptors = "AABB"
    /// Four: both intensities, real and imaginary part of their product.
    case coherency = "AABBCRCI"
    /// Four: Stokes I, Q, U, V.
    case stokes = "IQUV"

    /// Numbers of one time and channel.
    public var count: Int {
        switch self {
        case .intensity: 1
        case .receptors: 2
        case .coherency, .stokes: 4
        }
    }

    /// How many of them, from the first on, add up to the total intensity.
    public var intensityTerms: Int { self == .receptors || self == .coherency ? 2 : 1 }

    /// What a file that only counts them most likely means; nil for counts that are none.
    public static func counted(_ count: Int) -> Polarisation? {
        switch count {
        case 1: .intensity
        case 2: .receptors
        case 4: .stokes
        default: nil
        }
    }
}

/// A value of a format's own keyword that no other format has.
public enum CarriedValue: Equatable, Sendable {
    case integer(Int)
    case real(Double)
    case text(String)
}

/// What every format says about a recording, in one set of units.
public struct StreamHeader: Equatable, Sendable {
    public var source = "unknown"
    public var telescope = "unknown"
    /// Centre of each channel in the order of the file, MHz.
    public var frequencies: [Double]
    /// Distance between channels in the order of the file, MHz; negative where the highest comes first.
    public var channelWidth: Double
    /// Seconds from one sample to the next.
    public var samplingTime: Double
    /// Start of the first sample, UTC.
    public var start: ModifiedJulianDate
    /// Right ascension HHMMSS.S and declination DDMMSS.S, packed (`PackedAngle`).
    public var rightAscension = 0.0
    public var declination = 0.0
    public var polarisation = Polarisation.intensity
    /// Bits of one number in the file: 1, 2, 4, 8, 16, or 32 for floating point.
    public var bits: Int
    /// Whether 8- and 16-bit numbers are two's complement.
    public var isSigned = false
    /// Samples in the file; nil where only the end will tell.
    public var sampleCount: Int?
    /// Keywords of the file's own format, kept for a file of that format.
    public var carried: [String: CarriedValue] = [:]

    public init(frequencies: [Double], channelWidth: Double, samplingTime: Double, start: ModifiedJulianDate, bits: Int) {
        self.frequencies = frequencies
        self.channelWidth = channelWidth
        self.samplingTime = samplingTime
        self.start = start
        self.bits = bits
    }

    public var channels: Int { frequencies.count }
    /// Numbers of one time sample: polarisation, then channel.
    public var rowCount: Int { channels * polarisation.count }
    /// Bytes of one time sample in a file.
    public var rowBytes: Int { rowCount * bits / 8 }

    /// Whether `frequencies` are exactly the first and multiples of `channelWidth`, as a file with two numbers would give them.
    public var isUniform: Bool {
        guard let first = frequencies.first, channelWidth != 0 || frequencies.count == 1 else { return false }
        return frequencies.enumerated().allSatisfy { $0.element == first + Double($0.offset) * channelWidth }
    }

    public static let bitDepths = [1, 2, 4, 8, 16, 32]
    /// Most numbers of one time sample that a stream of unknown length may ask for.
    static let largestRow = 1 << 22

    /// Throws unless the numbers make sense together, whatever the format.
    func validate(file: String) throws {
        func wrong(_ place: String, _ reason: String) -> StreamError { StreamError(file: file, place: place, reason: reason) }
        guard channels >= 1 else { throw wrong("channels", "found \(channels), wanted at least 1") }
        guard Self.bitDepths.contains(bits) else {
            throw wrong("bits", "found \(bits), wanted one of \(Self.bitDepths.map(String.init).joined(separator: ", "))")
        }
        guard rowCount <= Self.largestRow else {
            throw wrong("channels", "found \(channels) of \(polarisation.count) polarisations, wanted at most \(Self.largestRow) numbers a sample")
        }
        guard rowCount * bits % 8 == 0 else {
            throw wrong("channels", "found \(rowCount) numbers of \(bits) bits a sample, wanted whole bytes")
        }
        guard samplingTime.isFinite, samplingTime > 0 else {
            throw wrong("sampling time", "found \(samplingTime) s, wanted more than 0")
        }
        for (channel, frequency) in frequencies.enumerated() where !(frequency.isFinite && frequency > 0) {
            throw wrong("frequency of channel \(channel)", "found \(frequency) MHz, wanted more than 0")
        }
        guard channelWidth.isFinite else { throw wrong("channel width", "found \(channelWidth) MHz") }
    }
}
