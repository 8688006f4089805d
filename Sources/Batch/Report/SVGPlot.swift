/// A scientific plot as a self-contained SVG drawing: lines, points with error bars, bands, histograms, heat maps and bars.
///
/// Values that are not finite, or not positive on a logarithmic axis, are left out; a line is broken there.
public struct SVGPlot {
    /// What marks a point.
    public enum Marker: Int, CaseIterable, Sendable { case circle, square, diamond, triangle, openCircle, openSquare }
    /// How a heat map turns values into colours: from small to large, or around zero.
    public enum ColourMap: Sendable { case sequential, diverging }

    enum Shape {
        case line(x: [Double], y: [Double], dashed: Bool, faint: Bool)
        case points(x: [Double], y: [Double], errors: [Double], xErrors: [Double], marker: Marker, connected: Bool)
        case band(x: [Double], lower: [Double], upper: [Double])
        case histogram(edges: [Double], counts: [Double], filled: Bool)
        case bars(values: [Double], errors: [Double])
        case stack(lower: [Double], upper: [Double])
        case heatMap(values: [[Double]], x: ClosedRange<Double>, y: ClosedRange<Double>, label: String, range: ClosedRange<Double>?, map: ColourMap)
        case horizontal(Double)
        case vertical(Double)
    }

    struct Series {
        let name: String?
        let colour: Int
        let shape: Shape
    }

    public var title: String
    public var x: Axis
    public var y: Axis
    /// Size in pixels.
    public var width: Double
    public var height: Double
    /// Names along the horizontal axis for `bars`; empty for a numerical one.
    var categories: [String] = []
    var series: [Series] = []
    private var nextColour = 0

    public init(_ title: String, x: Axis, y: Axis, width: Double = 640, height: Double = 400) {
        self.title = title
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }

    /// A line through points, in the order given. `colour` picks one of the palette; nil takes the next. A noisy series is better
    /// `faint`, under its mean.
    public mutating func line(
        x: [Double], y: [Double], name: String? = nil, dashed: Bool = false, faint: Bool = false, colour: Int? = nil
    ) {
        add(name, colour, .line(x: x, y: y, dashed: dashed, faint: faint))
    }

    /// Points with error bars, one standard error each way.
    public mutating func points(
        x: [Double], y: [Double], errors: [Double] = [], xErrors: [Double] = [], name: String? = nil, marker: Marker? = nil,
        connected: Bool = false, colour: Int? = nil
    ) {
        let index = colour ?? nextColour
        let chosen = marker ?? Marker(rawValue: index % Marker.allCases.count) ?? .circle
        add(name, colour, .points(x: x, y: y, errors: errors, xErrors: xErrors, marker: chosen, connected: connected))
    }

    /// The area between two curves, such as an uncertainty.
    public mutating func band(x: [Double], lower: [Double], upper: [Double], name: String? = nil, colour: Int? = nil) {
        add(name, colour, .band(x: x, lower: lower, upper: upper))
    }

    /// Counts between neighbouring edges, one edge more than counts. Several lie over each other: fill the first, outline the others.
    public mutating func histogram(edges: [Double], counts: [Double], name: String? = nil, filled: Bool = true, colour: Int? = nil) {
        add(name, colour, .histogram(edges: edges, counts: counts, filled: filled))
    }

    /// A histogram of samples in `bins` equal bins over their range; as a density, of area one, if asked.
    public mutating func histogram(
        of samples: [Double], bins: Int, range: ClosedRange<Double>? = nil, density: Bool = false, name: String? = nil, filled: Bool = true,
        colour: Int? = nil
    ) {
        let finite = samples.filter(\.isFinite)
        guard bins > 0, let low = range?.lowerBound ?? finite.min(), let high = range?.upperBound ?? finite.max() else { return }
        let width = high > low ? (high - low) / Double(bins) : 1 / Double(bins)
        let start = high > low ? low : low - 0.5
        var counts = [Double](repeating: 0, count: bins)
        for value in finite where value >= low && value <= high { counts[min(bins - 1, Int((value - start) / width))] += 1 }
        if density, !finite.isEmpty { counts = counts.map { $0 / (Double(finite.count) * width) } }
        histogram(edges: (0...bins).map { start + Double($0) * width }, counts: counts, name: name, filled: filled, colour: colour)
    }

    /// A bar for each category; several calls with the same categories stand side by side.
    public mutating func bars(_ categories: [String], values: [Double], errors: [Double] = [], name: String? = nil, colour: Int? = nil) {
        self.categories = categories
        add(name, colour, .bars(values: values, errors: errors))
    }

    /// A bar for each category, made of layers that stand on each other.
    public mutating func stackedBars(_ categories: [String], layers: [(name: String, values: [Double])]) {
        self.categories = categories
        var lower = [Double](repeating: 0, count: categories.count)
        for layer in layers {
            let upper = zip(lower, layer.values).map { $0 + $1 }
            add(layer.name, nil, .stack(lower: lower, upper: upper))
            lower = upper
        }
    }

    /// Values on a regular grid, `values[row][column]`, row 0 at the bottom; `label` names the colour scale.
    public mutating func heatMap(
        _ values: [[Double]], x: ClosedRange<Double>, y: ClosedRange<Double>, label: String, range: ClosedRange<Double>? = nil,
        map: ColourMap = .sequential
    ) {
        add(nil, 0, .heatMap(values: values, x: x, y: y, label: label, range: range, map: map))
    }

    /// A dashed line across the plot, such as an exact value.
    public mutating func horizontalLine(at value: Double, name: String? = nil, colour: Int? = 6) { add(name, colour, .horizontal(value)) }
    public mutating func verticalLine(at value: Double, name: String? = nil, colour: Int? = 6) { add(name, colour, .vertical(value)) }

    private mutating func add(_ name: String?, _ colour: Int?, _ shape: Shape) {
        series.append(Series(name: name, colour: colour ?? nextColour, shape: shape))
        if colour == nil { nextColour += 1 }
    }

    /// The drawing. `identifier` keeps names inside apart where several drawings share a page.
    public func svg(identifier: String = "plot") -> String {
        var drawing = PlotDrawing(self, identifier: identifier)
        return drawing.draw()
    }
}
