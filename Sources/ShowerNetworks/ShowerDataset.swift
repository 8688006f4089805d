import Glibc
import MessagePassing
import Numerics
import ParallelHDF5
import Training

/// Showers in files of the CLIC layout: `ECAL` (N, x, y, layer), `energy` (N) GeV, `theta` (N) rad; or in the file that `preprocess` wrote, whose
/// `ECAL` names its scale and exponent. Handed out in GeV x 50.
///
/// The order is shuffled anew every epoch; which sample is where is a function of (seed, epoch, position). The last tenth of the samples of all
/// files together is kept for tests. What has been read stays in memory, packed, as far as there is room.
public final class ShowerDataset {
    public let count: Int
    public let trainingCount: Int
    public var testCount: Int { count - trainingCount }
    /// Wall time that this rank spent reading and unpacking, s.
    public private(set) var readSeconds = 0.0
    /// Showers that this rank took from files, chunk mates included.
    public private(set) var showersRead = 0
    public var bytesInMemory: Int { packed.bytes }
    private let architecture: ShowerArchitecture
    private let seed: UInt64
    private let threshold: Float
    private let files: [ShowerFile]
    private var packed: PackedShowers
    private var order: Shuffle
    private var orderEpoch = 0
    /// Showers that files store together: a compressed chunk has to be unpacked whole.
    static let chunk = 16

    /// Opens every file on every rank by itself. *Collective.* Throws, the same on all ranks, for a missing dataset or a wrong shape.
    /// - Parameter memory: bytes of packed showers that a rank keeps.
    public init(
        _ paths: [String], architecture: ShowerArchitecture, testShare: Double, threshold: Double, memory: Int, seed: UInt64,
        communicator: Communicator
    ) throws {
        self.architecture = architecture
        self.seed = seed
        self.threshold = Float(threshold)
        var total = 0
        files = try communicator.agree {
            try paths.map { path in
                let file = try ShowerFile(path, extents: architecture.imageExtents, first: total)
                total += file.count
                return file
            }
        }
        count = total
        let kept = Int((Double(total) * testShare).rounded())
        trainingCount = total - kept
        guard trainingCount >= laneWidth else {
            throw ShowerNetworkError("\(paths.joined(separator: ", ")): \(trainingCount) showers to train on, wanted at least \(laneWidth)")
        }
        packed = PackedShowers(count: total, limit: memory)
        order = Shuffle(count: max(1, trainingCount), seed: seed, epoch: 0)
    }

    /// Sample number at `position` of an epoch.
    func sample(epoch: Int, position: Int) -> Int {
        if epoch != orderEpoch {
            order = Shuffle(count: trainingCount, seed: seed, epoch: epoch)
            orderEpoch = epoch
        }
        return order[position]
    }

    /// Energy in units of the architecture's scale, and angle, of a sample. *Not collective.*
    func conditions(_ sample: Int) -> (energy: Double, angle: Double) {
        guard let file = files.last(where: { $0.first <= sample }) else { return (1, 0.5 * Double.pi) }
        let index = sample - file.first
        return (Double(file.energies[index]) / architecture.energyScale, Double(file.angles[index]))
    }

    /// Reads sixteen samples: deposits in GeV x 50 into `lanes`, and what is known of them. *Not collective.*
    /// - Throws: `ShowerNetworkError` for a deposit that is negative or not a number, and for a shower without energy.
    func read(_ samples: [Int], into lanes: UnsafeMutablePointer<Lane>) throws -> ShowerTargets {
        let start = Self.seconds()
        defer { readSeconds += Self.seconds() - start }
        var targets = ShowerTargets(labels: [], energies: [], angles: [], deposits: [])
        lanes.update(repeating: .zero, count: architecture.imageSites)
        for (j, sample) in samples.enumerated() {
            guard let file = files.last(where: { $0.first <= sample }) else { continue }
            let index = sample - file.first
            var sum = packed.unpack(sample) { lanes[$0][j] = $1 }
            if sum == nil {
                let (cells, values, total) = try fetch(file, index)
                for (cell, value) in zip(cells, values) { lanes[Int(cell)][j] = value }
                sum = total
            }
            guard let sum, sum > 0 else {
                throw ShowerNetworkError("\(file.path): shower \(index) deposits no energy; clean the file with `gan3d preprocess`")
            }
            targets.labels.append(1)
            targets.energies.append(Double(file.energies[index]) / architecture.energyScale)
            targets.angles.append(Double(file.angles[index]))
            targets.deposits.append(sum)
        }
        return targets
    }

