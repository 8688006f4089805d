import Batch
import Foundation
import TestSupport
import Testing

@Suite struct ReportTests {
    /// One plot of every kind, with hard cases: zeros on a logarithmic axis, a gap, an error larger than its value, a constant.
    static func plots() -> [SVGPlot] {
        var random = SplitMix(state: 7)
        func normal() -> Double { (0..<12).reduce(-6) { sum, _ in sum + Double.random(in: 0..<1, using: &random) } }

        var training = SVGPlot("Training of the flow, 16 × 16", x: .init("step"), y: .init("effective sample size per configuration", range: 0...1))
        let steps = (0..<20_000).map(Double.init)
        let curve: [Double] = steps.map { 1 - exp(-$0 / 4000) }
        let noisy: [Double] = curve.map { max(0, min(1, $0 * 0.93 + 0.02 * normal())) }
        training.line(x: steps, y: noisy, name: "each step", faint: true)
        training.line(x: steps, y: curve.map { $0 * 0.93 }, name: "mean over 200 steps")
        training.horizontalLine(at: 0.91, name: "best published")

        let lengths = [8.0, 16, 32, 64]
        var autocorrelation = SVGPlot(
            "Critical slowing down", x: .init("lattice length L", unit: "a", scale: .logarithmic, ticks: [8, 16, 32, 64]),
            y: .init("τ int of M²", unit: "trajectories", scale: .logarithmic))
        autocorrelation.points(x: lengths, y: [4.1, 15.8, 66, 240], errors: [0.2, 1.1, 9, 70], name: "hybrid Monte Carlo", connected: true)
        autocorrelation.points(x: lengths, y: [0.52, 0.61, 0.9, 2.2], errors: [0.01, 0.02, 0.1, 2.4], name: "flow", connected: true)
        autocorrelation.line(x: lengths, y: lengths.map { 0.06 * $0 * $0 }, name: "∝ L²", dashed: true)

        let energy = (0..<5000).map { _ in 0.3 * normal() }
        var violation = SVGPlot("Energy violation of a trajectory", x: .init("ΔH"), y: .init("density"))
        violation.histogram(of: energy, bins: 40, range: -1.5...1.5, density: true, name: "5000 trajectories")
        let grid = (0...200).map { -1.5 + 3 * Double($0) / 200 }
        let bell: [Double] = grid.map { exp(-$0 * $0 / 0.18) / 0.752 }
        violation.line(x: grid, y: bell, name: "normal distribution")
        violation.verticalLine(at: 0)

        let r = (0...16).map(Double.init)
        let correlator: [Double] = r.map { exp(-$0 / 4) + exp(($0 - 32) / 4) }
        var twoPoint = SVGPlot("Two-point function", x: .init("distance r", unit: "a"), y: .init("G(r) / G(0)", scale: .logarithmic))
        twoPoint.band(x: r, lower: correlator.map { $0 * 0.94 }, upper: correlator.map { $0 * 1.06 }, name: "fit, 68 %")
        let measured: [Double] = correlator.map { $0 * (1 + 0.02 * normal()) }
        twoPoint.points(x: r, y: measured, errors: correlator.map { $0 * 0.03 }, name: "HMC")
        twoPoint.points(x: [1, 3, 5, 7], y: [0.8, 0, .nan, -1], errors: [2, 1, 1, 1], name: "outliers")

        var field = SVGPlot("A configuration of φ", x: .init("x", unit: "a"), y: .init("y", unit: "a"), width: 440, height: 360)
        func phi(_ x: Int, _ y: Int) -> Double { sin(Double(x) / 5) * cos(Double(y) / 7) + 0.2 * normal() }
        let values: [[Double]] = (0..<32).map { y in (0..<32).map { x in phi(x, y) } }
        field.heatMap(values, x: 0...32, y: 0...32, label: "φ(x, y)", map: .diverging)
        var spectrum = SVGPlot("Power", x: .init("time", unit: "s"), y: .init("frequency", unit: "Hz", scale: .logarithmic), width: 440, height: 360)
        func power(_ x: Int, _ y: Int) -> Double { 1e-6 * exp(-pow(Double(x) - 40, 2) / 50) * exp(-pow(Double(y) - 20, 2) / 80) }
        let powers: [[Double]] = (0..<40).map { y in (0..<80).map { x in power(x, y) } }
        spectrum.heatMap(powers, x: -0.5...0.5, y: 10...1000, label: "energy")

        var phases = SVGPlot("Where the time goes", x: .init(""), y: .init("time per rank", unit: "s"))
        phases.bars(["compute", "halo", "allreduce", "checkpoint", "io"], values: [52, 3.1, 6.5, 1.2, 0.4], errors: [1, 0.4, 2, 0.1, 0], name: "4 ranks")
        phases.bars(["compute", "halo", "allreduce", "checkpoint", "io"], values: [26, 3.3, 7.9, 1.2, 0.4], name: "8 ranks")

        var small = SVGPlot("", x: .init("trajectory"), y: .init("⟨φ²⟩ − exact"))
        small.points(x: [1e6, 2e6, 3e6], y: [1.2e-6, -3.4e-6, 2e-7], errors: [1e-6, 1e-6, 1e-6], name: "difference")
        small.horizontalLine(at: 0)
        return [training, autocorrelation, violation, twoPoint, field, spectrum, phases, small]
    }

