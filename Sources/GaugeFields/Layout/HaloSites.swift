import GaugeKernels
import LatticeFields
import MessagePassing

/// The sites of other ranks that a block's sites reach, and whom they come from.
///
/// Offsets come with their opposites, so whoever has a site that we reach reaches one of ours: both sides know from their own blocks what travels
/// between them.
struct HaloSites {
    /// Slot of the site at each offset from each slot of the block: `[offset][slot]`; the slot itself for padding.
    private(set) var targets: [[Int]] = []
    /// Whether a vector of the block reaches the halo.
    private(set) var touched: [Bool]
    /// Sites of the halo.
    var count: Int { parities.count }
    /// Parity of each site of the halo.
    private(set) var parities: [Int] = []
    private(set) var peers: [(rank: Int, received: [Int], sent: [Int])] = []

    init(places: SitePlaces, slots: [Int], sites: [Int], offsets: [[Int]?], firstSlot: Int) {
        let geometry = places.geometry
        touched = [Bool](repeating: false, count: firstSlot / siteLaneWidth)
        /// Slot and owner of each site of the halo; slots of ours that each rank reaches, by site.
        var halo: [Int: (slot: Int, rank: Int)] = [:]
        var sent: [Int: [Int: Int]] = [:]
        let coordinates = (0..<geometry.localVolume).map { site in zip(places.coordinates(site), geometry.localOffsets).map(+) }
        // In the order of slots, so that halo sites lie as those that reach them.
        let localSites = slots.indices.sorted { slots[$0] < slots[$1] }
        var global = geometry.extents
        for offset in offsets {
            var row = Array(0..<firstSlot)
            guard let offset else {
                targets.append(row)
                continue
            }
            for site in localSites {
                let slot = slots[site]
                for axis in global.indices {
                    let n = geometry.extents[axis]
                    let x = (coordinates[site][axis] + offset[axis]) % n
                    global[axis] = x < 0 ? x + n : x
                }
                let owner = places.owner(global)
                if owner.isMine {
                    row[slot] = slots[owner.local]
                    continue
                }
                let index = geometry.globalIndex(global)
                let found: (slot: Int, rank: Int)
                if let known = halo[index] {
                    found = known
                } else {
                    found = (firstSlot + parities.count, owner.rank)
                    halo[index] = found
                    parities.append(global.reduce(0, +) % 2)
                }
                row[slot] = found.slot
                touched[slot / siteLaneWidth] = true
                sent[owner.rank, default: [:]][sites[slot]] = slot
            }
            targets.append(row)
        }
        var received: [Int: [(site: Int, slot: Int)]] = [:]
        for (site, place) in halo { received[place.rank, default: []].append((site, place.slot)) }
        peers = received.keys.sorted().map { rank in
            (
                rank, (received[rank] ?? []).sorted { $0.site < $1.site }.map(\.slot),
                (sent[rank] ?? [:]).sorted { $0.key < $1.key }.map(\.value)
            )
        }
    }
}

/// The memory behind a `NeighbourTable`.
final class NeighbourStorage {
    let entries: UnsafeMutablePointer<Int32>
    let assemblies: UnsafeMutablePointer<SIMD2<Int32>>
    let sources: UnsafeMutablePointer<NeighbourTable.Source>

    /// - Parameter targets: `[offset][slot]`.
    init(vectors: Int, sites: [Int], targets: [[Int]], offsets: Int) {
        entries = .allocate(capacity: max(1, vectors * offsets))
        entries.initialize(repeating: 0, count: max(1, vectors * offsets))
        var assemblies: [SIMD2<Int32>] = []
        var sources: [NeighbourTable.Source] = []
        for offset in 0..<offsets {
            for v in 0..<vectors {
                let slots = (0..<siteLaneWidth).map { targets[offset][v * siteLaneWidth + $0] }
                let isSite = (0..<siteLaneWidth).map { sites[v * siteLaneWidth + $0] >= 0 }
                // Padding goes along with whatever the sites need.
                var wanted: [Int] = []
                for lane in 0..<siteLaneWidth where isSite[lane] {
                    let vector = slots[lane] / siteLaneWidth
                    if !wanted.contains(vector) { wanted.append(vector) }
                }
                let first = wanted.first ?? v
                func place(_ lane: Int) -> Int { isSite[lane] ? slots[lane] % siteLaneWidth : lane }
                if wanted.count <= 1, (0..<siteLaneWidth).allSatisfy({ place($0) == $0 }) {
                    entries[offset * vectors + v] = Int32(first)
                    continue
                }
                entries[offset * vectors + v] = Int32(-1 - assemblies.count)
                let start = sources.count
                for vector in wanted {
                    var places = SiteWords(0, 1, 2, 3, 4, 5, 6, 7), mask = SiteWords.zero
                    for lane in 0..<siteLaneWidth where isSite[lane] && slots[lane] / siteLaneWidth == vector {
                        places[lane] = Int64(place(lane))
                        mask[lane] = -1
                    }
                    sources.append(NeighbourTable.Source(vector: vector, places: places, mask: mask))
                }
                assemblies.append(SIMD2(Int32(start), Int32(sources.count)))
            }
        }
        self.assemblies = .allocate(capacity: max(1, assemblies.count))
        self.assemblies.initialize(from: assemblies, count: assemblies.count)
        self.sources = .allocate(capacity: max(1, sources.count))
        self.sources.initialize(from: sources, count: sources.count)
    }

    deinit {
        entries.deallocate()
        assemblies.deallocate()
        sources.deallocate()
    }
}
