/// What one step of a command asks of a machine, before one has run: `plan --json` prints it, `scaling predict` reads it.
public struct StepPlan: Sendable {
    /// How a step's work can be shared out among ranks.
    public enum Work: Sendable, Equatable {
        /// A lattice that is cut into blocks: its extents.
        case lattice([Int])
        /// Pieces that cannot be divided.
        case shards(Int)
    }

    /// Sums over all ranks, one after the other: how many, of how many bytes each.
    public struct Sums: Sendable, Equatable {
        public let count: Int
        public let bytes: Int

        public init(count: Int, bytes: Int) {
            self.count = count
            self.bytes = bytes
        }
    }

    /// What is counted, such as `samples`, and how many of them a step of all ranks together has.
    public let size: Int
    public let unit: String
    public let work: Work
    /// Floating-point operations of a step of all ranks, and bytes from or to memory where memory sets the pace; nil if not counted.
    public let operations: Double?
    public let bytes: Double?
    /// Exchanges with the neighbours on a lattice, and bytes that a site of a face has in them.
    public let halos: Int
    public let bytesPerSite: Int
    public let sums: [Sums]
    public let checkpointBytes: Double
    public let checkpointEvery: Int

    public init(
        size: Int, unit: String, work: Work, operations: Double?, bytes: Double? = nil, halos: Int = 0, bytesPerSite: Int = 8, sums: [Sums],
        checkpointBytes: Double, checkpointEvery: Int
    ) {
        self.size = size
        self.unit = unit
        self.work = work
        self.operations = operations
        self.bytes = bytes
        self.halos = halos
        self.bytesPerSite = bytesPerSite
        self.sums = sums
        self.checkpointBytes = checkpointBytes
        self.checkpointEvery = checkpointEvery
    }

    /// The commands of an application by name, as `plan --json` prints them.
    public static func json(_ application: String, _ commands: [(name: String, plan: StepPlan)]) -> JSON {
        var object = JSONObject()
        for (name, plan) in commands { object[name] = plan.json }
        return ["schema": 1, "application": .string(application), "step": .object(object)]
    }

    private var json: JSON {
        var object = JSONObject()
        object["size"] = .integer(size)
        object["unit"] = .string(unit)
        switch work {
        case .lattice(let extents): object["extents"] = .array(extents.map(JSON.integer))
        case .shards(let count): object["shards"] = .integer(count)
        }
        if let operations { object["operations"] = .number(operations) }
        if let bytes { object["bytes"] = .number(bytes) }
        object["halos_per_step"] = .integer(halos)
        object["bytes_per_site"] = .integer(bytesPerSite)
        object["sums"] = .array(sums.map { ["count": .integer($0.count), "bytes": .integer($0.bytes)] })
        object["checkpoint_bytes"] = .number(checkpointBytes)
        object["checkpoint_every"] = .integer(checkpointEvery)
        return .object(object)
    }
}
