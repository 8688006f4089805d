import Batch
import RadioStreams

/// Candidates as text: heimdall's nine columns, with a line of names and comments before it that say what the numbers stand on.
public struct CandidateTable {
    public let header: StreamHeader
    public let plan: DispersionPlan
    /// Gaps of the stream: the sample after it and the seconds that are missing.
    public let gaps: [(sample: Int, seconds: Double)]
    /// Name of the recording.
    public let recording: String

    public static let columns = ["snr", "sample", "time", "filter", "dm_trial", "dm", "members", "begin", "end"]

    public init(header: StreamHeader, plan: DispersionPlan, gaps: [(sample: Int, seconds: Double)], recording: String) {
        self.header = header
        self.plan = plan
        self.gaps = gaps
        self.recording = recording
    }

    /// Seconds from the stream's start to a sample, gaps included.
    public func time(ofSample sample: Int) -> Double {
        gaps.reduce(Double(sample) * header.samplingTime) { $1.sample <= sample ? $0 + $1.seconds : $0 }
    }

    public func text(_ candidates: [Candidate]) -> String {
        var text = """
            # recording: \(recording)
            # source: \(header.source), telescope: \(header.telescope)
            # start: MJD \(Format.fixed(header.start.days, decimals: 12)); sampling time: \(header.samplingTime) s
            # dispersion constant: \(plan.constant.rawValue), \(plan.constant.value) s MHz^2 cm^3 / pc; times at \(plan.reference) MHz
            # filter: log2 of the boxcar's samples; sample and time: its middle; begin and end: samples
            \(Self.columns.joined(separator: ","))

            """
        for candidate in candidates {
            let best = candidate.strongest
            let fields = [
                Format.fixed(Double(best.signalToNoise), decimals: 3), "\(best.peak)", Format.fixed(time(ofSample: best.peak), decimals: 6),
                "\(best.filter)", "\(best.trial)", Format.fixed(plan.trials[best.trial], decimals: 4), "\(candidate.members)", "\(candidate.begin)",
                "\(candidate.end)",
            ]
            text += fields.joined(separator: ",") + "\n"
        }
        return text
    }
}
