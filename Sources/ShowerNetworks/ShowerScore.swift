import MessagePassing
import Numerics
import ShowerKernels

/// How well generated showers agree with test showers of the same energies and angles: what chooses the best epoch.
public struct ShowerScore: Sendable, Equatable {
    /// Mean over layers of |relative difference of the mean longitudinal profile|.
    public let profile: Double
    /// Largest of them in the layers that hold 90 % of the energy.
    public let largest: Double
    /// |mean generated deposit / mean deposit - 1|.
    public let response: Double
    public var total: Double { profile + response }

    /// Generates one shower for each of the last `showers` test samples. *Collective;* the same bits on any number of ranks.
    static func measure(
        _ generator: ShowerGenerator, parameters: UnsafePointer<Float>, dataset: ShowerDataset, showers: Int, seed: UInt64,
        communicator: Communicator
    ) throws -> ShowerScore {
        let architecture = generator.architecture, layers = architecture.imageExtents[2]
        let moments = ShowerMoments(extents: architecture.imageExtents, power: architecture.imagePower)
        let shards = min(showers, max(dataset.testCount, laneWidth)) / laneWidth
        let raw = LaneBlock(architecture.imageSites), latent = LaneBlock(architecture.latentCount)
        let stream = RandomStream(seed: seed, purpose: .showerNoise)
        let lanes = UnsafeMutablePointer<DoubleLane>.allocate(capacity: 3 * layers)
        defer { lanes.deallocate() }
        var sums = [ExactSum](repeating: ExactSum(), count: 2 * layers)
        func add(_ offset: Int) {
            moments.measure(raw.lanes, into: lanes)
            for z in 0..<layers { sums[offset + z].add(lanes[z].sum()) }
        }
        try communicator.agree {
            for shard in stride(from: communicator.rank, to: shards, by: communicator.size) {
                let first = dataset.count - (shard + 1) * laneWidth
                let targets = try dataset.read(Array(first..<first + laneWidth), into: raw.lanes)
                add(0)
                LatentNoise.fill(
                    latent.lanes, count: architecture.latentCount, energies: targets.energies, angles: targets.angles, stream: stream,
                    epoch: UInt64.max >> 1, firstSample: UInt64(shard * laneWidth))
                moments.expand(
                    generator.infer(latent.lanes, parameters: parameters), unit: architecture.unit(energies: targets.energies), into: raw.lanes)
                add(layers)
            }
        }
        try communicator.allReduce(&sums)
        let values = sums.map(\.value)
        let real = values[0..<layers].reduce(0, +), fake = values[layers...].reduce(0, +)
        var profile = 0.0
        for z in 0..<layers where values[z] > 0 { profile += abs(values[layers + z] / values[z] - 1) / Double(layers) }
        var held = 0.0, largest = 0.0
        for z in (0..<layers).sorted(by: { values[$0] > values[$1] }) where held < 0.9 * real {
            held += values[z]
            largest = max(largest, abs(values[layers + z] / values[z] - 1))
        }
        return ShowerScore(profile: profile, largest: largest, response: abs(fake / real - 1))
    }
}

extension ShowerArchitecture {
    /// What an image of power 1 is measured in, for sixteen primaries of these energies in units of the scale.
    func unit(energies: [Double]) -> Lane {
        var unit = Lane(repeating: 1)
        if isRelative { for j in energies.indices { unit[j] = Float(energies[j]) } }
        return unit
    }
}
