
/// What the gradient flow measured on the configurations of one chain: openQCD's `NAME.ms.dat`.
///
/// Little-endian, without a name or a checksum: int32 dn, nn, tmax, float64 ε, then for each measurement int32 trajectory and three blocks of
/// (nn + 1) tmax float64, flow time slow and time slice fast: plaquette action density, clover action density and topological charge of each
/// slice, summed over its sites (openQCD 2.4, `modules/wflow/README`, and its main program `ms3`).
public struct FlowLog: Sendable {
    /// Steps of the integration between measurements at flow times n dn ε, n = 0 … nn.
    public let stepsBetween: Int
    /// ε, the step of the integration, in lattice units.
    public let step: Double
    public let slices: Int
    public let trajectories: [Int]
    /// [measurement][flow time][slice]
    private let plaquetteSums, cloverSums, chargeSums: [Double]
    private let times: Int

    /// Which discretisation of the action density.
    public enum Density: String, CaseIterable, Sendable { case clover, plaquette }

    public var flowTimes: [Double] { (0..<times).map { Double($0 * stepsBetween) * step } }
    public var count: Int { trajectories.count }

    /// - Throws: `GaugeFileError` naming what is wrong: not such a log, cut short, or trajectories that do not follow each other. *Not collective.*
    public init(_ path: String) throws {
        let file = try FileBytes(path)
        let head = try file.bytes(0, 20, "the header of a flow log")
        let numbers = (0..<3).map { Int(head.integer(4 * $0, isBigEndian: false) as Int32) }
        let step = Double(bitPattern: head.integer(12, isBigEndian: false))
        guard (1...1_000_000).contains(numbers[0]), (1...1_000_000).contains(numbers[1]), (1...1_000_000).contains(numbers[2]), step > 0, step < 1e3 else {
            throw file.error(
                "begins with dn \(numbers[0]), nn \(numbers[1]), tmax \(numbers[2]) and eps \(step), wanted positive numbers: it is no flow log (.ms.dat) of openQCD, or of another order of bytes")
        }
        (stepsBetween, times, slices, self.step) = (numbers[0], numbers[1] + 1, numbers[2], step)
        // No product of header fields is formed before it is known to fit.
        let (block, overflow) = times.multipliedReportingOverflow(by: slices)
        let body = file.count - 20
        guard !overflow, block <= file.count / 24 + 1, body % (4 + 24 * block) == 0, body > 0 else {
            throw file.error(
                "has \(body) bytes behind its header, wanted a multiple of a measurement at \(times) flow times on \(slices) slices (\(overflow ? "too many" : "\(4 + 24 * block)") bytes): cut short, or another header")
        }
        var trajectories: [Int] = [], plaquettes: [Double] = [], clovers: [Double] = [], charges: [Double] = []
        for index in 0..<body / (4 + 24 * block) {
            let offset = 20 + index * (4 + 24 * block)
            let record = try file.bytes(offset, 4 + 24 * block, "measurement \(index)")
            let trajectory = Int(record.integer(0, isBigEndian: false) as Int32)
            guard trajectory > trajectories.last ?? -1 else {
                throw file.error("measurement \(index) at byte \(offset) is of trajectory \(trajectory) after \(trajectories.last ?? 0), wanted later ones")
            }
            trajectories.append(trajectory)
            func values(_ block: Int, _ of: Int) throws -> [Double] {
                let values = (0..<block).map { Double(bitPattern: record.integer(4 + 8 * (of * block + $0), isBigEndian: false)) }
                guard values.allSatisfy(\.isFinite) else { throw file.error("trajectory \(trajectory) has a number that is not finite") }
                return values
            }
            plaquettes += try values(block, 0)
            clovers += try values(block, 1)
            charges += try values(block, 2)
        }
        self.trajectories = trajectories
        (plaquetteSums, cloverSums, chargeSums) = (plaquettes, clovers, charges)
    }

    /// Mean over the inner slices of the action density of each measurement, E a⁴ [measurement][flow time].
    /// - Parameters:
    ///   - edge: slices left out at either end, where open boundaries are felt.
    ///   - spatialSites: of a slice.
    func densities(_ density: Density, edge: Int, spatialSites: Int) -> [[Double]] {
        let sums = density == .clover ? cloverSums : plaquetteSums
        return (0..<count).map { measurement in
            (0..<times).map { time in
                let first = (measurement * times + time) * slices
                let inner = sums[first + edge..<first + slices - edge]
                return inner.reduce(0, +) / Double(inner.count) / Double(spatialSites)
            }
        }
    }

    /// Topological charge of each measurement at a flow time's index.
    func charges(at time: Int) -> [Double] {
        (0..<count).map { measurement in
            let first = (measurement * times + time) * slices
            return chargeSums[first..<first + slices].reduce(0, +)
        }
    }

    /// Those measurements whose trajectory is a multiple of `every`.
    func kept(every: Int) -> [Int] { trajectories.indices.filter { trajectories[$0] % every == 0 } }
}
