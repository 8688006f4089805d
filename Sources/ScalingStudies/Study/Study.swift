import Batch

public enum ScalingKind: String, CaseIterable, Sendable {
    /// The same case on more ranks.
    case strong
    /// A case that grows with the ranks.
    case weak
    /// More instances of the same case at the same time.
    case throughput
}

/// What is measured, on what, and how often: a study's YAML file.
public struct Study: Sendable {
    public let name: String
    public let title: String
    public let application: String
    public let command: String
    /// Path of the application's own configuration.
    public let configuration: String
    /// Words between the command and the configuration: `pulsardt search RECORDING --configuration FILE`.
    let arguments: [Template]
    public let kind: ScalingKind
    public let layouts: [Layout]
    public let repeats: Int
    let overrides: [Template]
    /// Commands that make the inputs, run once, each a line of words that starts with an application.
    let preparations: [Template]
    /// Steps at the beginning of each run that reports leave out.
    public let warmUp: Int
    /// Steps at the end of each run that reports leave out, where the end of a run is another kind of work.
    public let coolDown: Int
    public let size: ProblemSize
    public let check: CheckRule
    public let launch: LaunchSettings
    /// `float64` or `float32`, of the arithmetic.
    public let precision: String
    public let production: Production?
    /// For `scaling predict`; nil if the study has none.
    public let model: WorkModel?
    /// Keeps the applications' run directories.
    public let keepsRuns: Bool
    /// Of everything that decides what is measured; records of another are refused.
    public let hash: String

    /// What one step works on, for the base case; a weak study's grows with its ranks.
    public struct ProblemSize: Sendable {
        public let value: Double
        public let unit: String
        /// Floating-point operations and bytes from or to memory of a step, from the application's `plan`; nil if not given.
        public let operations: Double?
        public let bytes: Double?
    }

    /// Which findings of a run must come out right.
    public struct CheckRule: Sendable {
        /// Dotted names in the summary's `results`.
        public let results: [String]
        /// Largest relative difference between runs of one case; 0 asks for the same bits.
        public let tolerance: Double
        /// Fixed values, in the order of `results`; nil compares the runs with each other alone.
        public let expected: [Double]?
    }

    public struct LaunchSettings: Sendable {
        public enum Method: String, CaseIterable, Sendable { case mpirun, srun, sbatch }
        public let method: Method
        public let options: [String]
        public let timeLimit: Double
        public let environment: [String]
        /// Lines of the batch script before the work: `#SBATCH` options and modules.
        public let jobLines: [String]
    }

    /// The runs a proposal asks time for.
    public struct Production: Sendable {
        public let runs: Int
        public let steps: Int
        public let layout: Layout
    }

    /// Reads a study; its `configuration` is looked for beside it. Throws `ConfigurationError` or `BatchError`.
    public init(path: String, overrides: [String] = []) throws {
        let yaml = try Configuration.load(path: path, overrides: overrides)
        let slash = path.lastIndex(of: "/").map { path[...$0] } ?? ""
        try self.init(yaml, folder: String(slash))
    }

