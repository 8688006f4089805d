import MessagePassing
import ParallelHDF5

/// Independent chains of cluster updates, shared among ranks; a chain's bits depend on (seed, chain) alone.
public final class ClusterEnsemble {
    public let lattice: PeriodicLattice
    /// Of all ranks.
    public let chainCount: Int
    /// Updates done.
    public private(set) var next = 0
    private var measuredUpdates = 0
    private let communicator: Communicator
    /// This rank's chains, and what was measured on each.
    private let mine: Range<Int>
    private let chains: [ClusterChain]
    private var series: [MeasurementSeries]
    private var improved: [[Double]]

    /// - Throws: `LatticeError` for a lattice or a number of chains out of range. *Collective.*
    public init(
        extents: [Int], action: ScalarAction, seed: UInt64, chains: Int, sweeps: Int = 2, startWidth: Double = 0.5, communicator: Communicator
    ) throws {
        guard (1...1 << 16).contains(chains) else { throw LatticeError("chains \(chains): wanted 1 to 65536") }
        let lattice = try PeriodicLattice(extents: extents)
        self.lattice = lattice
        self.communicator = communicator
        chainCount = chains
        mine = CartesianGrid.share(of: chains, parts: communicator.size, part: communicator.rank)
        self.chains = try mine.map {
            try ClusterChain(lattice: lattice, action: action, seed: seed, chain: $0, sweeps: sweeps, startWidth: startWidth)
        }
        series = mine.map { _ in MeasurementSeries(sliceCount: extents[0]) }
        improved = mine.map { _ in [] }
    }

    /// Runs updates without measuring; adapts each chain's proposals every ten. *Not collective.*
    public func thermalize(updates: Int) {
        for chain in chains {
            for update in next..<next + updates {
                chain.update(update)
                if update % 10 == 9 { chain.adaptWidth() }
            }
        }
        next += updates
    }

    /// Runs updates and measures each chain after every `measureEvery`, counted from the first measured update. *Not collective.*
    public func run(updates: Int, measureEvery: Int = 1) {
        for (position, chain) in chains.enumerated() {
            for offset in 0..<updates {
                chain.update(next + offset)
                guard (measuredUpdates + offset + 1) % measureEvery == 0 else { continue }
                series[position].append(chain.measure())
                improved[position].append(chain.improvedSusceptibility)
            }
        }
        next += updates
        measuredUpdates += updates
    }

    /// The first of this rank's chains.
    var firstChain: Int { mine.lowerBound }

    /// The fields of this rank's chains. *Not collective.*
    func configurations(update: Int) -> [WholeConfiguration] {
        zip(mine, chains).map { WholeConfiguration(chain: $0, trajectory: update, values: $1.values) }
    }

    /// All that was measured on all chains, in their order, and their improved susceptibilities, on every rank. *Collective.*
    public func measurements() throws -> (series: [MeasurementSeries], improvedSusceptibility: [[Double]]) {
        let flat = try communicator.allGather(improved.flatMap(\.self)).flatMap(\.self)
        let length = flat.count / chainCount
        return (
            try MeasurementSeries.gather(series, sliceCount: lattice.extents[0], communicator: communicator),
            (0..<chainCount).map { Array(flat[$0 * length..<($0 + 1) * length]) }
        )
    }
}

// MARK: - Files

extension ClusterEnsemble {
    /// Writes fields, measurements and what a continuation needs, chain after chain. *Collective.*
    public func write(to group: HDF5Group) throws {
        let found = try measurements()
        var joined = MeasurementSeries(sliceCount: lattice.extents[0])
        for one in found.series {
            for index in 0..<one.count { joined.append(one[index]) }
        }
        try group.setAttribute("next_update", Int64(next))
        try group.setAttribute("measured_updates", Int64(measuredUpdates))
        try group.write("proposal_width", communicator.allGather(chains.map(\.proposalWidth)).flatMap(\.self))
        try joined.write(to: group.createGroup("series"))
        try group.write("improved_susceptibility", found.improvedSusceptibility.flatMap(\.self), units: "lattice units")
            .setAttribute("meaning", "mean over the signs of all clusters of (sum of phi)^2 / volume, chain after chain")
        let fields = try group.createDataset("fields", shape: [chainCount, lattice.sites], type: .float64)
        try fields.write(chains.flatMap(\.values), offset: [mine.lowerBound, 0], count: [mine.count, lattice.sites])
        try fields.setUnits("lattice units")
    }

    /// Goes on from what `write` wrote on any number of ranks. *Collective.*
    /// - Throws: `LatticeError` when the group is not of this many chains of this lattice.
    public func restore(from group: HDF5Group) throws {
        let fields = try group.dataset("fields")
        let all = try MeasurementSeries(from: group.group("series"))
        let susceptibility = try group.read("improved_susceptibility", as: Double.self)
        let widths = try group.read("proposal_width", as: Double.self)
        let volume = lattice.sites
        let length = all.count / chainCount
        guard fields.shape == [chainCount, volume], widths.count == chainCount, susceptibility.count == all.count, all.count == length * chainCount
        else {
            throw LatticeError(
                "\(group.path): fields of shape \(fields.shape), \(all.count) measurements; wanted [\(chainCount), \(volume)] and equally many of each chain")
        }
        let block = try fields.read(as: Double.self, offset: [mine.lowerBound, 0], count: [mine.count, volume])
        for (position, chain) in mine.enumerated() {
            chains[position].restore(field: block[position * volume..<(position + 1) * volume], proposalWidth: widths[chain])
            series[position] = all.part(chain * length..<(chain + 1) * length)
            improved[position] = Array(susceptibility[chain * length..<(chain + 1) * length])
        }
        next = Int(try group.attribute("next_update", as: Int64.self))
        measuredUpdates = Int(try group.attribute("measured_updates", as: Int64.self))
    }
}
