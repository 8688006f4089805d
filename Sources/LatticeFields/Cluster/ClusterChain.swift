import Glibc
import Numerics

/// One chain of cluster updates with Metropolis sweeps of the field: no critical slowing down to speak of, for the exact comparison.
///
/// An update is a Swendsen-Wang step of the signs, which are an Ising model with couplings b |φ_x φ_y| when the moduli are held
/// (Brower and Tamayo, Phys. Rev. Lett. 62 (1989) 1087; Swendsen and Wang, ibid. 58 (1987) 86), then sweeps over the sites that move
/// the moduli. Its random numbers are functions of (seed, chain, update, site).
public final class ClusterChain {
    public let lattice: PeriodicLattice
    public let action: ScalarAction
    public let chain: Int
    /// Metropolis sweeps an update.
    public let sweeps: Int
    /// Largest change that a Metropolis step proposes; adapted by `adaptWidth`.
    public private(set) var proposalWidth = 1.0
    /// V ⟨M²⟩ of the last update's clusters, averaged over all their signs: the improved estimator of the susceptibility.
    public private(set) var improvedSusceptibility = 0.0
    private let stream: RandomStream
    private let field: UnsafeMutablePointer<Double>
    private let parents: UnsafeMutablePointer<Int32>
    private let sums: UnsafeMutablePointer<Double>
    private let neighbours: UnsafeMutablePointer<Int32>
    private var proposals = 0
    private var acceptances = 0

    /// Starts from normal numbers of width `startWidth`.
    /// - Throws: `LatticeError` for a lattice of 2²⁸ sites or more, or a chain number of 2¹⁶ or more.
    public init(lattice: PeriodicLattice, action: ScalarAction, seed: UInt64, chain: Int, sweeps: Int = 2, startWidth: Double = 0.5) throws {
        guard (0..<1 << 16).contains(chain), (1...64).contains(sweeps) else {
            throw LatticeError("cluster chain \(chain) with \(sweeps) sweeps: wanted a chain below 65536 and 1 to 64 sweeps")
        }
        self.lattice = lattice
        self.action = action
        self.chain = chain
        self.sweeps = sweeps
        stream = RandomStream(seed: seed, purpose: .cluster)
        field = .allocate(capacity: lattice.sites)
        field.initialize(repeating: 0, count: lattice.sites)
        parents = .allocate(capacity: lattice.sites)
        parents.initialize(repeating: 0, count: lattice.sites)
        sums = .allocate(capacity: lattice.sites)
        sums.initialize(repeating: 0, count: lattice.sites)
        neighbours = .allocate(capacity: lattice.neighbours.count)
        neighbours.initialize(from: lattice.neighbours, count: lattice.neighbours.count)
        let start = RandomStream(seed: seed, purpose: .ensembleStart)
        for site in 0..<lattice.sites { field[site] = startWidth * start.normal(epoch: 1, index: key(site), draw: 0) }
    }

    deinit {
        field.deallocate()
        parents.deallocate()
        sums.deallocate()
        neighbours.deallocate()
    }

    private func key(_ site: Int) -> UInt64 { UInt64(chain) << 32 | UInt64(site) }

    /// The field in lattice order.
    public var values: [Double] { Array(UnsafeBufferPointer(start: field, count: lattice.sites)) }

    /// Goes on from a field and a width that were saved, at the update that came next. *Not collective.*
    func restore(field saved: ArraySlice<Double>, proposalWidth width: Double) {
        for (site, value) in zip(0..<lattice.sites, saved) { field[site] = value }
        proposalWidth = width
        proposals = 0
        acceptances = 0
    }

    /// What is measured on the present field.
    public func measure() -> FieldMeasurement { FieldMeasurement(field, on: lattice) }

    /// Update number `index`: all clusters once, then the sweeps. *Not collective.*
    public func update(_ index: Int) {
        flipClusters(UInt64(index))
        for sweep in 0..<sweeps { metropolis(UInt64(index), draw: UInt32(16 + sweep)) }
    }

