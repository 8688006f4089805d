import FlowKernels
import Glibc
import LatticeFields
import MessagePassing
import Numerics

/// Independent samples of a flow in sample order, the same on every rank.
public struct FlowSamples: Sendable {
    /// log q and S of each.
    public internal(set) var logDensities: [Double] = []
    public internal(set) var actions: [Double] = []
    public internal(set) var series: MeasurementSeries

    public init(sliceCount: Int) { series = MeasurementSeries(sliceCount: sliceCount) }

    public var count: Int { actions.count }
    /// log of e^{-S}/q.
    public var logWeights: [Double] { zip(actions, logDensities).map { -$0 - $1 } }

    /// The measurements along a Markov chain of these samples.
    public func series(along chain: [Int]) -> MeasurementSeries {
        var result = MeasurementSeries(sliceCount: series.sliceCount)
        for index in chain { result.append(series[index]) }
        return result
    }
}

/// Draws a flow's samples on all ranks: shard s of an epoch is sixteen samples, drawn and measured by rank s mod size.
public final class FlowSampler<Flow: LaneFlow> {
    private let flow: Flow
    private let parameters: [Float]
    private let action: ScalarAction
    private let communicator: Communicator
    private let stream: RandomStream
    private let table: NeighbourTable
    private let field: LaneBuffer
    private let phases: [Double]

    /// - Parameter parameters: the flow's, `flow.layout.count` numbers.
    public init(flow: Flow, parameters: [Float], action: ScalarAction, seed: UInt64, communicator: Communicator) throws {
        guard parameters.count == flow.layout.count else {
            throw FlowError("sampler: \(parameters.count) parameters, wanted \(flow.layout.count)")
        }
        self.flow = flow
        self.parameters = parameters
        self.action = action
        self.communicator = communicator
        stream = RandomStream(seed: seed, purpose: .proposal)
        table = NeighbourTable(extents: flow.extents)
        field = LaneBuffer(table.siteCount)
        phases = flow.extents.flatMap { n in
            (0..<n).flatMap { x -> [Double] in
                let angle = 2 * Double.pi * Double(x) / Double(n)
                return [cos(angle), sin(angle)]
            }
        }
    }

    /// Numbers kept of a sample beside its slices.
    private static var columns: Int { 7 }

    /// Appends the samples of shards `shards` to `samples`. *Collective.*
    public func draw(shards: Range<Int>, into samples: inout FlowSamples) throws {
        let width = Self.columns + flow.extents[0]
        var mine: [Double] = []
        var shard = shards.lowerBound + communicator.rank
        while shard < shards.upperBound {
            mine += drawShard(shard)
            shard += communicator.size
        }
        let all = try communicator.allGather(mine)
        for shard in shards {
            let place = shard - shards.lowerBound
            let rank = place % communicator.size
            let first = place / communicator.size * laneWidth * width
            for lane in 0..<laneWidth {
                let record = all[rank][(first + lane * width)..<(first + (lane + 1) * width)]
                let base = record.startIndex
                samples.logDensities.append(record[base])
                samples.actions.append(record[base + 1])
                samples.series.append(
                    FieldMeasurement(
                        magnetization: record[base + 2], square: record[base + 3], fourth: record[base + 4], neighbour: record[base + 5],
                        smallestMode: record[base + 6], slices: Array(record[(base + Self.columns)...])))
            }
        }
    }

    /// The fields of samples, in lattice order; samples of one shard that follow each other are drawn once. *Not collective.*
    func fields(of samples: [Int]) -> [[Double]] {
        var drawn: Int?
        return samples.map { sample in
            let shard = sample / laneWidth
            if shard != drawn {
                LaneNoise.fill(field.lanes, siteCount: field.count, stream: stream, epoch: 0, firstSample: UInt64(shard * laneWidth))
                _ = flow.sample(field.lanes, parameters: parameters)
                drawn = shard
            }
            return (0..<field.count).map { Double(field.lanes[$0][sample % laneWidth]) }
        }
    }

    /// Sixteen records of one shard.
    private func drawShard(_ shard: Int) -> [Double] {
        LaneNoise.fill(field.lanes, siteCount: field.count, stream: stream, epoch: 0, firstSample: UInt64(shard * laneWidth))
        let logDensity = flow.sample(field.lanes, parameters: parameters)
        var slices = [DoubleLane](repeating: .zero, count: flow.extents[0])
        var modes = [DoubleLane](repeating: .zero, count: 2 * flow.extents.count)
        let m = LaneMeasurement(field.lanes, table: table, phases: phases, slices: &slices, modes: &modes)
        let volume = Double(field.count)
        let axes = Double(flow.extents.count)
        var records: [Double] = []
        for lane in 0..<laneWidth {
            let energy = -action.b * m.neighbour[lane] + action.c * m.square[lane] + action.d * m.fourth[lane]
            let mode = modes.reduce(0) { $0 + $1[lane] * $1[lane] } / (volume * axes)
            records += [
                logDensity[lane], energy, m.sum[lane] / volume, m.square[lane] / volume, m.fourth[lane] / volume,
                m.neighbour[lane] / (axes * volume), mode,
            ]
            records += slices.map { $0[lane] * Double(flow.extents[0]) / volume }
        }
        return records
    }
}
