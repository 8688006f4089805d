import Batch

/// What the machine can do at best, measured by `scaling calibrate` on some number of ranks.
public struct Ceilings: Sendable, Equatable {
    public var system: SystemDescription
    public var started: String
    public var ranks: Int
    public var loadBefore: Double
    /// Multiply-adds of one core while all ranks work, in flop/s.
    public var peakSingle: Double
    public var peakDouble: Double
    /// All ranks together, in B/s, counted as STREAM counts.
    public var triad: Double
    /// Message size in bytes and seconds one way between the first and the last rank; empty on one rank.
    public var pingPong: [Point]
    /// Size in bytes and seconds of an all-reduce over all ranks.
    public var allReduce: [Point]
    /// What is left of the cores' speed when all ranks meet after each piece of work of so many seconds; empty on one rank.
    public var lockstep: [Piece]
    /// One file of all ranks through parallel HDF5, in B/s; reading may come from the page cache.
    public var writeRate: Double
    public var readRate: Double
    public var fileBytes: Double

    public struct Point: Sendable, Equatable {
        public let bytes: Double
        public let seconds: Double
    }

    public struct Piece: Sendable, Equatable {
        public let seconds: Double
        public let efficiency: Double
    }

    var json: JSON {
        func points(_ list: [Point]) -> JSON { .array(list.map { ["bytes": .number($0.bytes), "seconds": .number($0.seconds)] }) }
        return [
            "schema": 1, "system": system.json, "started": .string(started), "ranks": .integer(ranks), "load_before": .number(loadBefore),
            "peak_flops_per_rank_float32": .number(peakSingle), "peak_flops_per_rank_float64": .number(peakDouble),
            "triad_bytes_per_second": .number(triad), "ping_pong": points(pingPong), "allreduce": points(allReduce),
            "lockstep": .array(lockstep.map { ["seconds": .number($0.seconds), "efficiency": .number($0.efficiency)] }),
            "hdf5_write_bytes_per_second": .number(writeRate), "hdf5_read_bytes_per_second": .number(readRate),
            "hdf5_file_bytes": .number(fileBytes),
        ]
    }

    init(_ record: Reader) throws {
        func points(_ name: String) throws -> [Point] {
            try record.list(name).map { Point(bytes: try $0.number("bytes"), seconds: try $0.number("seconds")) }
        }
        system = try SystemDescription(record.reader("system"))
        started = try record.string("started")
        ranks = try record.integer("ranks", in: 1...100_000_000)
        loadBefore = try record.number("load_before")
        peakSingle = try record.number("peak_flops_per_rank_float32")
        peakDouble = try record.number("peak_flops_per_rank_float64")
        triad = try record.number("triad_bytes_per_second")
        pingPong = try points("ping_pong")
        allReduce = try points("allreduce")
        // Older files have none.
        lockstep = try record["lockstep"] == nil
            ? [] : record.list("lockstep").map { Piece(seconds: try $0.number("seconds"), efficiency: try $0.number("efficiency")) }
        writeRate = try record.number("hdf5_write_bytes_per_second")
        readRate = try record.number("hdf5_read_bytes_per_second")
        fileBytes = try record.number("hdf5_file_bytes")
    }

    init(
        system: SystemDescription, started: String, ranks: Int, loadBefore: Double, peakSingle: Double, peakDouble: Double, triad: Double,
        pingPong: [Point], allReduce: [Point], lockstep: [Piece], writeRate: Double, readRate: Double, fileBytes: Double
    ) {
        self.system = system
        self.started = started
        self.ranks = ranks
        self.loadBefore = loadBefore
        self.peakSingle = peakSingle
        self.peakDouble = peakDouble
        self.triad = triad
        self.pingPong = pingPong
        self.allReduce = allReduce
        self.lockstep = lockstep
        self.writeRate = writeRate
        self.readRate = readRate
        self.fileBytes = fileBytes
    }
}

/// The calibrations of a machine, one for each number of ranks: a JSON file.
public struct CeilingsFile: Sendable {
    public private(set) var entries: [Ceilings] = []

    public init() {}

    /// Throws a `ScalingError` that names the file and what is wrong in it.
    public init(path: String) throws {
        do {
            let json = try JSON(parsing: String(decoding: Files.read(path, limit: 16 << 20), as: UTF8.self), name: "ceilings")
            entries = try Reader(json).list("calibrations").map(Ceilings.init)
        } catch { throw ScalingError("\(path): \(error)") }
    }

    /// Puts a measurement in the place of an earlier one with as many ranks.
    public mutating func set(_ new: Ceilings) {
        entries.removeAll { $0.ranks == new.ranks }
        entries.append(new)
        entries.sort { $0.ranks < $1.ranks }
    }

    public func write(_ path: String) throws {
        let json: JSON = ["calibrations": .array(entries.map(\.json))]
        try Files.writeAtomically(path, Array(json.prettyText.utf8))
    }

    /// Upper bounds for `processes`: the measurement with as many ranks, else the nearest one's rates multiplied up, which is said.
    func bound(_ processes: Int, precision: String) -> (flops: Double, bytes: Double, measured: Bool)? {
        guard let near = entries.last(where: { $0.ranks <= processes }) ?? entries.first else { return nil }
        let factor = Double(processes) / Double(near.ranks)
        let peak = precision == "float32" ? near.peakSingle : near.peakDouble
        return (peak * Double(processes), near.triad * factor, near.ranks == processes)
    }
}

extension Ceilings {
    /// The figures as lines for a person.
    public var text: String {
        func rate(_ value: Double, _ scale: Double, _ unit: String) -> String { "\(Format.general(value * scale, digits: 4)) \(unit)" }
        var lines = [
            "\(system.processor), \(ranks) \(ranks == 1 ? "rank" : "ranks") on \(system.cores) processors, load before \(Format.general(loadBefore, digits: 3))",
            "multiply-adds  \(rate(peakSingle, 1e-9, "GF/s")) f32, \(rate(peakDouble, 1e-9, "GF/s")) f64, a rank",
            "triad          \(rate(triad, 1e-9, "GB/s")) all ranks",
        ]
        if let small = pingPong.first, let large = pingPong.last {
            lines.append("ping-pong      \(rate(small.seconds, 1e6, "us")) one way for \(Format.bytes(small.bytes)), \(rate(large.bytes / large.seconds, 1e-9, "GB/s")) for \(Format.bytes(large.bytes))")
        }
        if let small = allReduce.first, let large = allReduce.last {
            lines.append("all-reduce     \(rate(small.seconds, 1e6, "us")) for \(Format.bytes(small.bytes)), \(rate(large.seconds, 1e6, "us")) for \(Format.bytes(large.bytes))")
        }
        if !lockstep.isEmpty {
            let pieces = lockstep.map { "\(Format.fixed(100 * $0.efficiency, decimals: 1)) % at \(rate($0.seconds, 1e6, "us"))" }
            lines.append("in step        \(pieces.joined(separator: ", ")): what waiting for each other leaves after pieces of such lengths")
        }
        lines.append("parallel HDF5  \(rate(writeRate, 1e-6, "MB/s")) written, \(rate(readRate, 1e-6, "MB/s")) read, \(Format.bytes(fileBytes))")
        return lines.joined(separator: "\n")
    }
}
