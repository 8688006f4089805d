import Glibc
import Numerics
import Testing

@Suite struct FourierPlanTests {
    typealias Complex = SIMD2<Double>

    func times(_ a: Complex, _ b: Complex) -> Complex { Complex(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x) }

    func numbers(_ count: Int, draw: UInt32 = 0) -> [Double] {
        var x = [Double](repeating: 0, count: count)
        RandomStream(seed: 5, purpose: .test).fillNormals(&x, epoch: 0, indices: 0..<UInt64(count), draw: draw)
        return x
    }

    func coordinates(_ index: Int, _ extents: [Int]) -> [Int] {
        var rest = index
        return extents.reversed().map { extent in
            defer { rest /= extent }
            return rest % extent
        }.reversed()
    }

    /// The definition, site by site.
    func naive(_ x: [Complex], _ extents: [Int]) -> [Complex] {
        x.indices.map { k in
            let kc = coordinates(k, extents)
            return x.indices.reduce(Complex.zero) { sum, i in
                let turns = zip(zip(kc, coordinates(i, extents)), extents).reduce(0) { $0 + Double($1.0.0 * $1.0.1) / Double($1.1) }
                return sum + times(x[i], Complex(cos(2 * .pi * turns), -sin(2 * .pi * turns)))
            }
        }
    }

    @Test(arguments: [[12], [5, 6], [3, 4, 5], [2, 3, 2, 4], [1]])
    func agreesWithTheDefinition(extents: [Int]) throws {
        let sites = extents.reduce(1, *)
        let (re, im) = (numbers(2 * sites), numbers(2 * sites, draw: 1))
        let x = (0..<(2 * sites)).map { Complex(re[$0], im[$0]) }
        let complex = try FourierPlan(complex: extents, batch: 2)
        var spectrum = [Complex](repeating: .zero, count: 2 * sites)
        complex.forward(x, &spectrum)
        let real = try FourierPlan(real: extents, batch: 2)
        var half = [Complex](repeating: .zero, count: 2 * real.frequencies)
        real.forward(re, &half)
        let last = extents[extents.count - 1]
        for b in 0..<2 {
            let one = Array((b * sites)..<((b + 1) * sites))
            for (k, wanted) in naive(one.map { x[$0] }, extents).enumerated() {
                let difference = spectrum[b * sites + k] - wanted
                #expect((difference * difference).sum().squareRoot() < 1e-12 * Double(sites))
            }
            for (k, wanted) in naive(one.map { Complex(re[$0], 0) }, extents).enumerated() where k % last <= last / 2 {
                let difference = half[b * real.frequencies + k / last * (last / 2 + 1) + k % last] - wanted
                #expect((difference * difference).sum().squareRoot() < 1e-12 * Double(sites))
            }
        }
        var back = [Complex](repeating: .zero, count: 2 * sites)
        complex.backward(spectrum, &back)
        var realBack = [Double](repeating: 0, count: 2 * sites)
        real.backward(half, &realBack)
        for i in back.indices {
            let difference = back[i] / Double(sites) - x[i]
            #expect((difference * difference).sum() < 1e-26 * Double(sites))
            #expect((realBack[i] / Double(sites) - re[i]).magnitude < 1e-13 * Double(sites))
        }
    }

    /// Parseval: the sum of |x|^2 is the sum of |X|^2 over the number of sites.
    @Test func keepsTheNorm() throws {
        let x = numbers(64 * 48)
        let plan = try FourierPlan(real: [64, 48])
        var spectrum = [Complex](repeating: .zero, count: plan.frequencies)
        plan.forward(x, &spectrum)
        let inside = x.reduce(0) { $0 + $1 * $1 }
        let outside = spectrum.enumerated().reduce(0) { sum, item in
            let edge = item.offset % 25 == 0 || item.offset % 25 == 24
            return sum + (edge ? 1 : 2) * (item.element * item.element).sum()
        }
        #expect((outside / Double(64 * 48) / inside - 1).magnitude < 1e-13)
    }

    @Test func anotherPlanOfTheShapeGivesTheSameBits() throws {
        let x = numbers(96)
        var (first, second) = ([Complex](repeating: .zero, count: 49), [Complex](repeating: .zero, count: 49))
        try FourierPlan(real: [96]).forward(x, &first)
        try FourierPlan(real: [96]).forward(x, &second)
        #expect(first == second)
    }

    /// FFTW's planner is one for the process; plans of many threads must not meet in it.
    @Test func plansMayBeMadeOnManyThreads() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for size in 1...200 { _ = try FourierPlan(complex: [size + task, 3]) }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func refusesShapesThatAreNone() {
        for extents in [[], [0], [2, -1], [2, 2, 2, 2, 2], [1 << 20, 1 << 20]] {
            #expect(throws: NumericsError.self) { try FourierPlan(real: extents) }
        }
    }

    @Test func laggedProductsAreTheirSums() throws {
        let x = numbers(1000)
        let fast = try Statistics.laggedProducts(x, maximumLag: 700)
        for lag in [0, 1, 17, 700] {
            let plain = (0..<(1000 - lag)).reduce(0) { $0 + x[$1] * x[$1 + lag] }
            #expect((fast[lag] - plain).magnitude < 1e-11)
        }
    }
}
