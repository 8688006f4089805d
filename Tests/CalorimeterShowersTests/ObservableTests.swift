import CalorimeterShowers
import Foundation
import Numerics
import TestSupport
import Testing

@Suite("Observables of a shower")
struct ObservableTests {
    let grid = ShowerGrid(x: 11, y: 11, layers: 4)

    private func measure(_ deposits: [(x: Int, y: Int, layer: Int, energy: Float)], threshold: Double = 0) -> ShowerObservables {
        var cells = [Float](repeating: 0, count: grid.cells)
        for d in deposits { cells[(d.x * grid.y + d.y) * grid.layers + d.layer] += d.energy }
        return cells.withUnsafeBufferPointer { ShowerObservables($0, grid: grid, threshold: threshold, slope: [0, 1, 2, 3]) }
    }

    @Test("sums, moments and hits of three cells by hand")
    func byHand() {
        let shower = measure([(5, 5, 0, 1), (5, 5, 1, 2), (6, 5, 2, 1)])
        #expect(shower.total == 4)
        #expect(shower.hits == 3)
        #expect(shower.layers == [1, 2, 1, 0])
        #expect(shower.mean == SIMD3(5.75, 5.5, 1.5))
        #expect(abs(shower.spread.x - 0.1875.squareRoot()) < 1e-12)
        #expect(abs(shower.spread.z - 0.5.squareRoot()) < 1e-12)
        #expect(shower.thirds == SIMD3(0.75, 0.25, 0))
    }

    @Test("cells below the threshold count as empty")
    func threshold() {
        let shower = measure([(5, 5, 0, 1), (0, 0, 3, 0.25)], threshold: 0.5)
        #expect(shower.hits == 1 && shower.total == 1 && shower.layers[3] == 0)
    }

    @Test("a straight inclined track has the angle of its slope", arguments: [-1, 0, 1])
    func angle(step: Int) {
        let shower = measure((0..<4).map { (5, 5 + step * $0, $0, Float($0 + 1)) })
        #expect(abs(shower.angle - (.pi / 2 - atan(Double(step)))) < 1e-12)
        #expect(measure([(5, 5, 1, 1)]).angle.isNaN)
    }

    @Test("bins take what lies in them; outside and NaN are kept apart")
    func histogram() {
        var linear = Histogram(BinAxis("a", units: "1", bins: 4, 0, 2))
        for value in [-0.1, 0, 0.49, 0.5, 1.99, 2, .nan] { linear.add(value) }
        #expect(linear.all == [1, 2, 1, 0, 1, 2])
        var decades = Histogram(BinAxis("b", units: "1", bins: 3, 1, 1000, logarithmic: true))
        for value in [0, 0.5, 1.5, 99, 999, 1001] { decades.add(value) }
        #expect(decades.all == [2, 1, 1, 1, 1])
    }

    @Test("separation: 0 for equal, 1 for disjoint histograms, and what chance gives for two samples of one source")
    func separation() {
        let axis = BinAxis("a", units: "1", bins: 10, 0, 1)
        var (a, b, far) = (Histogram(axis), Histogram(axis), Histogram(axis))
        let stream = RandomStream(seed: 5, purpose: .test)
        for i in 0..<4000 {
            a.add(stream.uniform(epoch: 0, index: UInt64(i), draw: 0))
            b.add(stream.uniform(epoch: 1, index: UInt64(i), draw: 0))
            far.add(2)
        }
        #expect(HistogramDistance.separation(a, a) == 0)
        #expect(HistogramDistance.separation(a, far) == 1)
        // 9 degrees of freedom: within a factor of 3 of the expectation but for 1 in 10^4 seeds.
        let ratio = HistogramDistance.separation(a, b) / HistogramDistance.expectedSeparation(a, b)
        #expect(ratio > 1.0 / 9 && ratio < 3.8, "\(ratio)")
        #expect(HistogramDistance.chiSquared(a, b).probability > 1e-4)
        #expect(HistogramDistance.chiSquared(a, far).probability < 1e-12)
    }
}
