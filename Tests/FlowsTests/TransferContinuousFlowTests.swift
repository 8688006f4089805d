import FlowKernels
import Flows
import LatticeFields
import Numerics
import Testing

@Suite("Transfer of a continuous flow to another lattice")
struct TransferContinuousFlowTests {
    /// The same flow on another lattice: same units, whatever range.
    private func flow(like other: ContinuousFlow, extents: [Int]) throws -> ContinuousFlow {
        var shape = other.shape
        shape.extents = extents
        shape.range = extents.reduce(0, max) / 2
        return try ContinuousFlow(shape: shape)
    }

    @Test("to its own lattice is the identity")
    func identity() throws {
        let (flow, parameters) = try ContinuousFlowTests.disturbed(extents: [3, 5])
        #expect(try flow.transferred(from: flow, parameters: parameters) == parameters)
    }

    @Test("a field that repeats the small lattice moves on the large one as it did on the small one", arguments: [[8, 8], [4, 8], [12, 4]])
    func periodicImages(extents: [Int]) throws {
        let (small, parameters) = try ContinuousFlowTests.disturbed(extents: [4, 4])
        let large = try flow(like: small, extents: extents)
        let transferred = try large.transferred(from: small, parameters: parameters)
        let stream = RandomStream(seed: 2, purpose: .test)
        let pattern = (0..<16).map { stream.normal(epoch: 0, index: UInt64($0), draw: 0) }
        let tiled = (0..<large.siteCount).map { site in
            pattern[site / extents[1] % 4 * 4 + site % extents[1] % 4]
        }
        let onSmall = ContinuousFlowReference(flow: small, parameters: parameters, steps: 1).velocity(pattern, time: 0.3).velocity
        let onLarge = ContinuousFlowReference(flow: large, parameters: transferred, steps: 1).velocity(tiled, time: 0.3).velocity
        for site in 0..<large.siteCount {
            #expect(abs(onLarge[site] - onSmall[site / extents[1] % 4 * 4 + site % extents[1] % 4]) < 1e-5)
        }
    }

    @Test("flows of other sizes are refused")
    func refusals() throws {
        let (small, parameters) = try ContinuousFlowTests.disturbed(extents: [4, 4], harmonics: 2)
        let (large, _) = try ContinuousFlowTests.disturbed(extents: [8, 8], harmonics: 3)
        #expect(throws: FlowError.self) { try large.transferred(from: small, parameters: parameters) }
    }
}

@Suite("The fast Hartley transform")
struct HartleyPlanTests {
    @Test(
        "agrees with the matrix and is its own inverse",
        arguments: [[2, 2], [16, 16], [12, 6], [64], [5, 32], [4, 4, 8], [20, 10], [1, 3], [24, 2, 7]])
    func matrix(extents: [Int]) {
        let plan = HartleyPlan(extents: extents)
        var lanes = [Lane](repeating: .zero, count: plan.siteCount)
        LaneNoise.fill(&lanes, siteCount: plan.siteCount, stream: RandomStream(seed: 6, purpose: .test), epoch: 0, firstSample: 0)
        var transformed = lanes
        var scratch = lanes
        plan.transform(&transformed, scratch: &scratch)
        var expected = lanes.map { Double($0[5]) }
        var inner = plan.siteCount
        for n in extents {
            inner /= n
            let matrix = HartleyTransform.matrix(n)
            let input = expected
            for site in expected.indices {
                let j = site / inner % n
                let base = site - j * inner
                expected[site] = (0..<n).reduce(0) { $0 + matrix[j * n + $1] * input[base + $1 * inner] }
            }
        }
        for site in expected.indices { #expect(abs(Double(transformed[site][5]) - expected[site]) < 2e-5) }
        plan.transform(&transformed, scratch: &scratch)
        for site in lanes.indices { #expect(abs(transformed[site][11] - lanes[site][11]) < 1e-5) }
    }
}
