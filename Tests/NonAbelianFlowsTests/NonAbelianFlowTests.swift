import GaugeFields
import GaugeKernels
import Glibc
import NonAbelianFlows
import Numerics
import Testing

@Suite("Flows of SU(2) and SU(3) plaquettes")
struct NonAbelianFlowTests {
    private static let stream = RandomStream(seed: 21, purpose: .test)

    /// A flow whose parameters are, by `width`, away from where training starts.
    private func flow(_ group: GaugeGroup, _ extents: [Int], beta: Double = 0.8, width: Double) -> (NonAbelianFlow, [Float]) {
        let flow = NonAbelianFlow(NonAbelianSettings(extents: extents, group: group, beta: beta, bins: 6, shapeBins: 4, nodes: 5))
        let parameters = flow.initialParameters.indices.map { Float(width * (2 * Self.stream.uniform(epoch: 9, index: UInt64($0), draw: 0) - 1)) }
        flow.prepare(parameters)
        return (flow, parameters)
    }

    @Test("h and the plaquettes give the matrices back that they were made of, and log q; the closed torus is closed", arguments: GaugeGroup.allCases)
    func inverse(group: GaugeGroup) {
        let (flow, _) = flow(group, [4, 6], width: 1)
        let n = group.components
        let forward = flow.sample(stream: Self.stream, epoch: 0, firstSample: 32)
        let residue = LaneMemory(n)
        for field in flow.fields {
            TorusKernel.residue(group, residue.lanes, plaquettes: field.plaquettes, count: 24, holonomies: field.holonomies)
            for lane in 0..<siteLaneWidth { #expect(PlainMatrix(group, residue.lanes, lane: lane).distance(to: .unit(group.degree)) < 1e-12) }
        }
        let made = flow.fields.map { field in (0..<24).map { PlainMatrix(group, field.plaquettes + $0 * n, lane: 3) } }
        let back = flow.inverseLogDensity()
        let moved: DoubleLane = forward.logDensity - back
        for lane in 0..<laneWidth { #expect(abs(moved[lane]) < 1e-7, "\(moved[lane])") }
        // The matrices before the spread: their product lacks h, and the traces of a plain conjugation by powers of the root.
        for (part, field) in flow.fields.enumerated() {
            let root = LaneMemory(n)
            TorusKernel.residue(group, residue.lanes, plaquettes: field.plaquettes, count: 24, holonomies: field.holonomies)
            TorusKernel.root(group, root.lanes, of: residue.lanes, count: 24)
            let k = PlainMatrix(group, root.lanes, lane: 3)
            for i in 0..<24 {
                let again = k.power(i).adjoint * PlainMatrix(group, field.plaquettes + i * n, lane: 3) * k.power(i + 1)
                #expect(again.distance(to: made[part][i]) < 1e-10)
            }
        }
    }

    @Test("the density is normalised: its mean over Haar's measure is 1 within 4.5 errors (false alarm 7e-6), whatever the parameters", arguments: GaugeGroup.allCases, [0.0, 0.8])
    func normalised(group: GaugeGroup, width: Double) {
        let (flow, _) = flow(group, [2, 2], width: width)
        let low = LaneMemory(18), high = LaneMemory(18)
        var values: [Double] = []
        for shard in 0..<1500 {
            TorusKernel.haar(group, low: low.lanes, high: high.lanes, stream: Self.stream, epoch: 4, firstSample: UInt64(16 * shard), firstBlock: 0)
            for memory in [low, high] {
                let (re, im) = TorusKernel.trace(group, memory.lanes)
                for lane in 0..<siteLaneWidth { values.append(exp(flow.density.logDensity(trace: (re[lane], im[lane])))) }
            }
        }
        let mean = Statistics.mean(values), error = (Statistics.variance(values) / Double(values.count)).squareRoot()
        #expect(abs(mean - 1) < 4.5 * error + 1e-9, "\(mean) +- \(error)")
        #expect(width == 0 ? error < 1e-9 : error > 1e-4 && error < 0.05, "\(error)")
    }

    @Test("at the start classes are those of Haar's measure: moments of the trace within 4.5 errors (false alarm 7e-6 each)", arguments: GaugeGroup.allCases)
    func haar(group: GaugeGroup) {
        let (flow, _) = flow(group, [2, 2], width: 0)
        let count = 100, degree = group.degree
        let angles = UnsafeMutablePointer<DoubleLane>.allocate(capacity: count * degree)
        defer { angles.deallocate() }
        var columns: [[Double]] = [[], [], []]
        for shard in 0..<20 {
            angles.initialize(repeating: .zero, count: count * degree)
            let density = flow.density.draw(angles, count: count, stream: Self.stream, epoch: 5, firstSample: UInt64(16 * shard))
            for lane in 0..<laneWidth { #expect(abs(density[lane]) < 1e-6) }
            for i in 0..<count {
                for lane in 0..<laneWidth {
                    let all = (0..<degree).map { angles[i * degree + $0][lane] }
                    let (re, im) = (all.reduce(0) { $0 + cos($1) }, all.reduce(0) { $0 + sin($1) })
                    let square = re * re + im * im
                    columns[0].append(square)
                    columns[1].append(square * square)
                    columns[2].append(re * re * re - 3 * re * im * im)
                }
            }
        }
        // How often products of fundamental representations hold the trivial one.
        for (column, wanted) in zip(columns, [1, 2, group == .su2 ? 0 : 1]) {
            let mean = Statistics.mean(column), error = (Statistics.variance(column) / Double(column.count)).squareRoot()
            #expect(abs(mean - Double(wanted)) < 4.5 * error, "\(mean) +- \(error), wanted \(wanted)")
        }
    }

    @Test(
        "exp(-S)/q has the mean Z, whatever the parameters, and the plaquette follows: 16384 samples within 4.5 errors (false alarm 7e-6 each)",
        arguments: GaugeGroup.allCases, [([2, 2], 0.0), ([3, 2], 0.2), ([2, 4], 0.15), ([4, 4], 0.06)] as [([Int], Double)])
    func partition(group: GaugeGroup, lattice: ([Int], Double)) throws {
        let (extents, width) = lattice
        let volume = extents.reduce(1, *), beta = volume < 10 ? 1.0 : 0.5
        let (flow, _) = flow(group, extents, beta: beta, width: width)
        var logWeights: [Double] = [], plaquettes: [Double] = []
        for shard in 0..<1024 {
            let (density, action) = flow.sample(stream: Self.stream, epoch: 6, firstSample: UInt64(16 * shard))
            for lane in 0..<laneWidth {
                logWeights.append(-action[lane] - density[lane])
                plaquettes.append(-action[lane] / (beta * Double(volume)))
            }
        }
        let theory = CharacterExpansion(group: group, beta: beta, volume: volume)
        let weights = logWeights.map { exp($0 - theory.logPartition) }
        let mean = Statistics.mean(weights), error = (Statistics.variance(weights) / Double(weights.count)).squareRoot()
        #expect(abs(mean - 1) < 4.5 * error, "\(mean) +- \(error)")
        #expect(error < 0.06, "\(error)")
        let found = try Statistics.reweightedMean(plaquettes, logWeights: logWeights, blocks: 64)
        #expect(abs(found.value - theory.plaquette) < 4.5 * found.error, "\(found), exact \(theory.plaquette)")
    }

    @Test(
        "after 400 steps of training log Z of the smallest torus is found within 4.5 errors (false alarm 7e-6 each), and is not that of plaquettes without a torus",
        arguments: [(GaugeGroup.su2, 5.0), (.su3, 9.0)])
    func trained(group: GaugeGroup, beta: Double) throws {
        let (flow, _) = flow(group, [2, 2], beta: beta, width: 0)
        var parameters = flow.initialParameters
        var gradient = parameters, first = parameters, second = parameters
        for step in 0..<400 {
            _ = flow.reverseKullbackLeibler(stream: Self.stream, epoch: UInt64(10 + step), firstSample: 0, parameters: parameters, gradient: &gradient)
            for i in parameters.indices {
                first[i] = 0.9 * first[i] + 0.1 * gradient[i]
                second[i] = 0.98 * second[i] + 0.02 * gradient[i] * gradient[i]
                parameters[i] -= 0.05 * first[i] / (second[i].squareRoot() + 1e-6)
            }
        }
        flow.prepare(parameters)
        var logWeights: [Double] = [], plaquettes: [Double] = []
        for shard in 0..<4096 {
            let (density, action) = flow.sample(stream: Self.stream, epoch: 6, firstSample: UInt64(16 * shard))
            for lane in 0..<laneWidth {
                logWeights.append(-action[lane] - density[lane])
                plaquettes.append(-action[lane] / (4 * beta))
            }
        }
        let theory = CharacterExpansion(group: group, beta: beta, volume: 4)
        let partition = try Statistics.logMeanWeight(logWeights, blocks: 64)
        #expect(abs(partition.value - theory.logPartition) < 4.5 * partition.error, "\(partition), exact \(theory.logPartition)")
        #expect(theory.logPartition - 4 * theory.logOnePlaquette > 8 * partition.error, "\(partition)")
        let plaquette = try Statistics.reweightedMean(plaquettes, logWeights: logWeights, blocks: 64)
        #expect(abs(plaquette.value - theory.plaquette) < 4.5 * plaquette.error, "\(plaquette), exact \(theory.plaquette)")
    }

    @Test("the gradient is that of the mean of log q + S along the samples' paths, by differences in every tensor", arguments: GaugeGroup.allCases)
    func gradient(group: GaugeGroup) {
        let beta = 3.0, degree = group.degree, volume = 16
        let (flow, parameters) = flow(group, [4, 4], beta: beta, width: 0.4)
        var gradient = [Float](repeating: 0, count: flow.layout.count)
        let (trained, action) = flow.reverseKullbackLeibler(stream: Self.stream, epoch: 7, firstSample: 0, parameters: parameters, gradient: &gradient)
        let moving = NonAbelianFlow(flow.settings)
        let angles = UnsafeMutablePointer<DoubleLane>.allocate(capacity: volume * degree)
        defer { angles.deallocate() }
        /// log q is that of the fixed parameters, at samples of the moved ones.
        func loss(_ moved: [Float]) -> (density: Double, action: Double) {
            moving.prepare(moved)
            angles.initialize(repeating: .zero, count: volume * degree)
            _ = moving.density.draw(angles, count: volume, stream: Self.stream, epoch: 7, firstSample: 0)
            var sums = (0.0, 0.0)
            for i in 0..<volume {
                for lane in 0..<laneWidth {
                    let all = (0..<degree).map { angles[i * degree + $0][lane] }
                    let (re, im) = (all.reduce(0) { $0 + cos($1) }, all.reduce(0) { $0 + sin($1) })
                    sums.0 += flow.density.logDensity(trace: (re, im))
                    sums.1 -= beta / Double(degree) * re
                }
            }
            return sums
        }
        let here = loss(parameters)
        #expect(abs(here.density - trained.sum()) < 1e-5 && abs(here.action - action.sum()) < 1e-9)
        // Short: where a sample crosses a knot the slope has a step.
        let step: Float = 1e-4
        for tensor in flow.layout.tensors {
            for part in 0..<12 {
                let position = tensor.range.lowerBound + part * (tensor.range.count - 1) / 11
                var up = parameters, down = parameters
                up[position] += step
                down[position] -= step
                let (a, b) = (loss(up), loss(down))
                let difference = (a.density + a.action - b.density - b.action) / Double(up[position] - down[position]) / Double(laneWidth * volume)
                #expect(
                    abs(difference - Double(gradient[position])) < 3e-3 * max(0.05, abs(difference)),
                    "\(tensor.name) \(position): \(gradient[position]), wanted \(difference)")
            }
        }
    }
}
