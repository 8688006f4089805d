import MessagePassing

/// Independent chains of cluster updates, shared among ranks; a chain's bits depend on (seed, chain) alone.
public final class ClusterEnsemble {
    public let lattice: PeriodicLattice
    private let communicator: Communicator
    private let chains: [ClusterChain]
    private var next = 0

    /// - Throws: `LatticeError` for a lattice or a number of chains out of range. *Collective.*
    public init(
        extents: [Int], action: ScalarAction, seed: UInt64, chains: Int, sweeps: Int = 2, startWidth: Double = 0.5, communicator: Communicator
    ) throws {
        guard (1...1 << 16).contains(chains) else { throw LatticeError("chains \(chains): wanted 1 to 65536") }
        let lattice = try PeriodicLattice(extents: extents)
        self.lattice = lattice
        self.communicator = communicator
        self.chains = try CartesianGrid.share(of: chains, parts: communicator.size, part: communicator.rank).map {
            try ClusterChain(lattice: lattice, action: action, seed: seed, chain: $0, sweeps: sweeps, startWidth: startWidth)
        }
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

    /// Runs updates and measures each chain after every `measureEvery`: the chains' measurements and improved susceptibilities, on every rank.
    /// *Collective.*
    public func run(updates: Int, measureEvery: Int = 1) throws -> (series: [MeasurementSeries], improvedSusceptibility: [[Double]]) {
        var local: [MeasurementSeries] = []
        var improved: [Double] = []
        for chain in chains {
            var series = MeasurementSeries(sliceCount: lattice.extents[0])
            for update in next..<next + updates {
                chain.update(update)
                guard (update - next + 1) % measureEvery == 0 else { continue }
                series.append(chain.measure())
                improved.append(chain.improvedSusceptibility)
            }
            local.append(series)
        }
        next += updates
        let length = updates / measureEvery
        let all = try communicator.allGather(improved).joined()
        let flat = Array(all)
        return (
            try MeasurementSeries.gather(local, sliceCount: lattice.extents[0], communicator: communicator),
            length == 0 ? [] : stride(from: 0, to: flat.count, by: length).map { Array(flat[$0..<$0 + length]) }
        )
    }
}