    /// Sets the proposals' width for half of them to be accepted, from those since the last call; for the thermalisation only.
    public func adaptWidth() {
        guard proposals > 0 else { return }
        let rate = Double(acceptances) / Double(proposals)
        proposalWidth *= min(max(rate / 0.5, 0.5), 2)
        proposals = 0
        acceptances = 0
    }

    private func flipClusters(_ epoch: UInt64) {
        let sites = lattice.sites
        let d = lattice.dimension
        let coupling = 2 * action.b
        for site in 0..<sites {
            parents[site] = Int32(truncatingIfNeeded: site)
            sums[site] = 0
        }
        for site in 0..<sites {
            var uniforms = SIMD2<Double>.zero
            for axis in 0..<d {
                if axis & 1 == 0 { uniforms = Self.uniforms(stream.words(epoch: epoch, index: key(site), draw: UInt32(axis >> 1))) }
                let other = Int(neighbours[(site * d + axis) * 2])
                let energy = coupling * field[site] * field[other]
                let u = uniforms[axis & 1]
                // 1 - exp(-E) <= E spares most exponentials of weak bonds.
                if u < energy && u < -expm1(-energy) { join(site, other) }
            }
        }
        for site in 0..<sites {
            let root = Self.root(parents, site)
            parents[site] = Int32(truncatingIfNeeded: root)
            sums[root] += field[site]
        }
        var susceptibility = 0.0
        for site in 0..<sites where Int(parents[site]) == site {
            susceptibility += sums[site] * sums[site]
            // From here on the sum holds the cluster's sign.
            sums[site] = stream.words(epoch: epoch, index: key(site), draw: 8)[0] & 1 == 0 ? 1 : -1
        }
        improvedSusceptibility = susceptibility / Double(sites)
        for site in 0..<sites { field[site] *= sums[Int(parents[site])] }
    }

    /// Root of a site's tree, halving the path on the way.
    private static func root(_ parents: UnsafeMutablePointer<Int32>, _ site: Int) -> Int {
        var site = site
        while Int(parents[site]) != site {
            parents[site] = parents[Int(parents[site])]
            site = Int(parents[site])
        }
        return site
    }

    /// Joins two trees under the lower root.
    private func join(_ a: Int, _ b: Int) {
        let first = Self.root(parents, a)
        let second = Self.root(parents, b)
        if first < second { parents[second] = Int32(truncatingIfNeeded: first) } else { parents[first] = Int32(truncatingIfNeeded: second) }
    }

    private func metropolis(_ epoch: UInt64, draw: UInt32) {
        let links = 2 * lattice.dimension
        let (b, c, d, width) = (action.b, action.c, action.d, proposalWidth)
        var accepted = 0
        for site in 0..<lattice.sites {
            let u = Self.uniforms(stream.words(epoch: epoch, index: key(site), draw: draw))
            var sum = 0.0
            for link in 0..<links { sum += field[Int(neighbours[site * links + link])] }
            let old = field[site]
            let new = old + width * (2 * u[0] - 1)
            let (oldSquare, newSquare) = (old * old, new * new)
            let change = -b * sum * (new - old) + (newSquare - oldSquare) * (c + d * (newSquare + oldSquare))
            if change <= 0 || u[1] < exp(-change) {
                field[site] = new
                accepted += 1
            }
        }
        proposals += lattice.sites
        acceptances += accepted
    }

    /// Two uniform numbers in (0, 1) of 52 bits.
    private static func uniforms(_ w: SIMD4<UInt32>) -> SIMD2<Double> {
        let bits = SIMD2<UInt64>(UInt64(w[1]) << 32 | UInt64(w[0]), UInt64(w[3]) << 32 | UInt64(w[2])) &>> 12
        return SIMD2(Double(bits[0]) + 0.5, Double(bits[1]) + 0.5) * 0x1p-52
    }
}
