import Segments

/// Values on a regular grid: FrVect. A time series has one dimension, seconds.
public struct FrameVector: Equatable, Sendable {
    public struct Dimension: Equatable, Sendable {
        public var count: Int
        /// Distance of neighbours and coordinate of the first, in `unit`.
        public var spacing, start: Double
        public var unit: String

        public init(count: Int, spacing: Double, start: Double = 0, unit: String = "s") {
            (self.count, self.spacing, self.start, self.unit) = (count, spacing, start, unit)
        }
    }

    public var name: String
    public var samples: Samples
    public var dimensions: [Dimension]
    /// Unit of the values.
    public var unit: String

    public init(name: String, samples: Samples, dimensions: [Dimension], unit: String = "") {
        (self.name, self.samples, self.dimensions, self.unit) = (name, samples, dimensions, unit)
    }
}

/// One channel of one frame: a digitised, processed or simulated series and what describes it.
public struct FrameChannel: Equatable, Sendable {
    /// Which structure holds a channel.
    public enum Kind: String, Sendable, CaseIterable {
        case digitised = "FrAdcData"
        case processed = "FrProcData"
        case simulated = "FrSimData"
    }

    /// FrAdcData: what the converter measured. A physical value is `bias + slope * count`; a slope of 0 means 1.
    public struct Digitisation: Equatable, Sendable {
        public var group: UInt32 = 0, number: UInt32 = 0, bits: UInt32 = 0
        public var bias: Float = 0, slope: Float = 1
        public var units = ""
        /// 0: valid.
        public var invalid: UInt16 = 0

        public init(group: UInt32 = 0, number: UInt32 = 0, bits: UInt32 = 0, bias: Float = 0, slope: Float = 1, units: String = "", invalid: UInt16 = 0) {
            (self.group, self.number, self.bits, self.bias, self.slope) = (group, number, bits, bias, slope)
            (self.units, self.invalid) = (units, invalid)
        }
    }

    /// FrProcData: what an analysis made.
    public struct Processing: Equatable, Sendable {
        public struct Parameter: Equatable, Sendable {
            public var name: String
            public var value: Double

            public init(name: String, value: Double) { (self.name, self.value) = (name, value) }
        }

        /// 1: time series; 2: frequency series; …
        public var type: UInt16 = 1, subtype: UInt16 = 0
        /// Seconds covered; frequencies covered and resolution, Hz.
        public var timeRange = 0.0, frequencyRange = 0.0, bandwidth = 0.0
        public var parameters: [Parameter] = []

        public init(type: UInt16 = 1, subtype: UInt16 = 0, timeRange: Double = 0, frequencyRange: Double = 0, bandwidth: Double = 0, parameters: [Parameter] = []) {
            (self.type, self.subtype, self.timeRange) = (type, subtype, timeRange)
            (self.frequencyRange, self.bandwidth, self.parameters) = (frequencyRange, bandwidth, parameters)
        }
    }

    public enum Source: Equatable, Sendable {
        case digitised(Digitisation)
        case processed(Processing)
        case simulated

        public var kind: Kind {
            switch self {
            case .digitised: .digitised
            case .processed: .processed
            case .simulated: .simulated
            }
        }
    }

    public var name: String
    public var comment: String
    public var source: Source
    /// Samples a second; of processed channels, the inverse of the spacing.
    public var sampleRate: Double
    /// Seconds from the frame's start to the first sample.
    public var timeOffset: Double
    /// Hz that became 0 Hz by heterodyning, and the phase then, rad.
    public var frequencyShift: Double
    public var phase: Float
    public var vector: FrameVector
    /// Structures that hang on the channel in the file and were not read: `FrVect (aux)`, `FrTable`, …
    public internal(set) var unread: [String] = []

    /// A time series of `rate` samples a second.
    public init(
        name: String, source: Source, samples: Samples, rate: Double, unit: String = "", comment: String = "", timeOffset: Double = 0
    ) {
        (self.name, self.comment, self.source, sampleRate, self.timeOffset) = (name, comment, source, rate, timeOffset)
        (frequencyShift, phase) = (0, 0)
        vector = FrameVector(
            name: name, samples: samples, dimensions: [.init(count: samples.count, spacing: 1 / rate)], unit: unit)
        if case .processed(var processing) = source, processing.timeRange == 0 {
            processing.timeRange = Double(samples.count) / rate
            self.source = .processed(processing)
        }
    }

    init(name: String, comment: String, source: Source, sampleRate: Double, timeOffset: Double, frequencyShift: Double, phase: Float, vector: FrameVector) {
        (self.name, self.comment, self.source, self.sampleRate) = (name, comment, source, sampleRate)
        (self.timeOffset, self.frequencyShift, self.phase, self.vector) = (timeOffset, frequencyShift, phase, vector)
    }

    /// Whether the samples are a series over time.
    public var isTimeSeries: Bool {
        guard vector.dimensions.count == 1, vector.samples.type != .text, vector.dimensions[0].spacing > 0,
            vector.dimensions[0].spacing.isFinite
        else { return false }
        if case .processed(let processing) = source { return processing.type <= 1 }
        return true
    }

    /// Samples in the channel's unit: counts times slope plus bias, where there is a calibration. nil for complex values and text.
    public var physicalValues: [Double]? {
        guard let values = vector.samples.doubles else { return nil }
        guard case .digitised(let adc) = source, adc.slope != 0, adc.slope != 1 || adc.bias != 0 else { return values }
        let (bias, slope) = (Double(adc.bias), Double(adc.slope))
        return values.map { bias + slope * $0 }
    }
}
