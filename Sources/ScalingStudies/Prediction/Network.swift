import Batch
import Glibc
import Numerics

/// A network in the LogGP model. Source: Alexandrov, Ionescu, Schauser, Scheiman, J. Parallel Distrib. Comput. 44 (1997) 71.
public struct Network: Sendable, Equatable {
    public let name: String
    /// Seconds from one processor to the other, and seconds a processor is busy with sending or receiving.
    public let latency: Double
    public let overhead: Double
    /// Seconds a byte.
    public let gapPerByte: Double

    public init(name: String, latency: Double, overhead: Double, gapPerByte: Double) {
        self.name = name
        self.latency = latency
        self.overhead = overhead
        self.gapPerByte = gapPerByte
    }

    /// One message.
    public func message(_ bytes: Double) -> Double { latency + 2 * overhead + bytes * gapPerByte }

    /// A sum over `ranks`: the cheaper of recursive doubling and of reduce-scatter with all-gather. Source: Thakur, Rabenseifner, Gropp,
    /// Int. J. High Perform. Comput. Appl. 19 (2005) 49, without the time of the additions.
    public func allReduce(_ bytes: Double, ranks: Int) -> Double {
        guard ranks > 1 else { return 0 }
        let rounds = ceil(log2(Double(ranks)))
        let start = latency + 2 * overhead
        let doubling = rounds * message(bytes)
        let scattered = 2 * rounds * start + 2 * (1 - 1 / Double(ranks)) * bytes * gapPerByte
        return min(doubling, scattered)
    }

    /// The network between `ranks` that share a node's link: each gets its part of the rate while all send.
    func shared(by ranks: Int) -> Network {
        Network(name: name, latency: latency, overhead: overhead, gapPerByte: gapPerByte * Double(max(1, ranks)))
    }

    /// The network that a calibration measured: α + β n through the ping-pong times by relative least squares, which cannot tell latency
    /// from overhead and calls all of α latency. Throws a `ScalingError` for a calibration on one rank.
    public init(measured ceilings: Ceilings) throws {
        guard ceilings.pingPong.count > 2, ceilings.pingPong.allSatisfy({ $0.seconds > 0 }) else {
            throw ScalingError("the calibration on \(ceilings.ranks) ranks has no message times: run scaling calibrate on two or more")
        }
        let fit = try LeastSquares(
            design: ceilings.pingPong.map { [1 / $0.seconds, $0.bytes / $0.seconds] }, ceilings.pingPong.map { _ in 1 })
        self.init(
            name: "measured on \(ceilings.system.host)", latency: max(0, fit.parameters[0].value), overhead: 0,
            gapPerByte: max(0, fit.parameters[1].value))
    }
}

/// Networks and file systems by name: a YAML table.
public struct MachineTable: Sendable {
    public let networks: [Network]
    /// Bytes a second of a shared file.
    public let fileSystems: [(name: String, writeRate: Double)]

    public init(path: String) throws {
        let yaml = try Configuration.load(path: path)
        networks = try yaml.sections("networks").map {
            Network(
                name: try $0.string("name"), latency: try $0.double("latency", in: 0...1), overhead: try $0.double("overhead", in: 0...1),
                gapPerByte: 1 / (try $0.double("bandwidth", in: 1...1e15)))
        }
        fileSystems = try yaml.sections("file_systems").map { (try $0.string("name"), try $0.double("write_rate", in: 1...1e15)) }
        try yaml.finish()
    }

    public func network(_ name: String) throws -> Network {
        guard let found = networks.first(where: { $0.name == name }) else {
            throw ScalingError("no network '\(name)', wanted one of \(networks.map(\.name).joined(separator: ", "))", code: .usage)
        }
        return found
    }

    public func writeRate(_ name: String) throws -> Double {
        guard let found = fileSystems.first(where: { $0.name == name }) else {
            throw ScalingError("no file system '\(name)', wanted one of \(fileSystems.map(\.name).joined(separator: ", "))", code: .usage)
        }
        return found.writeRate
    }
}
