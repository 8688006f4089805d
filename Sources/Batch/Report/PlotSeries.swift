/// How each kind of series is drawn.
extension PlotDrawing {
    /// Draws what of a series belongs to a layer: 0 areas, 1 lines, 2 points.
    mutating func draw(_ series: SVGPlot.Series, layer: Int) {
        let colour = Palette.colour(series.colour)
        switch (series.shape, layer) {
        case (.heatMap(let values, let xRange, let yRange, let label, let range, let map), 0):
            drawHeatMap(values, xRange, yRange, label, range, map)
        case (.band(let x, let lower, let upper), 0):
            let forth = places(x, upper).compactMap(\.self)
            let back = places(x, lower).compactMap(\.self).reversed()
            canvas.polygon(forth + back, "fill=\"\(colour)\" fill-opacity=\"0.2\" stroke=\"none\"")
        case (.histogram(let edges, let counts, let filled), _) where layer == (filled ? 0 : 1):
            drawHistogram(edges, counts, filled, colour)
        case (.bars(let values, let errors), 0): drawBars(series, values, errors, colour)
        case (.stack(let lower, let upper), 0): drawStack(lower, upper, colour)
        case (.horizontal(let value), 1):
            if let place = y.place(value) { canvas.line(left, place, right, place, Self.rule(colour)) }
        case (.vertical(let value), 1):
            if let place = x.place(value) { canvas.line(place, top, place, bottom, Self.rule(colour)) }
        case (.line(let xs, let ys, let dashed, let faint), 1):
            canvas.path(thinned(places(xs, ys)), Self.stroke(colour, dashed: dashed, faint: faint))
        case (.points(let xs, let ys, _, _, _, true), 1):
            canvas.path(thinned(places(xs, ys)), Self.stroke(colour, dashed: false, faint: true))
        case (.points(let xs, let ys, let errors, let xErrors, let marker, _), 2):
            drawPoints(xs, ys, errors, xErrors, marker, colour)
        default: break
        }
    }

    /// A short sample for the legend, centred on the height `y`.
    mutating func drawSample(_ series: SVGPlot.Series, x: Double, y: Double) {
        let colour = Palette.colour(series.colour)
        switch series.shape {
        case .line(_, _, let dashed, let faint): canvas.line(x, y, x + 24, y, Self.stroke(colour, dashed: dashed, faint: faint))
        case .horizontal, .vertical: canvas.line(x, y, x + 24, y, Self.rule(colour))
        case .points(_, _, let errors, _, let marker, let connected):
            if connected { canvas.line(x, y, x + 24, y, Self.stroke(colour, dashed: false, faint: true)) }
            if !errors.isEmpty { canvas.line(x + 12, y - 7, x + 12, y + 7, Self.errorBar(colour)) }
            drawMarker(marker, x + 12, y, colour)
        case .band: canvas.rectangle(x, y - 5, 24, 10, "fill=\"\(colour)\" fill-opacity=\"0.2\"")
        case .histogram(_, _, filled: false): canvas.rectangle(x, y - 5, 24, 10, "fill=\"none\" stroke=\"\(colour)\" stroke-width=\"1.6\"")
        case .histogram, .bars, .stack: canvas.rectangle(x, y - 5, 24, 10, "fill=\"\(colour)\" fill-opacity=\"0.65\"")
        case .heatMap: break
        }
    }

    private static func stroke(_ colour: String, dashed: Bool, faint: Bool) -> String {
        "fill=\"none\" stroke=\"\(colour)\" stroke-width=\"\(faint ? "1" : "1.8")\" stroke-linejoin=\"round\" stroke-opacity=\"\(faint ? "0.5" : "1")\""
            + (dashed ? " stroke-dasharray=\"6 4\"" : "")
    }
    private static func rule(_ colour: String) -> String { "fill=\"none\" stroke=\"\(colour)\" stroke-width=\"1.2\" stroke-dasharray=\"5 4\"" }
    private static func errorBar(_ colour: String) -> String { "fill=\"none\" stroke=\"\(colour)\" stroke-width=\"1.2\"" }

    private func places(_ xs: [Double], _ ys: [Double]) -> [(x: Double, y: Double)?] {
        zip(xs, ys).map { px, py in
            guard let px = x.place(px), let py = y.place(py) else { return nil }
            return (px, py)
        }
    }

