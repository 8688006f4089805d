import MessagePassing
import Numerics
import ParallelHDF5
import Training

/// Showers in files of the CLIC layout: `ECAL` (N, x, y, layer), `energy` (N) GeV, `theta` (N) rad. Read sample by sample.
///
/// The order is shuffled anew every epoch; which sample is where is a function of (seed, epoch, position). The last tenth of the samples of all
/// files together is kept for tests.
public final class ShowerDataset {
    public let count: Int
    public let trainingCount: Int
    public var testCount: Int { count - trainingCount }
    private let architecture: ShowerArchitecture
    private let seed: UInt64
    private let threshold: Float
    private let files: [(file: HDF5File, deposits: HDF5Dataset, energies: [Float], angles: [Float], first: Int)]
    private var order: Shuffle
    private var orderEpoch = 0

    /// Opens every file on every rank by itself. *Collective.* Throws, the same on all ranks, for a missing dataset or a wrong shape.
    public init(
        _ paths: [String], architecture: ShowerArchitecture, testShare: Double, threshold: Double, seed: UInt64, communicator: Communicator
    ) throws {
        self.architecture = architecture
        self.seed = seed
        self.threshold = Float(threshold)
        var total = 0
        files = try communicator.agree {
            try paths.map { path in
                let file = try HDF5File.open(path, communicator: nil)
                for name in ["ECAL", "energy", "theta"] where try !file.root.hasObject(name) {
                    throw ShowerNetworkError("\(path): no dataset '\(name)', wanted ECAL (N, x, y, layer), energy (N) GeV and theta (N) rad")
                }
                let deposits = try file.root.dataset("ECAL")
                guard deposits.shape.count == 4, Array(deposits.shape.dropFirst()) == architecture.imageExtents else {
                    throw ShowerNetworkError("\(path): ECAL has shape \(deposits.shape), wanted N x \(architecture.imageExtents)")
                }
                let energies = try file.root.read("energy", as: Float.self), angles = try file.root.read("theta", as: Float.self)
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
                defer { total += energies.count }
                return (file, deposits, energies, angles, total)
            }
        }
        count = total
        let kept = Int((Double(total) * testShare).rounded())
        trainingCount = total - kept
        guard trainingCount >= laneWidth else {
            throw ShowerNetworkError("\(paths.joined(separator: ", ")): \(trainingCount) showers to train on, wanted at least \(laneWidth)")
        }
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

    /// Reads sixteen samples: deposits as stored into `lanes`, and what is known of them. *Not collective.*
    /// - Throws: `ShowerNetworkError` for a deposit that is negative or not a number, and for a shower without energy.
    func read(_ samples: [Int], into lanes: UnsafeMutablePointer<Lane>) throws -> ShowerTargets {
        var targets = ShowerTargets(labels: [], energies: [], angles: [], deposits: [])
        let sites = architecture.imageSites
        for (j, sample) in samples.enumerated() {
            guard let entry = files.last(where: { $0.first <= sample }) else { continue }
            let index = sample - entry.first
            let values = try entry.deposits.read(
                as: Float.self, offset: [index, 0, 0, 0], count: [1] + architecture.imageExtents, collective: false)
            var sum = 0.0
            for i in 0..<sites {
                let value = values[i]
                guard value >= 0, value.isFinite else {
                    throw ShowerNetworkError(
                        "\(entry.file.path): ECAL of shower \(index) holds \(value), wanted energies of at least 0; clean the file with `gan3d preprocess`")
                }
                let kept = value < threshold ? 0 : value
                sum += Double(kept)
                lanes[i][j] = kept
            }
            guard sum > 0 else {
                throw ShowerNetworkError(
                    "\(entry.file.path): shower \(index) deposits no energy; clean the file with `gan3d preprocess`")
            }
            targets.labels.append(1)
            targets.energies.append(Double(entry.energies[index]) / architecture.energyScale)
            targets.angles.append(Double(entry.angles[index]))
            targets.deposits.append(sum)
        }
        return targets
    }
}
