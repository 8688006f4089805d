/// How many processes a run has and where they are.
public struct Layout: Hashable, Sendable, Comparable {
    public let nodes: Int
    /// MPI ranks of one instance of the application.
    public let ranks: Int
    /// Instances that run at the same time: what a throughput study varies; in others, copies that keep the rest of a node busy.
    public let instances: Int

    public init(nodes: Int = 1, ranks: Int, instances: Int = 1) {
        self.nodes = nodes
        self.ranks = ranks
        self.instances = instances
    }

    /// Processes of all instances: the cores in use, for one thread a rank.
    public var processes: Int { ranks * instances }
    /// `n1-p2-i1`, part of file names and of a run's key.
    public var name: String { "n\(nodes)-p\(ranks)-i\(instances)" }
    /// What a kind of study has more of from layout to layout: processes if it varies the instances, else ranks.
    func count(_ kind: ScalingKind) -> Int { kind == .throughput ? processes : ranks }
    public var description: String {
        "\(nodes) \(nodes == 1 ? "node" : "nodes"), \(ranks) \(ranks == 1 ? "rank" : "ranks")" + (instances > 1 ? ", \(instances) instances" : "")
    }

    public static func < (a: Layout, b: Layout) -> Bool { (a.ranks, a.nodes, a.instances) < (b.ranks, b.nodes, b.instances) }
}