    /// A shower from its file; the others of its chunk are kept as well while there is room.
    private func fetch(_ file: ShowerFile, _ index: Int) throws -> (cells: [UInt32], values: [Float], sum: Double) {
        let first = packed.isFull ? index : index / Self.chunk * Self.chunk
        let last = packed.isFull ? index + 1 : min(first + Self.chunk, file.count)
        let block = try file.read(first..<last)
        showersRead += last - first
        var wanted: (cells: [UInt32], values: [Float], sum: Double) = ([], [], 0)
        for k in first..<last where k == index || !packed.holds(file.first + k) {
            let shower = try file.pack(block, k - first, shower: k, threshold: threshold)
            packed.keep(file.first + k, cells: shower.cells, values: shower.values, sum: shower.sum)
            if k == index { wanted = shower }
        }
        return wanted
    }

    private static func seconds() -> Double {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
    }
}

/// One file of showers.
struct ShowerFile {
    let path: String
    /// Number of its first shower among all.
    let first: Int
    let energies: [Float]
    let angles: [Float]
    var count: Int { energies.count }
    private let sites: Int
    private let extents: [Int]
    private let file: HDF5File
    private let deposits: HDF5Dataset
    /// GeV x 50 = value^power * factor.
    private let power: Double
    private let factor: Double

    init(_ path: String, extents: [Int], first: Int) throws {
        self.path = path
        self.first = first
        self.extents = extents
        sites = extents.reduce(1, *)
        file = try HDF5File.open(path, communicator: nil)
        for name in ["ECAL", "energy", "theta"] where try !file.root.hasObject(name) {
            throw ShowerNetworkError("\(path): no dataset '\(name)', wanted ECAL (N, x, y, layer), energy (N) GeV and theta (N) rad")
        }
        deposits = try file.root.dataset("ECAL")
        guard deposits.shape.count == 4, Array(deposits.shape.dropFirst()) == extents else {
            throw ShowerNetworkError("\(path): ECAL has shape \(deposits.shape), wanted N x \(extents)")
        }
        energies = try file.root.read("energy", as: Float.self)
        angles = try file.root.read("theta", as: Float.self)
        guard energies.count == deposits.shape[0], angles.count == deposits.shape[0] else {
            throw ShowerNetworkError(
                "\(path): ECAL holds \(deposits.shape[0]) showers, energy \(energies.count), theta \(angles.count); wanted equal numbers")
        }
        for (i, energy) in energies.enumerated() where !(energy > 0 && energy.isFinite) {
            throw ShowerNetworkError("\(path): energy[\(i)] is \(energy), wanted a positive number of GeV")
        }
        for (i, angle) in angles.enumerated() where !angle.isFinite {
            throw ShowerNetworkError("\(path): theta[\(i)] is \(angle), wanted an angle in rad")
        }
        let exponent = try deposits.hasAttribute("exponent") ? deposits.attribute("exponent", as: Double.self) : 1
        let scale = try deposits.hasAttribute("scale_per_gev") ? deposits.attribute("scale_per_gev", as: Double.self) : ShowerArchitecture.storedPerGeV
        guard exponent > 0, exponent.isFinite, scale > 0, scale.isFinite else {
            throw ShowerNetworkError("\(path): ECAL has exponent \(exponent) and scale_per_gev \(scale), wanted positive numbers")
        }
        power = 1 / exponent
        factor = ShowerArchitecture.storedPerGeV / scale
    }

    func read(_ range: Range<Int>) throws -> [Float] {
        try deposits.read(as: Float.self, offset: [range.lowerBound, 0, 0, 0], count: [range.count] + extents, collective: false)
    }

    /// The cells of the `place`-th shower of a block that hold at least the threshold, and their sum.
    func pack(_ block: [Float], _ place: Int, shower: Int, threshold: Float) throws -> (cells: [UInt32], values: [Float], sum: Double) {
        var cells: [UInt32] = [], values: [Float] = []
        var sum = 0.0
        for cell in 0..<sites {
            let stored = block[place * sites + cell]
            if stored == 0 { continue }
            guard stored > 0, stored.isFinite else {
                throw ShowerNetworkError(
                    "\(path): ECAL of shower \(shower) holds \(stored), wanted energies of at least 0; clean the file with `gan3d preprocess`")
            }
            let value = power == 1 && factor == 1 ? stored : Float(pow(Double(stored), power) * factor)
            guard value >= threshold else { continue }
            cells.append(UInt32(cell))
            values.append(value)
            sum += Double(value)
        }
        return (cells, values, sum)
    }
}
