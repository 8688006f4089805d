/// How a channel lies in a file: known without decoding its values.
public struct ChannelStorage: Sendable {
    public let type: SampleType
    public let count: Int
    /// Samples a second; 0 if it is no time series.
    public let rate: Double
    public let unit: String
    /// `raw`, `gzip`, `diff-gzip` or `zero-suppress`.
    public let compression: String
    /// Bytes of the values in the file.
    public let bytes: Int
}

extension FrameFile {
    /// How `entry` is stored in the first frame that has it.
    public func storage(of entry: ChannelEntry) throws -> ChannelStorage {
        guard let index = entry.positions.firstIndex(where: { $0 != nil }) else { throw missing("\(entry.name) in no frame", "one that has it") }
        let record = try record(vectorHeader(of: entry, frame: index).vector, wanted: "FrVect")
        let decoder = try VectorDecoder(place: record.place, compression: record.unsigned("compress"), type: record.unsigned("type"))
        let spacing = try record.reals("dx").first ?? 0
        let name: String =
            switch decoder.compression {
            case .raw: "raw"
            case .gzip: "gzip"
            case .differenceGzip: "diff-gzip"
            case .zeroSuppress2, .zeroSuppress4, .zeroSuppress8: "zero-suppress"
            }
        return ChannelStorage(
            type: decoder.type, count: Int(clamping: try record.unsigned("nData", as: UInt64.self)), rate: SampleRate.of(spacing: spacing),
            unit: try record.text("unitY"), compression: name, bytes: try record.range("data").count)
    }
}