    static let hasRenderer = (try? ChildProcess(["rsvg-convert", "--version"]).wait(timeout: 20).status) == 0

    @Test("every kind of plot is well-formed XML with finite numbers, and the same each time")
    func wellFormed() {
        for (plot, again) in zip(Self.plots(), Self.plots()) {
            let svg = plot.svg()
            #expect(svg == again.svg())
            let parser = XMLCheck(svg)
            #expect(parser.problem == nil, "\(plot.title): \(parser.problem ?? "")")
            #expect(svg.firstMatch(of: /["ML ,]-?(nan|inf)/) == nil, "\(plot.title)")
            #expect(svg.utf8.count < 400_000)
        }
    }

    @Test("a renderer draws every kind of plot", .enabled(if: hasRenderer, "peer rsvg-convert not installed"))
    func rendered() throws {
        let directory = try TemporaryDirectory()
        for (i, plot) in Self.plots().enumerated() {
            let path = directory.path("\(i).svg")
            try plot.svg().write(toFile: path, atomically: true, encoding: .utf8)
            let result = try ChildProcess(["rsvg-convert", "-o", directory.path("\(i).png"), path]).wait(timeout: 60)
            #expect(result.status == 0, "\(plot.title): \(result.stderr)")
            if let gallery = ProcessInfo.processInfo.environment["DIDYMOS_TEST_GALLERY"] {
                try plot.svg().write(toFile: "\(gallery)/\(i).svg", atomically: true, encoding: .utf8)
            }
        }
    }

