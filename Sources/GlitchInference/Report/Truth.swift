import Glitches
import ParallelHDF5

/// What `simulate` says is true.
public struct Truth: Sendable {
    public struct Event: Sendable {
        /// GPS, nanoseconds.
        public let time: Int64
        public let family: Int
        public let frequency, quality, reach, strainSignalToNoise: Double
    }

    public let families: [String]
    /// Whether a witness sees the family.
    public let isCoupled: [Bool]
    /// Of the families, by time.
    public let events: [Event]

    /// Reads `truth.h5`. *Not collective.*
    /// - Throws: `GlitchError` for a file that is none; `HDF5Error`.
    public init(path: String) throws {
        self = try HDF5File.with(HDF5File.open(path, communicator: nil)) { file in
            let group = try file.root.group("families")
            let names = try group.stringAttributes("names")
            let witness = try group.read("witness", as: Int32.self)
            let list = try file.root.group("events")
            let (seconds, nanoseconds) = (try list.read("time_seconds", as: Int64.self), try list.read("time_nanoseconds", as: Int32.self))
            let (family, frequency) = (try list.read("family", as: Int32.self), try list.read("frequency", as: Double.self))
            let (quality, reach) = (try list.read("q", as: Double.self), try list.read("reach", as: Double.self))
            let ratio = try list.read("strain_snr", as: Double.self)
            guard witness.count == names.count, Set([seconds.count, nanoseconds.count, family.count, frequency.count, quality.count, reach.count, ratio.count]).count == 1,
                family.allSatisfy({ $0 < names.count })
            else { throw GlitchError("\(path): found lists of different lengths, wanted a truth.h5 of `glitchgen simulate`") }
            return Truth(
                families: names, isCoupled: witness.map { $0 >= 0 },
                events: seconds.indices.filter { family[$0] >= 0 }.map {
                    Event(
                        time: seconds[$0] * 1_000_000_000 + Int64(nanoseconds[$0]), family: Int(family[$0]), frequency: frequency[$0], quality: quality[$0],
                        reach: reach[$0], strainSignalToNoise: ratio[$0])
                })
        }
    }

    init(families: [String], isCoupled: [Bool], events: [Event]) { (self.families, self.isCoupled, self.events) = (families, isCoupled, events) }
}