    /// The same picture from fewer points: of each third of a pixel the first, lowest, highest and last.
    private func thinned(_ points: [(x: Double, y: Double)?]) -> [(x: Double, y: Double)?] {
        guard points.count > 4000 else { return points }
        var out: [(x: Double, y: Double)?] = []
        var group: [(x: Double, y: Double)] = []
        func flush() {
            guard let first = group.first, let last = group.last else { return }
            let low = group.indices.min { group[$0].y < group[$1].y } ?? 0
            let high = group.indices.max { group[$0].y < group[$1].y } ?? 0
            out.append(first)
            for i in Set([low, high]).sorted() where i != 0 && i != group.count - 1 { out.append(group[i]) }
            if group.count > 1 { out.append(last) }
            group.removeAll(keepingCapacity: true)
        }
        for point in points {
            guard let point else {
                flush()
                out.append(nil)
                continue
            }
            if let first = group.first, Int(first.x * 3) != Int(point.x * 3) { flush() }
            group.append(point)
        }
        flush()
        return out
    }

    private mutating func drawHistogram(_ edges: [Double], _ counts: [Double], _ filled: Bool, _ colour: String) {
        guard edges.count == counts.count + 1, !counts.isEmpty else { return }
        let floor = y.logarithmic ? y.lower : max(y.lower, min(0, y.upper))
        var outline: [(x: Double, y: Double)] = []
        func add(_ px: Double, _ py: Double) {
            guard let px = x.place(px), let place = y.place(y.logarithmic ? max(py, y.lower) : py) else { return }
            outline.append((px, place))
        }
        add(edges[0], floor)
        for (i, count) in counts.enumerated() {
            add(edges[i], count)
            add(edges[i + 1], count)
        }
        add(edges[counts.count], floor)
        if filled {
            canvas.polygon(outline, "fill=\"\(colour)\" fill-opacity=\"0.3\" stroke=\"\(colour)\" stroke-width=\"1\"")
        } else {
            canvas.path(outline, "fill=\"none\" stroke=\"\(colour)\" stroke-width=\"1.6\"")
        }
    }

    private mutating func drawBars(_ series: SVGPlot.Series, _ values: [Double], _ errors: [Double], _ colour: String) {
        let groups = plot.series.filter { if case .bars = $0.shape { true } else { false } }
        let place = groups.firstIndex { $0.colour == series.colour && $0.name == series.name } ?? 0
        let width = 0.75 / Double(max(1, groups.count))
        for (i, value) in values.enumerated() {
            let start = Double(i) - 0.375 + width * Double(place)
            guard let a = x.place(start), let b = x.place(start + width), let end = y.place(value) else { continue }
            let base = y.place(y.logarithmic ? y.lower : 0) ?? bottom
            canvas.rectangle(a + 1, min(base, end), b - a - 2, abs(base - end), "fill=\"\(colour)\" fill-opacity=\"0.65\" stroke=\"\(colour)\"")
            if i < errors.count { drawErrorBar(x: (a + b) / 2, y: value, error: errors[i], colour) }
        }
    }

    private mutating func drawStack(_ lower: [Double], _ upper: [Double], _ colour: String) {
        for (i, (low, high)) in zip(lower, upper).enumerated() {
            guard let a = x.place(Double(i) - 0.3), let b = x.place(Double(i) + 0.3), let base = y.place(low), let end = y.place(high) else { continue }
            canvas.rectangle(a, min(base, end), b - a, abs(base - end), "fill=\"\(colour)\" fill-opacity=\"0.65\" stroke=\"\(colour)\"")
        }
    }

    private mutating func drawErrorBar(x place: Double, y value: Double, error: Double, _ colour: String) {
        // On a logarithmic axis a bar that reaches zero goes to the edge.
        guard error.isFinite, error > 0, let high = y.place(value + error) else { return }
        let low = y.place(value - error) ?? bottom
        canvas.path([(place, low), (place, high), nil, (place - 3, low), (place + 3, low), nil, (place - 3, high), (place + 3, high)], Self.errorBar(colour))
    }

    private mutating func drawPoints(
        _ xs: [Double], _ ys: [Double], _ errors: [Double], _ xErrors: [Double], _ marker: SVGPlot.Marker, _ colour: String
    ) {
        for (i, (px, py)) in zip(xs, ys).enumerated() {
            guard let across = x.place(px), let up = y.place(py) else { continue }
            if i < errors.count { drawErrorBar(x: across, y: py, error: errors[i], colour) }
            if i < xErrors.count, xErrors[i] > 0, let high = x.place(px + xErrors[i]) {
                let low = x.place(px - xErrors[i]) ?? left
                canvas.path([(low, up), (high, up), nil, (low, up - 3), (low, up + 3), nil, (high, up - 3), (high, up + 3)], Self.errorBar(colour))
            }
            drawMarker(marker, across, up, colour)
        }
    }

