import Glibc
import LatticeFields
import MessagePassing

/// Site updates of hybrid Monte Carlo beside the memory bandwidth of a STREAM triad in the same run: benchmarks/hmc.
enum HybridMonteCarloBenchmark {
    static func run(_ arguments: [String]) throws {
        let communicator = try MessagePassing.start()
        let extents = arguments.isEmpty ? [8, 16, 32, 64, 256, 1024, 4096] : arguments.compactMap { Int($0) }
        print("| lattice | steps | us/trajectory | ns/site update | GB/s | triad GB/s | fraction |")
        print("|---|---|---|---|---|---|---|")
        for extent in extents {
            let geometry = try LatticeGeometry(extents: [extent, extent], communicator: communicator)
            let steps = 10
            let hmc = try HybridMonteCarlo(
                geometry: geometry,
                settings: HybridMonteCarloSettings(
                    action: .albergo(massSquared: -4, lambda: 5, dimension: 2), steps: steps, integrator: .leapfrog, seed: 1))
            hmc.startHot(width: 0.4)
            let sites = Double(extent * extent)
            let trajectories = max(3, Int(4e6 / sites / Double(steps)))
            let triad = triadBandwidth(doubles: Int(sites))
            var times: [Double] = []
            for repeatIndex in 0..<5 {
                let start = now()
                for i in 0..<trajectories { _ = try hmc.run(trajectory: repeatIndex * trajectories + i) }
                times.append((now() - start) / Double(trajectories))
            }
            let time = times.sorted()[2]
            let updates = sites * Double(steps)
            // A step: kick reads the field, reads and writes the momentum; drift reads the momentum, reads and writes the field.
            let bandwidth = updates * 48 / time / 1e9
            print(
                "| \(extent)^2 | \(steps) | \(format(time * 1e6)) | \(format(time / updates * 1e9)) | \(format(bandwidth)) | \(format(triad)) | \(format(bandwidth / triad)) |")
        }
        MessagePassing.finish()
    }

    /// a = b + s c over arrays of the given length: 24 bytes an element (McCalpin's count, without write allocation).
    private static func triadBandwidth(doubles count: Int) -> Double {
        let a = UnsafeMutablePointer<Double>.allocate(capacity: count)
        let b = UnsafeMutablePointer<Double>.allocate(capacity: count)
        let c = UnsafeMutablePointer<Double>.allocate(capacity: count)
        defer {
            a.deallocate()
            b.deallocate()
            c.deallocate()
        }
        a.initialize(repeating: 0, count: count)
        b.initialize(repeating: 1, count: count)
        c.initialize(repeating: 2, count: count)
        let rounds = max(1, 20_000_000 / count)
        var best = Double.infinity
        for attempt in 0..<5 {
            let start = now()
            for round in 0..<rounds {
                let s = Double(round + attempt) * 1e-9
                for i in 0..<count { a[i] = b[i].addingProduct(s, c[i]) }
            }
            best = min(best, (now() - start) / Double(rounds))
        }
        return 24 * Double(count) / best / 1e9
    }

    private static func format(_ x: Double) -> String {
        let scaled = (x * 1000).rounded() / 1000
        return "\(scaled)"
    }

    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
    }
}
