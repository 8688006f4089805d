import ParallelHDF5
import Segments

/// What is true about simulated data.
struct TwinTruth {
    private let events: [TwinEvent]
    private let settings: TwinSettings

    init(_ events: [TwinEvent], settings: TwinSettings) {
        (self.events, self.settings) = (events.sorted { ($0.time, $0.family) < ($1.time, $1.family) }, settings)
    }

    private func gps(_ seconds: Double) -> GPSTime { settings.start.advanced(byNanoseconds: Int64((seconds * 1e9).rounded())) }

    /// A flag for each family: from the beginning to the end of what its glitches add to any channel.
    var flags: [DataQualityFlag] {
        let known = SegmentList([Segment(settings.start, gps(settings.duration))].compactMap(\.self))
        return settings.model.families.enumerated().map { index, family in
            let spans = events.filter { $0.family == index }.compactMap { Segment(gps($0.time - $0.reach), gps($0.time + $0.reach)) }
            let name = family.name.map { $0.isLetter || $0.isNumber ? $0 : "_" }
            return DataQualityFlag(
                interferometer: settings.model.detector, name: "TRUTH_" + String(name).uppercased(), comment: "simulated: \(family.coupling.rawValue)", known: known,
                active: SegmentList(spans))
        }
    }

    /// *Collective;* every rank passes the same.
    func write(to root: HDF5Group) throws {
        let model = settings.model
        try root.setAttribute("gps_start", "\(settings.start)")
        try root.setAttribute("duration_seconds", settings.duration)
        let channels = try root.createGroup("channels")
        try channels.setAttribute("names", model.channels.map(\.name))
        try channels.setAttribute("roles", model.channels.map(\.role.rawValue))
        try channels.write("rate", model.channels.map(\.rate), units: "Hz")
        let families = try root.createGroup("families")
        try families.setAttribute("names", model.families.map(\.name))
        try families.setAttribute("couplings", model.families.map(\.coupling.rawValue))
        for (name, numbers) in [("witness", model.families.map(\.witness)), ("carrier", model.families.map(\.carrier)), ("motion", model.families.map(\.motion))] {
            try families.write(name, numbers.map { Int32($0 ?? -1) })
        }
        if !model.steady.isEmpty {
            let steady = try root.createGroup("steady")
            try steady.setAttribute("names", model.steady.map(\.name))
            try steady.write("witness", model.steady.map { Int32($0.witness) })
            try steady.write("carrier", model.steady.map { Int32($0.carrier ?? -1) })
        }
        let group = try root.createGroup("events")
        let times = events.map { gps($0.time) }
        try group.write("time_seconds", times.map(\.seconds), units: "s")
        try group.write("time_nanoseconds", times.map { Int32(clamping: $0.remainder) }, units: "ns")
        try group.write("family", events.map { Int32($0.family) })
        // Of a channel's own glitch the channel, else the strain.
        try group.write("channel", events.map { Int32($0.family >= 0 ? 0 : $0.parts.first?.channel ?? -1) })
        try group.write("frequency", events.map(\.frequency), units: "Hz")
        try group.write("q", events.map(\.quality), units: "1")
        try group.write("reach", events.map(\.reach), units: "s")
        try group.write("strain_snr", events.map(\.strainSignalToNoise), units: "1")
        try group.write("witness_snr", events.map(\.witnessSignalToNoise), units: "1")
    }
}
