import GaugeFields
import GaugeKernels
import LatticeFields
import MessagePassing
import ScalingStudies

/// SU(3) in four dimensions on one core: the force of hybrid Monte Carlo, heat bath and over-relaxation against the peak of multiply-adds and against
/// the bandwidth of a STREAM triad over arrays of the same size.
///
/// Operations of a link, a product of matrices counted as 198 whatever it takes: force 2697 (see `StapleKernel.kick`), heat bath 3348 without what
/// random numbers cost (see `HeatBathKernel`), over-relaxation the same. Bytes that must move a site: the force reads 576 of links, reads and writes
/// 256 of momenta; a sweep reads and writes 576.
enum GaugeBenchmark {
    private struct Kernel {
        let name: String
        let operationsPerSite: Double
        let bytesPerSite: Double
        let run: () throws -> Void
    }

    static func run(_ arguments: [String]) throws {
        var extents: [Int] = []
        for argument in arguments {
            guard let extent = Int(argument), extent >= 2, extent % 2 == 0 else {
                throw BenchmarkError(description: "gauge: even extents of hypercubic lattices wanted, found '\(argument)'")
            }
            extents.append(extent)
        }
        if extents.isEmpty { extents = [4, 8, 12, 16] }
        print("\(Stopwatch.processor), one core, SU(3), Wilson, four dimensions, float64; processor time, medians of 7 beside peak and triad in turns\n")
        print("| L | kernel | ns / site | site updates / s | GF/s | of the peak | GB/s | of the triad | bound |")
        print("|---|---|---|---|---|---|---|---|---|")
        for extent in extents { try measure(extent) }
        print("\nBound: what the peak and the triad allow, whichever is less, and the part of it that is reached.")
    }

    private static func measure(_ extent: Int) throws {
        let geometry = try LatticeGeometry(extents: [Int](repeating: extent, count: 4), communicator: MessagePassing.start())
        let field = try GaugeField(SiteOrder(geometry), group: .su3)
        let action = try GaugeAction(group: .su3, beta: 6)
        let bath = try HeatBath(field, action: action, overrelaxation: 0, seed: 1)
        for index in 0..<5 { try bath.update(index) }
        let hmc = try GaugeHybridMonteCarlo(field, action: action, dynamics: GaugeDynamics(), seed: 1)
        let volume = geometry.volume
        var index = 5
        let kernels = [
            Kernel(name: "force", operationsPerSite: 4 * 2697, bytesPerSite: 576 + 512) { try hmc.kickOnce() },
            Kernel(name: "heat bath", operationsPerSite: 4 * 3348, bytesPerSite: 1152) {
                try bath.update(index)
                index += 1
            },
            Kernel(name: "over-relaxation", operationsPerSite: 4 * 3348, bytesPerSite: 1152) { try bath.overrelax() },
        ]
        for kernel in kernels {
            let calls = max(1, 40_000 / volume)
            for _ in 0..<calls { try kernel.run() }
            var times: [Double] = [], peaks: [Double] = [], triads: [Double] = []
            for _ in 0..<7 {
                // Half of single precision: as many instructions, half as many lanes.
                peaks.append(PeakBenchmark.gigaflops() / 2)
                let start = Stopwatch.seconds()
                for _ in 0..<calls { try kernel.run() }
                times.append((Stopwatch.seconds() - start) / Double(calls * volume))
                triads.append(Triad.gigabytes(bytes: min(1152 * volume, 200_000_000)))
            }
            let seconds = Stopwatch.median(times), peak = Stopwatch.median(peaks), triad = Stopwatch.median(triads)
            let flops = kernel.operationsPerSite / seconds * 1e-9, bytes = kernel.bytesPerSite / seconds * 1e-9
            let byPeak = kernel.operationsPerSite / peak, byTriad = kernel.bytesPerSite / triad
            let bound = byPeak >= byTriad ? "peak" : "triad"
            print(
                "| \(extent) | \(kernel.name) | \(rounded(seconds * 1e9)) | \(rounded(1e-6 / seconds)) M | \(rounded(flops)) of \(rounded(peak)) | "
                    + "\(rounded(100 * flops / peak)) % | \(rounded(bytes)) of \(rounded(triad)) | \(rounded(100 * bytes / triad)) % | \(bound): "
                    + "\(rounded(100 * max(byPeak, byTriad) / (seconds * 1e9))) % |")
        }
    }

    private static func rounded(_ value: Double) -> String {
        let scale = value >= 100 ? 1.0 : value >= 10 ? 10 : 100
        return "\((value * scale).rounded() / scale)"
    }
}
