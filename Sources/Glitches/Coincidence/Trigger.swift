import Segments

/// Excess power in one channel: loud tiles that touch in time.
public struct Trigger: Sendable, Equatable {
    /// Of the loudest tile.
    public var time: GPSTime
    public var begin, end: GPSTime
    /// Hz: of the loudest tile, and of all together.
    public var frequency, lowest, highest: Double
    public var quality: Double
    /// Of the loudest tile, normalised.
    public var energy: Double
    /// Local maxima that were joined.
    public var tiles: Int
    /// Number of the segment of the scan that it lies in.
    public var segment: Int

    public init(
        time: GPSTime, begin: GPSTime, end: GPSTime, frequency: Double, lowest: Double, highest: Double, quality: Double, energy: Double, tiles: Int = 1,
        segment: Int = 0
    ) {
        (self.time, self.begin, self.end, self.frequency) = (time, begin, end, frequency)
        (self.lowest, self.highest, self.quality, self.energy) = (lowest, highest, quality, energy)
        (self.tiles, self.segment) = (tiles, segment)
    }

    /// Signal to noise: sqrt(2 energy).
    public var signalToNoise: Double { (2 * energy).squareRoot() }

    /// One trigger for all that touch, or are less than `gap` nanoseconds apart; in the order of time. The loudest, of equals the earliest, gives
    /// time, frequency and Q.
    public static func clustered(_ triggers: [Trigger], gap: Int64) -> [Trigger] {
        var joined: [Trigger] = []
        let sorted = triggers.sorted { ($0.begin, $0.time, $0.frequency, $0.quality) < ($1.begin, $1.time, $1.frequency, $1.quality) }
        for next in sorted {
            guard var last = joined.last, next.begin.nanoseconds - last.end.nanoseconds < gap else {
                joined.append(next)
                continue
            }
            if next.energy > last.energy {
                (last.time, last.frequency, last.quality, last.energy, last.segment) = (next.time, next.frequency, next.quality, next.energy, next.segment)
            }
            last.end = max(last.end, next.end)
            (last.lowest, last.highest) = (min(last.lowest, next.lowest), max(last.highest, next.highest))
            last.tiles += next.tiles
            joined[joined.count - 1] = last
        }
        return joined.sorted { $0.time < $1.time }
    }

    // MARK: Words

    static let wordCount = 10

    /// As integers, for messages and files.
    var words: [Int64] {
        [time.nanoseconds, begin.nanoseconds, end.nanoseconds] + [frequency, lowest, highest, quality, energy].map { Int64(bitPattern: $0.bitPattern) }
            + [Int64(tiles), Int64(segment)]
    }

    /// nil for times beyond what GPS time holds.
    init?(words: ArraySlice<Int64>) {
        let w = Array(words)
        guard w.count == Self.wordCount, let time = GPSTime(nanoseconds: w[0]), let begin = GPSTime(nanoseconds: w[1]), let end = GPSTime(nanoseconds: w[2])
        else { return nil }
        func real(_ i: Int) -> Double { Double(bitPattern: UInt64(bitPattern: w[i])) }
        self.init(
            time: time, begin: begin, end: end, frequency: real(3), lowest: real(4), highest: real(5), quality: real(6), energy: real(7),
            tiles: Int(clamping: w[8]), segment: Int(clamping: w[9]))
    }
}
