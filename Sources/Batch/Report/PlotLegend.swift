/// Where a legend hides the least.
enum PlotLegend {
    /// The corner of the frame whose box of this size covers the fewest data points.
    static func quietCorner(_ drawing: PlotDrawing, width: Double, height: Double) -> (x: Double, y: Double) {
        let inset = 8.0
        let corners = [
            (x: drawing.right - width - inset, y: drawing.top + inset), (x: drawing.left + inset, y: drawing.top + inset),
            (x: drawing.right - width - inset, y: drawing.bottom - height - inset), (x: drawing.left + inset, y: drawing.bottom - height - inset),
        ]
        let points = drawing.plot.series.flatMap { places($0, drawing) }
        func covered(_ corner: (x: Double, y: Double)) -> Int {
            points.count {
                $0.x >= corner.x - 4 && $0.x <= corner.x + width + 4 && $0.y >= corner.y - 4 && $0.y <= corner.y + height + 4
            }
        }
        let ranked = corners.map { (corner: $0, count: covered($0)) }
        return ranked.min { $0.count < $1.count }?.corner ?? corners[0]
    }

    private static func places(_ series: SVGPlot.Series, _ drawing: PlotDrawing) -> [(x: Double, y: Double)] {
        func pairs(_ xs: [Double], _ ys: [Double]) -> [(x: Double, y: Double)] {
            zip(xs, ys).compactMap { x, y in drawing.x.place(x).flatMap { px in drawing.y.place(y).map { (px, $0) } } }
        }
        /// Points on the way between two neighbours, so that a long straight line counts, too.
        func along(_ xs: [Double], _ ys: [Double]) -> [(x: Double, y: Double)] {
            let corners = pairs(xs, ys)
            guard corners.count > 1, corners.count < 200 else { return corners }
            return zip(corners, corners.dropFirst()).flatMap { a, b in
                (0..<8).map { (a.x + (b.x - a.x) * Double($0) / 8, a.y + (b.y - a.y) * Double($0) / 8) }
            } + corners.suffix(1)
        }
        switch series.shape {
        case .line(let x, let y, _, _): return along(x, y)
        case .points(let x, let y, let errors, _, _, let connected):
            let ends = pairs(x + x, zip(y, errors).map { $0 - $1 } + zip(y, errors).map { $0 + $1 })
            return (connected ? along(x, y) : pairs(x, y)) + (errors.isEmpty ? [] : ends)
        case .band(let x, let lower, let upper): return along(x, lower) + along(x, upper)
        case .histogram(let edges, let counts, _):
            let middles = zip(edges, edges.dropFirst()).map { ($0 + $1) / 2 }
            return (1...5).flatMap { fifth in pairs(middles, counts.map { $0 * Double(fifth) / 5 }) }
        case .bars(let values, _):
            return (1...5).flatMap { fifth in pairs(values.indices.map(Double.init), values.map { $0 * Double(fifth) / 5 }) }
        case .stack(_, let upper):
            return (1...5).flatMap { fifth in pairs(upper.indices.map(Double.init), upper.map { $0 * Double(fifth) / 5 }) }
        case .horizontal(let value): return along([drawing.x.lower, drawing.x.upper], [value, value])
        case .vertical(let value): return along([value, value], [drawing.y.lower, drawing.y.upper])
        case .heatMap: return []
        }
    }
}
