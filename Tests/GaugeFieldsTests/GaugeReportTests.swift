import Foundation
import TestSupport
import Testing

@Suite("The report of gauge runs")
struct GaugeReportTests {
    @Test("histories, autocorrelation, charge, flow and the comparison of two runs, in one page; a run too short is named")
    func page() throws {
        let scratch = try TemporaryDirectory()
        func flowtrain(_ arguments: String...) throws -> ProcessResult {
            try MPIRun.run(executable: "flowtrain", arguments: arguments, ranks: nil, workingDirectory: scratch.path)
        }
        for (name, algorithm, updates) in [("one", "heatbath", 24), ("two", "hmc", 16), ("short", "hmc", 3)] {
            try """
            seed: 2
            lattice: {extents: [4, 4, 4, 4]}
            gauge: {group: su3, beta: 6, algorithm: \(algorithm), updates: \(updates), thermalization: 5, steps: 4}
            gradient_flow: {every: 2, step: 0.05, steps_per_point: 4, points: 8}
            """.write(toFile: scratch.path("\(name).yaml"), atomically: true, encoding: .utf8)
            #expect(try flowtrain("gauge", "\(name).yaml", "--run", name).status == 0)
        }
        let made = try flowtrain("report", "one", "two", "--output", "page.html")
        #expect(made.status == 0 && made.stdout == "wrote page.html\n", "\(made.stdout)")
        let page = try String(contentsOfFile: scratch.path("page.html"), encoding: .utf8)
        for text in [
            "Cost over the lattice and β", "SU(3), 4×4×4×4, β = 6", "hybrid Monte Carlo", "⟨exp(-ΔH)⟩ = ", "Autocorrelation", "Topological charge at t = 1.6", "Its distribution",
            "Gradient flow", "t₀",
        ] { #expect(page.contains(text), "\(text)") }
        // Two figures of comparison, five of each run.
        #expect(page.components(separatedBy: "<svg ").count == 13)
        let short = try flowtrain("report", "short")
        #expect(short.status == 65 && short.stdout.contains("short/gauge.h5: 3 measurements; wanted at least 8"), "\(short.stdout)")
    }
}
