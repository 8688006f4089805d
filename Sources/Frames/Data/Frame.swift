import Segments

/// Where an interferometer stands: FrDetector. Angles in radians (azimuths clockwise from north), lengths in metres.
public struct FrameDetector: Equatable, Sendable {
    public var name: String
    /// Two characters that begin the names of its channels: `V1`.
    public var prefix: String
    public var longitude, latitude: Double
    public var elevation, armXAzimuth, armYAzimuth, armXAltitude, armYAltitude, armXMidpoint, armYMidpoint: Float
    /// Seconds of local time from UTC.
    public var localTime: Int32

    public init(
        name: String, prefix: String, longitude: Double, latitude: Double, elevation: Float, armXAzimuth: Float, armYAzimuth: Float,
        armXAltitude: Float = 0, armYAltitude: Float = 0, armXMidpoint: Float, armYMidpoint: Float, localTime: Int32 = 0
    ) {
        (self.name, self.prefix, self.longitude, self.latitude, self.elevation) = (name, prefix, longitude, latitude, elevation)
        (self.armXAzimuth, self.armYAzimuth) = (armXAzimuth, armYAzimuth)
        (self.armXAltitude, self.armYAltitude, self.armXMidpoint, self.armYMidpoint) = (armXAltitude, armYAltitude, armXMidpoint, armYMidpoint)
        self.localTime = localTime
    }

    /// Virgo, as FrameL describes it.
    public static let virgo = FrameDetector(
        name: "Virgo", prefix: "V1", longitude: 0.18333805213, latitude: 0.76151183984, elevation: 51.884, armXAzimuth: 0.339162856,
        armYAzimuth: 5.05155182, armXMidpoint: 1500, armYMidpoint: 1500)
}

/// A step that made a frame: FrHistory.
public struct FrameHistory: Equatable, Sendable {
    public var name, comment: String
    /// GPS seconds.
    public var time: UInt32

    public init(name: String, time: UInt32, comment: String) { (self.name, self.time, self.comment) = (name, time, comment) }
}

/// What a frame says about itself, without its channels.
public struct FrameDescription: Equatable, Sendable {
    /// The experiment: `V1`.
    public var name: String
    /// Negative for simulated data.
    public var run: Int32
    public var number: UInt32
    public var dataQuality: UInt32
    public var start: GPSTime
    /// Seconds.
    public var duration: Double
    /// TAI - UTC at the frame: 37 since 2017.
    public var leapSeconds: UInt16
    public var detectors: [FrameDetector]
    public var history: [FrameHistory]

    public init(
        name: String, start: GPSTime, duration: Double, run: Int32 = 0, number: UInt32 = 0, dataQuality: UInt32 = 0,
        leapSeconds: UInt16? = nil, detectors: [FrameDetector] = [], history: [FrameHistory] = []
    ) {
        (self.name, self.start, self.duration, self.run, self.number) = (name, start, duration, run, number)
        (self.dataQuality, self.detectors, self.history) = (dataQuality, detectors, history)
        self.leapSeconds = leapSeconds ?? LeapSeconds.atomicMinusUniversal(at: start)
    }

    /// First instant after the frame.
    public var end: GPSTime { start.advanced(byNanoseconds: Nanoseconds.of(duration)) }
}

/// One frame with its channels.
public struct Frame: Equatable, Sendable {
    public var description: FrameDescription
    public var channels: [FrameChannel]

    public init(_ description: FrameDescription, channels: [FrameChannel]) { (self.description, self.channels) = (description, channels) }
}

enum SampleRate {
    /// Samples a second at a distance of `spacing` seconds: the whole number whose inverse that is, if there is one; 0 for none.
    static func of(spacing: Double) -> Double {
        guard spacing > 0 else { return 0 }
        let rate = 1 / spacing
        return 1 / rate.rounded() == spacing ? rate.rounded() : rate
    }
}

enum Nanoseconds {
    /// The nearest whole number of nanoseconds, kept within what `GPSTime` can hold.
    static func of(_ seconds: Double) -> Int64 { seconds.isNaN ? 0 : Int64(max(-9e18, min((seconds * 1e9).rounded(), 9e18))) }
}

/// TAI - UTC (IERS Bulletin C).
enum LeapSeconds {
    /// GPS seconds from which on TAI - UTC is 20, 21, …, 37.
    private static let starts: [Int64] = [
        46_828_800, 78_364_801, 109_900_802, 173_059_203, 252_028_804, 315_187_205, 346_723_206, 393_984_007, 425_520_008, 457_056_009,
        504_489_610, 551_750_411, 599_184_012, 820_108_813, 914_803_214, 1_025_136_015, 1_119_744_016, 1_167_264_017,
    ]

    static func atomicMinusUniversal(at time: GPSTime) -> UInt16 { UInt16(19 + starts.count { $0 <= time.seconds }) }
}
