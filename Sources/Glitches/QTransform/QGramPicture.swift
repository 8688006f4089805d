import Batch
import Glibc

extension QGram {
    /// Its energies around a time, the frequencies logarithmic, on a fixed scale of colours.
    /// - Parameters:
    ///   - middle: seconds from the gram's beginning.
    ///   - reach: seconds shown on either side.
    ///   - largest: energy at the end of the scale.
    package func picture(around middle: Double, reach: Double = 0.75, largest: Double, title: String) -> SVGPlot {
        let (low, high) = (log10(plane.rows[0].frequency), log10(plane.rows[plane.rows.count - 1].frequency))
        let (columns, lines) = (120, 48)
        let values = (0..<lines).map { line -> [Double] in
            let wanted = pow(10, low + (high - low) * (Double(line) + 0.5) / Double(lines))
            let row = plane.rows.indices.min { abs(plane.rows[$0].frequency - wanted) < abs(plane.rows[$1].frequency - wanted) } ?? 0
            let tiles = plane.rows[row].tiles
            return (0..<columns).map { column in
                let time = middle + reach * (2 * (Double(column) + 0.5) / Double(columns) - 1)
                let tile = Int((time / plane.duration * Double(tiles)).rounded())
                return energies[row].indices.contains(tile) ? energies[row][tile] : 0
            }
        }
        var plot = SVGPlot(title, x: .init("time", unit: "s"), y: .init("log10 of frequency / Hz"), width: 460, height: 300)
        if low < high { plot.heatMap(values, x: -reach...reach, y: low...high, label: "energy", range: 0...largest) }
        return plot
    }
}
