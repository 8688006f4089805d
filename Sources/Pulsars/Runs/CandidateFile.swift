import Batch

/// A line of `candidates.csv`.
public struct CandidateRow: Equatable, Sendable {
    public var signalToNoise: Double
    /// Middle of the boxcar, samples from the start of the recording, at the highest frequency.
    public var sample: Int
    /// The boxcar is `1 << filter` samples wide.
    public var filter: Int
    /// pc cm⁻³.
    public var dispersionMeasure: Double

    public init(signalToNoise: Double, sample: Int, filter: Int, dispersionMeasure: Double) {
        self.signalToNoise = signalToNoise
        self.sample = sample
        self.filter = filter
        self.dispersionMeasure = dispersionMeasure
    }
}

/// Reads tables of candidates as `search` writes them: the columns are known by their names, lines of comments begin with #.
public enum CandidateFile {
    static let largest = 1 << 28

    /// - Throws: `SearchError` that names the line. *Not collective.*
    public static func read(_ path: String) throws -> [CandidateRow] {
        let text = String(decoding: try Files.read(path, limit: largest), as: UTF8.self)
        var places: [Int]?
        var rows: [CandidateRow] = []
        for (i, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.isEmpty || line.hasPrefix("#") { continue }
            let fields = line.split(separator: ",", omittingEmptySubsequences: false).map { String($0.filter { !$0.isWhitespace }) }
            guard let columns = places else {
                places = try ["snr", "sample", "filter", "dm"].map { name in
                    guard let place = fields.firstIndex(of: name) else {
                        throw SearchError("\(path): line \(i + 1): found columns \(fields.joined(separator: ", ")), wanted \(name) among them")
                    }
                    return place
                }
                continue
            }
            let numbers = columns.map { $0 < fields.count ? Double(fields[$0]) : nil }
            guard let snr = numbers[0], let sample = numbers[1], let filter = numbers[2], let measure = numbers[3], snr.isFinite, abs(sample) < 1e15,
                (0...30).contains(filter), measure >= 0, measure < 1e6
            else { throw SearchError("\(path): line \(i + 1): found '\(line.prefix(80))', wanted numbers for snr, sample, filter and dm") }
            rows.append(CandidateRow(signalToNoise: snr, sample: Int(sample), filter: Int(filter), dispersionMeasure: measure))
        }
        guard places != nil else { throw SearchError("\(path): found no line of column names, wanted \(CandidateTable.columns.joined(separator: ","))") }
        return rows
    }
}