    init(_ yaml: Configuration, folder: String) throws {
        let name = try yaml.string("name")
        guard !name.isEmpty, name.utf8.allSatisfy({ "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.".utf8.contains($0) }),
            !name.hasPrefix(".")
        else { throw ConfigurationError("'name' is '\(name)', wanted letters, digits, '-', '_' and '.': it names files") }
        self.name = name
        title = try yaml.string("title", default: name)
        application = try yaml.string("application")
        command = try yaml.string("command")
        let file = try yaml.string("configuration")
        configuration = file.hasPrefix("/") ? file : folder + file
        kind = try yaml.choice("scaling")
        layouts = try Self.layouts(yaml.section("layouts"), kind)
        repeats = try yaml.int("repeats", default: 3, in: 1...1000)
        self.overrides = try yaml.strings("set", default: []).map(Template.init)
        arguments = try yaml.strings("arguments", default: []).map(Template.init)
        preparations = try yaml.strings("prepare", default: []).map(Template.init)
        warmUp = try yaml.int("warm_up", default: 0, in: 0...1_000_000_000)
        coolDown = try yaml.int("cool_down", default: 0, in: 0...1_000_000_000)
        let size = try yaml.section("size")
        self.size = ProblemSize(
            value: try size.double("value", in: 0...1e30), unit: try size.string("unit"),
            operations: size.has("operations") ? try size.double("operations", in: 0...1e30) : nil,
            bytes: size.has("bytes") ? try size.double("bytes", in: 0...1e30) : nil)
        let check = try yaml.section("check")
        let results = try check.strings("results", count: 1...100)
        self.check = CheckRule(
            results: results, tolerance: try check.double("tolerance", default: 0, in: 0...1),
            expected: check.has("expected") ? try check.doubles("expected", count: results.count...results.count) : nil)
        launch = try Self.launch(yaml.section("launch"))
        precision = try yaml.string("precision", default: "float64", oneOf: ["float32", "float64"])
        keepsRuns = try yaml.bool("keep_runs", default: false)
        production = try Self.production(yaml)
        model = yaml.has("model") ? try WorkModel(yaml.section("model")) : nil
        try yaml.finish()
        let settings = try Files.read(configuration, limit: 4 << 20)
        let decisive = yaml.hash(of: ["name", "application", "command", "arguments", "scaling", "set", "prepare", "size", "check"])
        hash = SHA256.hexadecimal(of: Array(decisive.utf8) + settings)
        let output = "output"
        for layout in layouts { for template in self.overrides + preparations + arguments { _ = try template.filled(layout, output: output) } }
    }

    private static func layouts(_ section: Configuration, _ kind: ScalingKind) throws -> [Layout] {
        let nodes = try section.ints("nodes", default: [1], in: 1...1_000_000, count: 1...100)
        let perNode = section.has("ranks_per_node") ? try section.ints("ranks_per_node", in: 1...100_000, count: 1...100) : nil
        let ranks = perNode == nil ? try section.ints("ranks", in: 1...100_000_000, count: 1...100) : []
        let instances = kind == .throughput ? try section.ints("instances", in: 1...10_000, count: 1...100) : [1]
        let fill = kind == .throughput ? 1 : try section.int("fill", default: 1, in: 1...10_000)
        var found: [Layout] = []
        for n in nodes {
            for p in perNode?.map({ $0 * n }) ?? ranks {
                guard p >= n else { throw ConfigurationError("'layouts': \(p) ranks cannot occupy \(n) nodes") }
                // Copies of a job on several nodes would have to share them out among themselves.
                let copies = n == 1 ? max(1, fill / p) : 1
                for i in instances { found.append(Layout(nodes: n, ranks: p, instances: max(i, copies))) }
            }
        }
        return Array(Set(found)).sorted()
    }

    private static func launch(_ section: Configuration) throws -> LaunchSettings {
        let environment = try section.strings("environment", default: [])
        guard environment.allSatisfy({ $0.firstIndex(of: "=").map { $0 > "".startIndex } ?? false }) else {
            throw ConfigurationError("'launch.environment' holds \(environment), wanted a list of NAME=VALUE")
        }
        return LaunchSettings(
            method: try section.choice("with", default: .mpirun), options: try section.strings("options", default: []),
            timeLimit: try section.duration("time_limit") ?? 600, environment: environment,
            jobLines: try section.strings("job_lines", default: []))
    }

    private static func production(_ yaml: Configuration) throws -> Production? {
        guard yaml.has("production") else { return nil }
        let section = try yaml.section("production")
        return Production(
            runs: try section.int("runs", in: 1...1_000_000), steps: try section.int("steps", in: 1...Int(1e15)),
            layout: Layout(
                nodes: try section.int("nodes", default: 1, in: 1...1_000_000), ranks: try section.int("ranks", in: 1...100_000_000)))
    }
}