    private mutating func drawMarker(_ marker: SVGPlot.Marker, _ x: Double, _ y: Double, _ colour: String) {
        let n = SVGCanvas.number
        let full = "fill=\"\(colour)\" stroke=\"#fff\" stroke-width=\"0.7\""
        let open = "fill=\"#fff\" stroke=\"\(colour)\" stroke-width=\"1.6\""
        switch marker {
        case .circle: canvas.raw("<circle cx=\"\(n(x))\" cy=\"\(n(y))\" r=\"4\" \(full)/>")
        case .openCircle: canvas.raw("<circle cx=\"\(n(x))\" cy=\"\(n(y))\" r=\"3.6\" \(open)/>")
        case .square: canvas.rectangle(x - 3.6, y - 3.6, 7.2, 7.2, full)
        case .openSquare: canvas.rectangle(x - 3.3, y - 3.3, 6.6, 6.6, open)
        case .diamond: canvas.polygon([(x, y - 5), (x + 5, y), (x, y + 5), (x - 5, y)], full)
        case .triangle: canvas.polygon([(x, y - 5), (x + 4.8, y + 3.6), (x - 4.8, y + 3.6)], full)
        }
    }

    private mutating func drawHeatMap(
        _ values: [[Double]], _ xRange: ClosedRange<Double>, _ yRange: ClosedRange<Double>, _ label: String, _ range: ClosedRange<Double>?,
        _ map: SVGPlot.ColourMap
    ) {
        let columns = values.map(\.count).min() ?? 0
        let finite = values.joined().filter(\.isFinite)
        var (low, high) = (range?.lowerBound ?? finite.min() ?? 0, range?.upperBound ?? finite.max() ?? 1)
        if range == nil, map == .diverging {
            high = max(abs(low), abs(high))
            low = -high
        }
        if high <= low { (low, high) = (low - 0.5, low + 0.5) }
        func colour(_ t: Double) -> (red: UInt8, green: UInt8, blue: UInt8) {
            guard t.isFinite else { return (200, 200, 200) }
            return map == .diverging ? Palette.diverging(t) : Palette.viridis(t)
        }
        let pixels = values.reversed().flatMap { row in row.prefix(columns).map { colour(($0 - low) / (high - low)) } }
        if let png = PNG(width: columns, height: values.count, pixels: pixels), let a = x.place(xRange.lowerBound),
            let b = x.place(xRange.upperBound), let c = y.place(yRange.upperBound), let d = y.place(yRange.lowerBound)
        {
            image(png, a, c, b - a, d - c)
        }
        drawColourBar(low, high, label, colour)
    }

    private mutating func drawColourBar(_ low: Double, _ high: Double, _ label: String, _ colour: (Double) -> (red: UInt8, green: UInt8, blue: UInt8)) {
        canvas.raw("</g><g>")
        let start = right + 14
        if let png = PNG(width: 1, height: 128, pixels: (0..<128).map { colour(1 - Double($0) / 127) }) { image(png, start, top, 14, bottom - top) }
        canvas.rectangle(start, top, 14, bottom - top, "fill=\"none\" stroke=\"#444\"")
        let scale = PlotScale(axis: SVGPlot.Axis("", range: low...high), values: [], start: bottom, end: top)
        let (ticks, exponent) = scale.ticks(count: max(2, Int((bottom - top) / 60)))
        for tick in ticks where tick.label != nil {
            guard let place = scale.place(tick.value) else { continue }
            canvas.line(start + 10, place, start + 14, place, "stroke=\"#444\"")
            canvas.text(tick.label ?? "", start + 18, place + 4, size: 11)
        }
        if exponent != 0 { canvas.text("×10\(PlotScale.superscript(exponent))", start, top - 6, size: 11) }
        canvas.text(label, plot.width - 8, (top + bottom) / 2, anchor: .middle, turned: true)
    }

    private mutating func image(_ png: PNG, _ x: Double, _ y: Double, _ width: Double, _ height: Double) {
        let n = SVGCanvas.number
        canvas.raw(
            "<image x=\"\(n(x))\" y=\"\(n(y))\" width=\"\(n(width))\" height=\"\(n(height))\" preserveAspectRatio=\"none\" "
                + "style=\"image-rendering:pixelated\" xlink:href=\"\(png.address)\"/>")
    }
}
