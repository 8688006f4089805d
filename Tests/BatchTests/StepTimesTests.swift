import Batch
import Testing

@Suite struct StepTimesTests {
    @Test("samples are the steps until there is no more room, then means of two, four, … of them; count, mean and extremes stay exact")
    func blocks() {
        var times = StepTimes()
        for step in 1...511 { times.add(Double(step)) }
        #expect(times.samples == (1...511).map(Double.init) && times.stepsPerSample == 1)
        times.add(512)
        #expect(times.stepsPerSample == 2)
        #expect(times.samples == (0..<256).map { 2 * Double($0) + 1.5 })
        for step in 513...100_000 { times.add(Double(step)) }
        #expect(times.count == 100_000 && times.shortest == 1 && times.longest == 100_000)
        #expect(times.total == 100_000 * 100_001 / 2)
        let block = Double(times.stepsPerSample)
        #expect(times.samples.count < StepTimes.capacity && times.samples.count >= StepTimes.capacity / 2 - 1)
        #expect(times.samples[0] == (block + 1) / 2 && times.samples[1] == block + (block + 1) / 2)
    }

    @Test("layers of stacked bars stand on each other: three rectangles, the second from 3 to 5")
    func stack() {
        var plot = SVGPlot("", x: SVGPlot.Axis("n"), y: SVGPlot.Axis("s", range: 0...10), width: 300, height: 300)
        plot.stackedBars(["1"], layers: [("a", [3]), ("b", [2]), ("c", [1])])
        let heights = plot.svg().split(separator: "<").filter { $0.hasPrefix("rect") && $0.contains("fill-opacity=\"0.65\" stroke") }
            .compactMap { $0.split(separator: "height=\"").dropFirst().first.flatMap { Double($0.prefix { $0 != "\"" }) } }
        #expect(heights.count == 3)
        guard heights.count == 3 else { return }
        #expect(abs(heights[0] / heights[2] - 3) < 0.02 && abs(heights[1] / heights[2] - 2) < 0.02)
    }
}
