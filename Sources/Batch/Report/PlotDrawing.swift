/// Turns an `SVGPlot` into elements: frame, ticks, series, legend.
struct PlotDrawing {
    let plot: SVGPlot
    let identifier: String
    var canvas = SVGCanvas()
    private(set) var x: PlotScale
    private(set) var y: PlotScale
    private(set) var left = 0.0
    private(set) var right = 0.0
    private(set) var top = 0.0
    private(set) var bottom = 0.0
    private let yTicks: (ticks: [PlotScale.Tick], exponent: Int)
    private let xTicks: (ticks: [PlotScale.Tick], exponent: Int)
    static let textSize = 12.0

    init(_ plot: SVGPlot, identifier: String) {
        self.plot = plot
        self.identifier = identifier
        let extent = PlotExtent(plot)
        top = plot.title.isEmpty ? 16 : 38
        bottom = plot.height - (plot.x.title.isEmpty ? 30 : 50)
        let trial = PlotScale(axis: plot.y, values: extent.y, start: bottom, end: top, tight: extent.tight, base: extent.base)
        yTicks = trial.ticks(count: max(2, Int((bottom - top) / 45)))
        if yTicks.exponent != 0 { top = max(top, plot.title.isEmpty ? 24 : 50) }
        let widest = yTicks.ticks.map { SVGCanvas.width($0.label ?? "", size: Self.textSize) }.max() ?? 0
        left = 12 + widest + 8 + (plot.y.title.isEmpty ? 0 : 22)
        right = plot.width - (extent.heatMap == nil ? 18 : 92)
        y = PlotScale(axis: plot.y, values: extent.y, start: bottom, end: top, tight: extent.tight, base: extent.base)
        x = PlotScale(axis: plot.x, values: extent.x, start: left, end: right, tight: extent.tight)
        xTicks = x.ticks(count: max(2, Int((right - left) / 75)))
    }

    mutating func draw() -> String {
        let n = SVGCanvas.number
        let size = "width=\"\(n(plot.width))\" height=\"\(n(plot.height))\" viewBox=\"0 0 \(n(plot.width)) \(n(plot.height))\""
        let name = SVGCanvas.escape(plot.title.isEmpty ? "\(plot.y.label) against \(plot.x.label)" : plot.title)
        canvas.raw(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" \(size) role=\"img\" aria-label=\"\(name)\" "
                + "font-family=\"Helvetica, Arial, 'DejaVu Sans', sans-serif\">")
        canvas.raw("<title>\(name)</title>")
        canvas.rectangle(0, 0, plot.width, plot.height, "fill=\"#fff\"")
        canvas.raw(
            "<clipPath id=\"\(identifier)-area\"><rect x=\"\(n(left))\" y=\"\(n(top))\" width=\"\(n(right - left))\" height=\"\(n(bottom - top))\"/></clipPath>")
        drawGrid()
        canvas.raw("<g clip-path=\"url(#\(identifier)-area)\">")
        // Areas below lines below points, whatever the order in which they were added.
        for layer in 0...2 { for series in plot.series { draw(series, layer: layer) } }
        canvas.raw("</g>")
        drawFrame()
        drawLegend()
        canvas.raw("</svg>")
        return canvas.body
    }

    private var isHeatMap: Bool { plot.series.contains { if case .heatMap = $0.shape { true } else { false } } }

    private mutating func drawGrid() {
        guard !isHeatMap else { return }
        let style = "stroke=\"#e4e4e4\" stroke-width=\"1\""
        for tick in yTicks.ticks where tick.label != nil {
            if let place = y.place(tick.value) { canvas.line(left, place, right, place, style) }
        }
        guard plot.categories.isEmpty else { return }
        for tick in xTicks.ticks where tick.label != nil {
            if let place = x.place(tick.value) { canvas.line(place, top, place, bottom, style) }
        }
    }

