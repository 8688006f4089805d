import Batch
import MessagePassing

/// How a study's step is shared out and what its ranks tell each other, for `scaling predict`: the section `model` of a study, or what the
/// application's own `plan --json` says.
public struct WorkModel: Sendable {
    /// Extents of a lattice that is cut into blocks; empty if work comes in shards.
    let extents: [Template]
    /// Shards that cannot be divided.
    let shards: Template?
    let halosPerStep: Int
    let bytesPerSite: Double
    let sums: [(count: Int, bytes: Double)]
    let checkpointBytes: Double
    let checkpointEvery: Int

    init(_ yaml: Configuration) throws {
        extents = try yaml.strings("extents", default: [], count: 0...4).map(Template.init)
        shards = yaml.has("shards") ? Template(try yaml.string("shards")) : nil
        guard extents.isEmpty != (shards == nil) else { throw ConfigurationError("'model': wanted either extents or shards") }
        halosPerStep = try yaml.int("halos_per_step", default: 0, in: 0...1_000_000_000)
        bytesPerSite = try yaml.double("bytes_per_site", default: 8, in: 0...1e6)
        sums = try yaml.sections("sums").map { (try $0.int("count", in: 0...1_000_000), try $0.double("bytes", in: 0...1e15)) }
        checkpointBytes = try yaml.double("checkpoint_bytes", default: 0, in: 0...1e18)
        checkpointEvery = try yaml.int("checkpoint_every", default: 1, in: 1...1_000_000_000)
    }

    /// What `plan --json` says of one command.
    init(plan: Reader) throws {
        extents = plan["extents"] == nil ? [] : try plan.numbers("extents").map { Template("\(Int(exactly: $0) ?? 0)") }
        shards = plan["shards"] == nil ? nil : Template("\(try plan.integer("shards", in: 1...Int.max))")
        guard extents.isEmpty != (shards == nil) else { throw ScalingError("wanted either extents or shards") }
        halosPerStep = try plan.integer("halos_per_step", in: 0...1_000_000_000)
        bytesPerSite = try plan.number("bytes_per_site")
        sums = try plan.list("sums").map { (try $0.integer("count", in: 0...1_000_000), try $0.number("bytes")) }
        checkpointBytes = try plan.number("checkpoint_bytes")
        checkpointEvery = try plan.integer("checkpoint_every", in: 1...Int.max)
    }

    /// What one step asks of the busiest rank of a layout.
    public struct Demand: Sendable, Equatable {
        /// Sites or shards of the busiest rank.
        public let work: Double
        /// Halo messages of the busiest rank, by size in bytes, for one exchange; both directions of a dimension share the link.
        let faces: [Double]
    }

    /// Throws a `ScalingError` if the layout has more ranks than the case can feed.
    public func demand(_ layout: Layout) throws -> Demand {
        func number(_ template: Template) throws -> Int {
            let text = try template.filled(layout, output: "")
            guard let value = Int(text), value > 0 else { throw ScalingError("model: '\(text)' is not a positive whole number") }
            return value
        }
        if let shards {
            let count = try number(shards)
            guard layout.ranks <= count else { throw ScalingError("\(count) shards feed no more than \(count) ranks") }
            return Demand(work: Double((count + layout.ranks - 1) / layout.ranks), faces: [])
        }
        let extents = try extents.map(number)
        let grid = try CartesianGrid.bestGrid(ranks: layout.ranks, extents: extents)
        let local = zip(extents, grid).map { ($0 + $1 - 1) / $1 }
        let volume = local.reduce(1.0) { $0 * Double($1) }
        let faces = grid.indices.filter { grid[$0] > 1 }.map { volume / Double(local[$0]) * bytesPerSite }
        return Demand(work: volume, faces: faces)
    }

    /// Seconds a step that the busiest rank waits for messages, if nothing of it is hidden behind work.
    public func communication(_ layout: Layout, _ network: Network) throws -> Double {
        guard layout.ranks > 1 else { return 0 }
        let demand = try demand(layout)
        let exchange = demand.faces.reduce(0) { $0 + network.message(2 * $1) + 2 * network.overhead }
        return Double(halosPerStep) * exchange + sums.reduce(0) { $0 + Double($1.count) * network.allReduce($1.bytes, ranks: layout.ranks) }
    }

    /// How often in a step ranks wait for each other with work behind them: at every halo; sums come together, at the end of a step.
    package func meetings(_ layout: Layout) throws -> Int {
        guard layout.ranks > 1 else { return 0 }
        return try demand(layout).faces.isEmpty ? 1 : max(1, halosPerStep)
    }

    /// Seconds a step that writing checkpoints costs at a rate in B/s.
    public func checkpoint(writeRate: Double) -> Double { checkpointBytes / writeRate / Double(checkpointEvery) }
}
