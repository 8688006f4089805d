/// The data file `NAME.ms.dat` of openQCD's gradient flow (main/README.ms3): int32 dn, nn, tmax, float64 eps; then records of int32 trajectory and
/// float64 Wsl, Ysl, Qsl `[nn + 1][tmax]`, all little-endian.
public struct OpenQCDFlowLog: Sendable {
    /// Numbers of one configuration, `[point][time slice]`, each summed over the slice.
    public struct Record: Sendable {
        public let trajectory: Int
        /// Wilson's action density, Yang and Mills' action density by clovers, and topological charge.
        public let wilson: [[Double]]
        public let clover: [[Double]]
        public let charge: [[Double]]

        public init(trajectory: Int, wilson: [[Double]], clover: [[Double]], charge: [[Double]]) {
            self.trajectory = trajectory
            self.wilson = wilson
            self.clover = clover
            self.charge = charge
        }

        /// As the file has it.
        public var bytes: [UInt8] {
            Int32(truncatingIfNeeded: trajectory).bytes(isBigEndian: false)
                + [wilson, clover, charge].flatMap { $0.flatMap { $0.flatMap { $0.bitPattern.bytes(isBigEndian: false) } } }
        }
    }

    /// The head of a file of `points` points after the first, `interval` steps of size `step` between two of them.
    public static func head(interval: Int, points: Int, timeSlices: Int, step: Double) -> [UInt8] {
        [interval, points, timeSlices].flatMap { Int32(truncatingIfNeeded: $0).bytes(isBigEndian: false) } + step.bitPattern.bytes(isBigEndian: false)
    }

    /// Bytes of the head, and of a record.
    public static let headBytes = 20
    public static func recordBytes(points: Int, timeSlices: Int) -> Int { 4 + 24 * (points + 1) * timeSlices }

    /// Flow times of the points, k dn eps.
    public let times: [Double]
    public let timeSlices: Int
    public let records: [Record]

    /// Reads a file whole. *Not collective.*
    /// - Throws: `GaugeFileError` naming what was found and wanted.
    public init(_ path: String) throws {
        let file = try FileBytes(path)
        let head = try file.bytes(0, 20, "the head of a gradient-flow log")
        let numbers = (0..<3).map { Int(head.integer(4 * $0, isBigEndian: false) as Int32) }
        let (interval, last, slices) = (numbers[0], numbers[1], numbers[2])
        let step = Double(bitPattern: head.integer(12, isBigEndian: false))
        guard interval > 0, last >= 0, slices > 0, last < 1 << 24, slices < 1 << 20, step > 0, step.isFinite else {
            throw file.error("head of dn \(interval), nn \(last), tmax \(slices), eps \(step): not that of an openQCD .ms.dat file")
        }
        let size = Self.recordBytes(points: last, timeSlices: slices)
        guard file.count > 20, (file.count - 20) % size == 0 else {
            throw file.error("\(file.count) bytes: wanted 20 and records of \(size) for nn \(last) and tmax \(slices); it is cut short or of another kind")
        }
        times = (0...last).map { Double($0 * interval) * step }
        timeSlices = slices
        records = try (0..<(file.count - 20) / size).map { index in
            let bytes = try file.bytes(20 + index * size, size, "record \(index)")
            func array(_ which: Int) -> [[Double]] {
                (0...last).map { point in
                    (0..<slices).map { Double(bitPattern: bytes.integer(4 + 8 * ((which * (last + 1) + point) * slices + $0), isBigEndian: false)) }
                }
            }
            return Record(
                trajectory: Int(bytes.integer(0, isBigEndian: false) as Int32), wilson: array(0), clover: array(1), charge: array(2))
        }
        for (one, next) in zip(records, records.dropFirst()) where next.trajectory <= one.trajectory {
            throw file.error("trajectory \(next.trajectory) after \(one.trajectory): wanted rising numbers")
        }
    }

    /// E of each configuration at each flow time: the sum over time slices `boundary` away from both ends, a site. `[record][point]`.
    /// - Parameter spaceVolume: sites of a time slice, which the file does not say.
    public func energies(plaquette: Bool = false, boundary: Int = 0, spaceVolume: Int) throws -> [[Double]] {
        guard boundary >= 0, 2 * boundary < timeSlices, spaceVolume > 0 else {
            throw GaugeFileError("energies", "\(boundary) slices left out at both ends of \(timeSlices), \(spaceVolume) sites a slice; wanted some left and some sites")
        }
        let norm = Double(spaceVolume * (timeSlices - 2 * boundary))
        return records.map { record in
            (plaquette ? record.wilson : record.clover).map { $0[boundary..<timeSlices - boundary].reduce(0, +) / norm }
        }
    }
}

/// The data file `NAME.dat` of openQCD's pure-gauge program `ym1`: records of int32 trajectory, int32 accepted, float64 ΔH and average plaquette (3 for
/// unit links), little-endian.
public struct OpenQCDRunLog: Sendable {
    public struct Record: Sendable, Equatable {
        public let trajectory: Int
        public let accepted: Bool
        public let energyChange: Double
        public let plaquette: Double

        public init(trajectory: Int, accepted: Bool, energyChange: Double, plaquette: Double) {
            self.trajectory = trajectory
            self.accepted = accepted
            self.energyChange = energyChange
            self.plaquette = plaquette
        }

        /// As the file has it.
        public var bytes: [UInt8] {
            [Int32(truncatingIfNeeded: trajectory), accepted ? 1 : 0].flatMap { $0.bytes(isBigEndian: false) }
                + [energyChange, plaquette].flatMap { $0.bitPattern.bytes(isBigEndian: false) }
        }
    }
    public static let recordBytes = 24
    public let records: [Record]

    /// Reads a file whole. *Not collective.* - Throws: `GaugeFileError`.
    public init(_ path: String) throws {
        let file = try FileBytes(path)
        guard file.count > 0, file.count % 24 == 0 else {
            throw file.error("\(file.count) bytes: wanted records of 24, as an openQCD .dat file has; it is cut short or of another kind")
        }
        let bytes = try file.bytes(0, file.count, "the records")
        records = try (0..<file.count / 24).map { index in
            let accepted = bytes.integer(24 * index + 4, isBigEndian: false) as Int32
            guard accepted == 0 || accepted == 1 else { throw file.error("record \(index): \(accepted) for accepted, wanted 0 or 1; not an openQCD .dat file") }
            return Record(
                trajectory: Int(bytes.integer(24 * index, isBigEndian: false) as Int32), accepted: accepted == 1,
                energyChange: Double(bitPattern: bytes.integer(24 * index + 8, isBigEndian: false)),
                plaquette: Double(bitPattern: bytes.integer(24 * index + 16, isBigEndian: false)))
        }
    }
}
