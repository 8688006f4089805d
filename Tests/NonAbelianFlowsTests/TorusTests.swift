import GaugeFields
import GaugeKernels
import Glibc
import NonAbelianFlows
import Numerics
import Testing

@Suite("The torus of SU(2) and SU(3): plaquettes, links, roots of matrices, closed forms")
struct TorusTests {
    private static let stream = RandomStream(seed: 8, purpose: .test)

    @Test(
        "links made of a flow's plaquettes have these plaquettes, the one that closes the torus too; loops are those of the links",
        arguments: GaugeGroup.allCases, [[2, 2], [3, 4], [5, 2]])
    func links(group: GaugeGroup, extents: [Int]) throws {
        let (rows, columns) = (extents[0], extents[1]), volume = rows * columns, n = group.components
        let settings = NonAbelianSettings(extents: extents, group: group, beta: 2, loops: 1)
        let flow = NonAbelianFlow(settings)
        flow.prepare(flow.initialParameters)
        _ = flow.sample(stream: Self.stream, epoch: 0, firstSample: 0)
        let measured = NonAbelianMeasurement(settings).measure(flow)
        let links = LaneMemory(4 * volume * n), sums = LaneMemory(4)
        for (part, field) in flow.fields.enumerated() {
            let second = links.lanes + volume * n
            TorusLoops.links(
                group, first: links.lanes, second: second, plaquettes: field.plaquettes, holonomies: field.holonomies, extents: (rows, columns))
            for lane in [0, 5, 7] {
                func link(_ axis: Int, _ x: Int, _ y: Int) -> PlainMatrix {
                    PlainMatrix(group, (axis == 0 ? links.lanes : second) + (x % rows * columns + y % columns) * n, lane: lane)
                }
                var mean = 0.0
                for x in 0..<rows {
                    for y in 0..<columns {
                        let found = link(0, x, y) * link(1, x + 1, y) * link(0, x, y + 1).adjoint * link(1, x, y).adjoint
                        let wanted = PlainMatrix(group, field.plaquettes + ((rows - 1 - x) * columns + y) * n, lane: lane)
                        #expect(found.distance(to: wanted) < 1e-12, "plaquette \(x), \(y)")
                        mean += found.trace[0] / Double(group.degree * volume)
                    }
                }
                var line = PlainMatrix.Complex.zero
                for y in 0..<columns { line += (0..<rows).reduce(.unit(group.degree)) { $0 * link(0, $1, y) }.trace / Double(group.degree * columns) }
                let numbers = measured[part * siteLaneWidth + lane]
                let wanted = [mean, mean, line[0], line[1], (line * line).sum().squareRoot()]
                for (a, b) in zip(numbers, wanted) { #expect(abs(a - b) < 1e-12) }
                let side = min(rows, columns) - 1
                TorusLoops.squares(
                    group, first: links.lanes, second: second, extents: (rows, columns), count: side, lines: links.lanes + 2 * volume * n, sums: sums.lanes)
                var loop = 0.0
                for x in 0..<rows {
                    for y in 0..<columns {
                        var path = (0..<side).reduce(PlainMatrix.unit(group.degree)) { $0 * link(0, x + $1, y) }
                        path = (0..<side).reduce(path) { $0 * link(1, x + side, y + $1) }
                        let back = (0..<side).reduce(PlainMatrix.unit(group.degree)) { $0 * link(1, x, y + $1) }
                        loop += (path * (0..<side).reduce(back) { $0 * link(0, x + $1, y + side) }.adjoint).trace[0]
                    }
                }
                #expect(abs(sums.lanes[side - 1][lane] - loop) < 1e-11)
            }
        }
    }

    @Test("the root of a matrix, taken as often as it says, is the matrix, also of two or three eigenvalues that are one but for rounding", arguments: [1, 7, 256])
    func roots(count: Int) throws {
        func matrix(_ angles: [Double], _ frame: PlainMatrix) -> PlainMatrix {
            var diagonal = PlainMatrix.unit(3)
            for k in 0..<3 { diagonal.elements[4 * k] = .init(cos(angles[k]), sin(angles[k])) }
            return frame.adjoint * diagonal * frame
        }
        let frames = LaneMemory(18), others = LaneMemory(18), h = LaneMemory(18), root = LaneMemory(18)
        TorusKernel.haar(.su3, low: frames.lanes, high: others.lanes, stream: Self.stream, epoch: 0, firstSample: 0, firstBlock: 0)
        let cases: [(Double, Double)] = [(0.3, 1.1), (0, 0), (1e-9, 2), (2, 1e-5), (1e-12, 1e-7), (2.1, 2.0), (3, 3.1), (0.9, -1.7)]
        for (lane, angles) in cases.enumerated() {
            matrix([angles.0, angles.1, -angles.0 - angles.1], PlainMatrix(.su3, frames.lanes, lane: lane)).store(.su3, h.lanes, lane: lane)
        }
        TorusKernel.root(.su3, root.lanes, of: h.lanes, count: count)
        for lane in cases.indices {
            let found = PlainMatrix(.su3, root.lanes, lane: lane)
            #expect(found.power(count).distance(to: PlainMatrix(.su3, h.lanes, lane: lane)) < 3e-11, "\(cases[lane])")
            // The shortest: no eigenvalue of it is farther from 1 than two thirds of a turn over the count.
            #expect(found.trace[0] > 3 * cos(4 * Double.pi / 3 / Double(count)) - 1e-9 || count < 7)
        }
        for (lane, angle) in [0.2, 3.1, 0, 1e-9, 1.5, 2.5, 3.14159, 0.7].enumerated() {
            var q = SIMD4(cos(angle), 0.0, sin(angle) * 0.6, sin(angle) * 0.8)
            q /= (q * q).sum().squareRoot()
            for k in 0..<4 { h.lanes[k][lane] = q[k] }
        }
        TorusKernel.root(.su2, root.lanes, of: h.lanes, count: count)
        for lane in 0..<siteLaneWidth {
            #expect(PlainMatrix(.su2, root.lanes, lane: lane).power(count).distance(to: PlainMatrix(.su2, h.lanes, lane: lane)) < 2e-12)
        }
    }

    @Test("eigenangles of a trace: in order, of sum 0, within one turn, and of that trace")
    func angles() {
        for i in 0..<2000 {
            let a = 2 * Double.pi * (Self.stream.uniform(epoch: 3, index: UInt64(i), draw: 0) - 0.5)
            let b = i % 10 == 0 ? a + 1e-5 : 2 * Double.pi * (Self.stream.uniform(epoch: 3, index: UInt64(i), draw: 1) - 0.5)
            let trace = (re: cos(a) + cos(b) + cos(a + b), im: sin(a) + sin(b) - sin(a + b))
            let found = EigenAngles(trace: trace)
            let all = [found.first, found.second, found.third]
            #expect(all == all.sorted() && abs(all.reduce(0, +)) < 1e-12 && found.third - found.first < 2 * Double.pi + 1e-7)
            #expect(abs(all.reduce(0) { $0 + cos($1) } - trace.re) < 1e-13 && abs(all.reduce(0) { $0 + sin($1) } - trace.im) < 1e-13)
        }
        let unit = EigenAngles(trace: (3, 0))
        #expect(abs(unit.first) < 1e-5 && abs(unit.third) < 1e-5)
    }

    @Test("closed forms: plaquettes of infinite volume; the slope of log Z is the plaquette on any torus; log Z vanishes at β = 0", arguments: GaugeGroup.allCases)
    func closedForms(group: GaugeGroup) {
        let known: [(Double, Double)] = group == .su2 ? [(2.2, 0.464479025270), (8, 0.819249410356)] : [(3, 0.203075050030), (8, 0.535753990214)]
        for (beta, plaquette) in known {
            #expect(abs(CharacterExpansion(group: group, beta: beta, volume: .max).plaquette - plaquette) < 1e-10)
            #expect(abs(CharacterExpansion(group: group, beta: beta, volume: 256).plaquette - plaquette) < 1e-10)
        }
        for volume in [4, 6, 16] {
            for beta in [0.5, 3, 12] {
                func value(_ b: Double) -> Double { CharacterExpansion(group: group, beta: b, volume: volume).logPartition }
                let h = 1e-3
                let slope = (8 * (value(beta + h) - value(beta - h)) - (value(beta + 2 * h) - value(beta - 2 * h))) / (12 * h)
                let exact = CharacterExpansion(group: group, beta: beta, volume: volume).plaquette
                #expect(abs(slope / Double(volume) - exact) < 1e-8, "V \(volume), β \(beta)")
            }
            #expect(abs(CharacterExpansion(group: group, beta: 0, volume: volume).logPartition) < 1e-12)
        }
    }
}
