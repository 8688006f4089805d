import Glibc
import LatticeFields
import MessagePassing
import Numerics

/// Hybrid Monte Carlo on one core against the memory bandwidth of a STREAM triad run beside it on arrays of the same size.
///
/// A site update is a kick and a drift of one site. It must read φ and π and write both: 32 bytes, 24 of them as the triad counts its own.
enum HybridMonteCarloBenchmark {
    static let bytesPerUpdate = 32.0

    struct Row {
        let extent: Int
        let steps: Int
        let acceptance: Double
        let trajectoryMicroseconds: Double
        let updateNanoseconds: Double
        let triad: Double
        var gigabytes: Double { HybridMonteCarloBenchmark.bytesPerUpdate / updateNanoseconds }
    }

    static func run(_ arguments: [String]) throws {
        var extents: [Int] = []
        for argument in arguments {
            guard let extent = Int(argument), extent >= 2 else {
                throw BenchmarkError(description: "hmc: extents of square lattices wanted, found '\(argument)'")
            }
            extents.append(extent)
        }
        if extents.isEmpty { extents = [8, 16, 32, 64, 256, 1024, 4096] }
        print("\(Stopwatch.processor), one core, float64, leapfrog on the line of constant physics, trajectories of length 1\n")
        print("| L | steps | acceptance | us / trajectory | ns / site update | GB/s | triad GB/s | of the triad |")
        print("|---|---|---|---|---|---|---|---|")
        for extent in extents {
            let row = try single(extent)
            print(
                "| \(row.extent) | \(row.steps) | \(decimal(row.acceptance)) | \(decimal(row.trajectoryMicroseconds)) | "
                    + "\(decimal(row.updateNanoseconds)) | \(decimal(row.gigabytes)) | \(decimal(row.triad)) | \(decimal(row.gigabytes / row.triad)) |")
        }
        print("\n16 chains in lanes\n\n| L | steps | acceptance | us / trajectory of a chain | ns / site update of a chain |\n|---|---|---|---|---|")
        for extent in extents where extent <= 64 {
            let row = try lanes(extent)
            print(
                "| \(row.extent) | \(row.steps) | \(decimal(row.acceptance)) | \(decimal(row.trajectoryMicroseconds)) | "
                    + "\(decimal(row.updateNanoseconds)) |")
        }
    }

    /// λ at L/ξ = 4 (Albergo's convention, m² = -4), for the extents of the line; the largest for others.
    private static func action(_ extent: Int) throws -> ScalarAction {
        let line = [6: 6.975, 8: 6.008, 10: 5.55, 12: 5.276, 14: 5.113, 16: 4.976, 20: 4.807, 32: 4.572, 64: 4.398]
        return try .albergo(massSquared: -4, lambda: line[extent] ?? 4.398, dimension: 2)
    }

    /// Steps for about 85 % acceptance: they grow with the fourth root of the volume.
    private static func steps(_ extent: Int) -> Int { max(4, Int((2.2 * Double(extent).squareRoot()).rounded())) }

    private static func single(_ extent: Int) throws -> Row {
        let geometry = try LatticeGeometry(extents: [extent, extent], communicator: MessagePassing.start())
        let steps = steps(extent)
        let hmc = try HybridMonteCarlo(
            geometry: geometry, settings: HybridMonteCarloSettings(action: action(extent), steps: steps, integrator: .leapfrog, seed: 1))
        hmc.startHot(width: 0.4)
        var index = 0
        var accepted = 0
        func trajectories(_ count: Int) throws -> Double {
            let start = Stopwatch.seconds()
            for _ in 0..<count {
                accepted += try hmc.run(trajectory: index).accepted ? 1 : 0
                index += 1
            }
            return (Stopwatch.seconds() - start) / Double(count)
        }
        let volume = extent * extent
        let count = min(20_000, max(1, 20_000_000 / (volume * steps)))
        _ = try trajectories(count)
        // A run of more steps less one of few leaves the steps themselves; in turns, and the median, for a machine that others use.
        var whole: [Double] = [], update: [Double] = [], triads: [Double] = []
        accepted = 0
        let first = index
        for _ in 0..<(count > 1 ? 5 : 1) { whole.append(try trajectories(count)) }
        // Where a few trajectories are all that time allows, the chain has not come to equilibrium.
        let acceptance = count > 50 ? Double(accepted) / Double(index - first) : .nan
        let few = min(steps, 6)
        for _ in 0..<5 {
            try hmc.setSteps(3 * few)
            let long = try trajectories(max(1, count / 3))
            try hmc.setSteps(few)
            let short = try trajectories(max(1, count / 3))
            update.append((long - short) / Double(2 * few * volume))
            triads.append(Triad.gigabytes(bytes: 24 * volume))
        }
        return Row(
            extent: extent, steps: steps, acceptance: acceptance, trajectoryMicroseconds: Stopwatch.median(whole) * 1e6,
            updateNanoseconds: Stopwatch.median(update) * 1e9, triad: Stopwatch.median(triads))
    }

    private static func lanes(_ extent: Int) throws -> Row {
        let steps = steps(extent)
        let ensemble = try EnsembleHybridMonteCarlo(
            extents: [extent, extent], settings: HybridMonteCarloSettings(action: action(extent), steps: steps, integrator: .leapfrog, seed: 1),
            chains: laneWidth, communicator: MessagePassing.start())
        ensemble.startHot(width: 0.4)
        var index = 0
        func trajectories(_ count: Int) -> Double {
            Stopwatch.time(calls: count) {
                ensemble.run(trajectory: index)
                index += 1
            }
        }
        let count = max(2, 4_000_000 / (extent * extent * steps))
        _ = trajectories(count)
        _ = try ensemble.acceptance()
        var whole: [Double] = [], update: [Double] = []
        for _ in 0..<5 { whole.append(trajectories(count)) }
        let acceptance = try ensemble.acceptance().rate
        for _ in 0..<5 {
            try ensemble.setSteps(3 * steps)
            let long = trajectories(max(1, count / 3))
            try ensemble.setSteps(steps)
            let short = trajectories(max(1, count / 3))
            update.append((long - short) / Double(2 * steps * extent * extent * laneWidth))
        }
        return Row(
            extent: extent, steps: steps, acceptance: acceptance, trajectoryMicroseconds: Stopwatch.median(whole) / Double(laneWidth) * 1e6,
            updateNanoseconds: Stopwatch.median(update) * 1e9, triad: .nan)
    }

    private static func decimal(_ value: Double) -> String {
        guard value.isFinite else { return "" }
        let digits = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let rounded = (value * scale).rounded() / scale
        return digits == 0 ? "\(Int(rounded))" : "\(rounded)"
    }
}