    @Test("ticks are round numbers inside the range", arguments: [
        (0.0, 1.0, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]), (-3, 47, ["0", "10", "20", "30", "40"]),
        (0.12, 0.19, ["0.12", "0.14", "0.16", "0.18"]), (-1e-6, 1e-6, ["−1.0", "−0.5", "0.0", "0.5", "1.0"]), (0, 250_000, ["0.0", "0.5", "1.0", "1.5", "2.0", "2.5"]),
    ])
    func ticks(low: Double, high: Double, wanted: [String]) {
        var plot = SVGPlot("", x: .init("x"), y: .init("y", range: low...high), height: 330)
        plot.line(x: [0, 1], y: [low, high])
        let svg = plot.svg()
        for label in wanted { #expect(svg.contains(">\(label)</text>"), "\(label) in \(low)...\(high)") }
    }

    @Test("empty, constant and impossible data still give a picture")
    func degenerate() {
        var empty = SVGPlot("nothing", x: .init("x", scale: .logarithmic), y: .init("y", scale: .logarithmic))
        empty.line(x: [], y: [])
        empty.points(x: [-1, .nan], y: [0, .infinity], errors: [.nan], name: "bad")
        empty.histogram(of: [], bins: 10)
        empty.histogram(of: [2, 2, 2], bins: 3, name: "constant")
        empty.heatMap([], x: 0...1, y: 0...1, label: "none")
        empty.band(x: [1], lower: [1], upper: [2])
        #expect(XMLCheck(empty.svg()).problem == nil)
        var huge = SVGPlot("a < b & \"c\"", x: .init("<x>"), y: .init("y"))
        let largest = Double.greatestFiniteMagnitude
        huge.line(x: [-largest, largest], y: [Double.leastNonzeroMagnitude, largest], name: "<name>")
        huge.line(x: [0, 1], y: [5, 5])
        #expect(XMLCheck(huge.svg()).problem == nil)
    }

    @Test("a report is one page that needs nothing else, escaped, numbered and with its provenance")
    func report() throws {
        var report = HTMLReport(title: "φ⁴ on 16 × 16 <test>", subtitle: "flowtrain report", provenance: [("seed", "7"), ("configuration", "a: 1\nb: 2")])
        report.section("Results")
        report.headline([("acceptance", Format.value(0.8123, error: 0.0042), "10000 configurations"), ("speed", "23×", "against the peer")])
        report.remark("HMC and flow agree: χ² = 4.2 for 5 observables", good: true)
        report.table(
            columns: ["observable", "HMC", "flow"], rows: [["⟨|φ|⟩", "0.512(3)", "0.510(2)"], ["χ", "12.3(4)", "–"]], caption: "Observables & errors.")
        report.figure(Self.plots()[0], caption: "Training.")
        report.figure(Array(Self.plots()[4...5]), caption: "Fields.")
        report.details("Configuration", text: "x: <1>")
        let html = report.html()
        #expect(html.contains("<title>φ⁴ on 16 × 16 &lt;test&gt;</title>"))
        #expect(html.contains("<b>Figure 2.</b> Fields.") && html.contains("<b>Table 1.</b> Observables &amp; errors."))
        #expect(html.contains("<td class=\"number\">0.512(3)</td>"))
        #expect(html.contains("<dt>seed</dt><dd>7</dd>"))
        #expect(!html.contains("http://") || html.matches(of: /(src|href)="http/).isEmpty)
        let body = html.replacing("<!DOCTYPE html>", with: "").replacing(/<meta[^>]*>/, with: "")
        #expect(XMLCheck(body).problem == nil)
        if let gallery = ProcessInfo.processInfo.environment["DIDYMOS_TEST_GALLERY"] {
            try html.write(toFile: "\(gallery)/report.html", atomically: true, encoding: .utf8)
        }
    }
}

/// Whether tags and attributes of a document nest and close: enough to catch an element left open or text not escaped.
struct XMLCheck {
    private(set) var problem: String?

    init(_ text: String) {
        var open: [Substring] = []
        var rest = text[...]
        while let start = rest.firstIndex(of: "<") {
            guard let end = rest[start...].firstIndex(of: ">") else {
                problem = "a tag without end"
                return
            }
            let tag = rest[rest.index(after: start)..<end]
            rest = rest[rest.index(after: end)...]
            guard !tag.contains("<") else {
                problem = "'<' inside <\(tag)>"
                return
            }
            let name = tag.prefix { !$0.isWhitespace && $0 != "/" }
            if tag.hasPrefix("/") {
                guard open.popLast() == tag.dropFirst() else {
                    problem = "unexpected <\(tag)>"
                    return
                }
            } else {
                if tag.count(where: { $0 == "\"" }) % 2 != 0 { problem = "an open quote in <\(tag)>" }
                if !tag.hasSuffix("/") { open.append(name) }
            }
        }
        if !open.isEmpty { problem = "left open: \(open)" }
    }
}
