/// A statement on times: where it is known, and where it is true. `V1:DQ_VETO_X:1`.
public struct DataQualityFlag: Equatable, Sendable {
    /// `V1`.
    public var interferometer: String
    public var name: String
    public var version: Int
    public var comment: String
    public var known: SegmentList
    /// Within `known`.
    public var active: SegmentList

    public init(interferometer: String, name: String, version: Int = 1, comment: String = "", known: SegmentList, active: SegmentList) {
        (self.interferometer, self.name, self.version, self.comment) = (interferometer, name, version, comment)
        self.known = known
        self.active = active.intersection(known)
    }

    /// `V1:DQ_VETO_X:1`.
    public var title: String { "\(interferometer):\(name):\(version)" }

    /// Active over known time; 0 where nothing is known.
    public var deadtime: Double { known.isEmpty ? 0 : Double(active.duration) / Double(known.duration) }
}