    private mutating func drawFrame() {
        let style = "fill=\"none\" stroke=\"#444\" stroke-width=\"1\""
        canvas.rectangle(left, top, right - left, bottom - top, style)
        for tick in yTicks.ticks {
            guard let place = y.place(tick.value) else { continue }
            canvas.line(left, place, left + (tick.label == nil ? 3 : 6), place, style)
            if let label = tick.label { canvas.text(label, left - 6, place + 4, anchor: .end) }
        }
        if plot.categories.isEmpty {
            for tick in xTicks.ticks {
                guard let place = x.place(tick.value) else { continue }
                canvas.line(place, bottom, place, bottom - (tick.label == nil ? 3 : 6), style)
                if let label = tick.label { canvas.text(label, place, bottom + 17, anchor: .middle) }
            }
        } else {
            for (i, category) in plot.categories.enumerated() {
                if let place = x.place(Double(i)) { canvas.text(category, place, bottom + 17, anchor: .middle) }
            }
        }
        if yTicks.exponent != 0 { canvas.text("×10\(PlotScale.superscript(yTicks.exponent))", left, top - 6, size: 11) }
        if xTicks.exponent != 0, plot.categories.isEmpty {
            canvas.text("×10\(PlotScale.superscript(xTicks.exponent))", right, bottom + 34, size: 11, anchor: .end)
        }
        if !plot.title.isEmpty { canvas.text(plot.title, (left + right) / 2, 22, size: 14, anchor: .middle, bold: true) }
        canvas.text(plot.x.title, (left + right) / 2, plot.height - 12, size: 13, anchor: .middle)
        canvas.text(plot.y.title, 18, (top + bottom) / 2, size: 13, anchor: .middle, turned: true)
    }

    private mutating func drawLegend() {
        let named = plot.series.filter { $0.name != nil }
        guard !named.isEmpty else { return }
        let widest = named.map { SVGCanvas.width($0.name ?? "", size: Self.textSize) }.max() ?? 0
        let (width, height) = (widest + 46, Double(named.count) * 18 + 8)
        let corner = PlotLegend.quietCorner(self, width: width, height: height)
        canvas.rectangle(corner.x, corner.y, width, height, "rx=\"3\" fill=\"#fff\" fill-opacity=\"0.88\" stroke=\"#ccc\"")
        for (i, series) in named.enumerated() {
            let middle = corner.y + 13 + Double(i) * 18
            drawSample(series, x: corner.x + 8, y: middle)
            canvas.text(series.name ?? "", corner.x + 40, middle + 4)
        }
    }
}

/// All values that a plot has to hold.
struct PlotExtent {
    var x: [Double] = []
    var y: [Double] = []
    var heatMap: SVGPlot.Shape?
    /// Where bars stand, if there are any.
    var base: Double?
    /// Whether the picture fills the frame to its edges.
    var tight: Bool { heatMap != nil }

    init(_ plot: SVGPlot) {
        for series in plot.series {
            switch series.shape {
            case .line(let x, let y, _, _): add(x, y)
            case .points(let x, let y, let errors, let xErrors, _, _):
                add(x, y)
                self.y += zip(y, errors).flatMap { [$0 - $1, $0 + $1] }
                self.x += zip(x, xErrors).flatMap { [$0 - $1, $0 + $1] }
            case .band(let x, let lower, let upper):
                add(x, lower)
                y += upper
            case .histogram(let edges, let counts, _):
                add(edges, counts)
                stand(on: 0, plot.y)
            case .bars(let values, let errors):
                x += [-0.6, Double(plot.categories.count) - 0.4]
                y += values + zip(values, errors).map { $0 + $1 }
                stand(on: 0, plot.y)
            case .stack(let lower, let upper):
                x += [-0.6, Double(plot.categories.count) - 0.4]
                y += lower + upper
                stand(on: 0, plot.y)
            case .heatMap(_, let x, let y, _, _, _):
                add([x.lowerBound, x.upperBound], [y.lowerBound, y.upperBound])
                heatMap = series.shape
            case .horizontal(let value): y.append(value)
            case .vertical(let value): x.append(value)
            }
        }
    }

    private mutating func stand(on value: Double, _ axis: SVGPlot.Axis) {
        guard axis.scale == .linear else { return }
        base = value
        y.append(value)
    }

    private mutating func add(_ x: [Double], _ y: [Double]) {
        self.x += x
        self.y += y
    }
}
