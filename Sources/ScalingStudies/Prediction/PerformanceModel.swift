import Batch
import Numerics

/// Time of a step = constant + seconds per unit of work × the busiest rank's work + messages + waiting for ranks that were held up, fitted to some
/// layouts of one or more studies of the same command and tested on the others.
public struct PerformanceModel: Sendable {
    /// Seconds of a step that more ranks do not shorten.
    public let constant: Double
    /// Seconds of a site or shard on one core.
    public let perUnit: Double
    public let fitted: [Comparison]
    /// Layouts that were measured and not used for the fit.
    public let heldBack: [Comparison]
    /// Measured layouts with more processes than processors, which say nothing about scaling.
    public let oversubscribed: [Comparison]
    /// Whether the fit had idle cores where the test had busy ones: cores that share memory, caches and power are then taken as too fast.
    public var fitIsIdler: Bool {
        func idle(_ list: [Comparison]) -> Bool { list.contains { $0.busyCores < $0.cores } }
        return idle(fitted) && !idle(heldBack) && !heldBack.isEmpty
    }

    public struct Comparison: Sendable {
        public let study: String
        public let layout: Layout
        /// What the study varies: its ranks, or processes of a throughput study.
        public let count: Int
        /// Of the layout's nodes together.
        public let cores: Int
        public let measured: Double
        public let predicted: Double
        public var error: Double { predicted / measured - 1 }
        /// Cores that computed, copies beside the run included.
        public var busyCores: Int { min(layout.processes, cores) }
    }

    private struct Point {
        let study: String
        let layout: Layout
        let count: Int
        let seconds: Double
        let work: Double
        let messages: Double
        let meetings: Int
        let cores: Int
        var isOversubscribed: Bool { layout.processes > cores }
    }

    /// - Parameters:
    ///   - studies: each with its records.
    ///   - network: of the machine that the records are from.
    ///   - waiting: on the same machine.
    ///   - heldBack: numbers of ranks (processes of a throughput study) not to fit; nil holds back the largest of each study.
    /// Throws a `ScalingError` without two different amounts of work to fit.
    public init(_ studies: [(study: Study, result: StudyResult)], network: Network, waiting: Waiting = .none, heldBack counts: Set<Int>? = nil) throws {
        var points: [Point] = []
        for (study, result) in studies {
            for row in result.rows {
                let model = try study.work(row.layout), cores = row.runs[0].system.cores * row.layout.nodes
                points.append(
                    Point(
                        study: study.name, layout: row.layout, count: row.layout.count(study.kind), seconds: row.typical,
                        work: try model.demand(row.layout).work, messages: try model.communication(row.layout, network),
                        meetings: try model.meetings(row.layout), cores: cores))
            }
        }
        let usable = points.filter { !$0.isOversubscribed }
        let largest = Dictionary(grouping: usable, by: \.study).mapValues { $0.map(\.count).max() ?? 0 }
        func isHeld(_ point: Point) -> Bool { counts?.contains(point.count) ?? (point.count == largest[point.study]) }
        let fit = usable.filter { !isHeld($0) }
        guard Set(fit.map(\.work)).count >= 2 else {
            throw ScalingError("\(fit.count) layouts are left to fit, wanted two or more with different work on a rank: add a study of another size, or hold back less")
        }
        var solution = try Self.solve(fit, waiting, withConstant: true)
        // A negative constant is noise: work alone explains the times.
        if solution.constant < 0 { solution = try Self.solve(fit, waiting, withConstant: false) }
        constant = solution.constant
        perUnit = solution.perUnit
        func compared(_ point: Point) -> Comparison {
            let work = solution.constant + solution.perUnit * point.work
            return Comparison(
                study: point.study, layout: point.layout, count: point.count, cores: point.cores, measured: point.seconds,
                predicted: work + point.messages + waiting.seconds(work: work, meetings: point.meetings))
        }
        fitted = fit.map(compared)
        heldBack = usable.filter(isHeld).map(compared)
        oversubscribed = points.filter(\.isOversubscribed).map(compared)
    }

    private static func solve(_ points: [Point], _ waiting: Waiting, withConstant: Bool) throws -> (constant: Double, perUnit: Double) {
        let design = points.map { withConstant ? [1 / $0.seconds, $0.work / $0.seconds] : [$0.work / $0.seconds] }
        let worked = points.map { waiting.work(of: $0.seconds - $0.messages, meetings: $0.meetings) / $0.seconds }
        let solution = try LeastSquares(design: design, worked, errors: points.map { _ in 1 })
        let values = solution.parameters.map(\.value)
        return withConstant ? (values[0], values[1]) : (0, values[0])
    }

    /// Seconds of a step on another machine, checkpoints included; one that holds up none of its ranks, as a quiet node does.
    /// - Parameters:
    ///   - ranksPerNode: that share a link.
    ///   - coreSpeed: of its cores over those measured.
    ///   - writeRate: of its file system in B/s; nil leaves checkpoints out.
    public func predict(
        _ study: Study, ranks: Int, network: Network, ranksPerNode: Int, coreSpeed: Double, writeRate: Double?
    ) throws -> (total: Double, work: Double, messages: Double, checkpoint: Double) {
        let layout = Layout(nodes: (ranks + ranksPerNode - 1) / ranksPerNode, ranks: ranks)
        let model = try study.work(layout)
        let work = (constant + perUnit * (try model.demand(layout).work)) / coreSpeed
        let messages = try model.communication(layout, network.shared(by: min(ranks, ranksPerNode)))
        let checkpoint = writeRate.map(model.checkpoint) ?? 0
        return (work + messages + checkpoint, work, messages, checkpoint)
    }
}
