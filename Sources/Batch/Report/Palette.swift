/// Colours that stay apart for colour-blind readers and in print.
enum Palette {
    /// Okabe and Ito (2008), ordered for contrast on white; yellow is left out.
    static let series = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#333333"]

    static func colour(_ index: Int) -> String { series[((index % series.count) + series.count) % series.count] }

    /// Sequential map, dark to light with even steps of lightness, after matplotlib's viridis (van der Walt, Smith 2015). `t` in 0...1.
    static func viridis(_ t: Double) -> (red: UInt8, green: UInt8, blue: UInt8) {
        mix(
            t,
            [
                (68, 1, 84), (72, 40, 120), (62, 74, 137), (49, 104, 142), (38, 130, 142), (31, 158, 137), (53, 183, 121), (110, 206, 88),
                (181, 222, 43), (253, 231, 37),
            ])
    }

    /// Diverging map, blue through white to red, for values around zero (ColorBrewer RdBu). `t` in 0...1, white at 0.5.
    static func diverging(_ t: Double) -> (red: UInt8, green: UInt8, blue: UInt8) {
        mix(
            t,
            [
                (33, 102, 172), (67, 147, 195), (146, 197, 222), (209, 229, 240), (247, 247, 247), (253, 219, 199), (244, 165, 130), (214, 96, 77),
                (178, 24, 43),
            ])
    }

    private static func mix(_ t: Double, _ stops: [(Double, Double, Double)]) -> (red: UInt8, green: UInt8, blue: UInt8) {
        let place = max(0, min(1, t)) * Double(stops.count - 1)
        let index = min(Int(place), stops.count - 2)
        let f = place - Double(index)
        let (a, b) = (stops[index], stops[index + 1])
        func channel(_ x: Double, _ y: Double) -> UInt8 { UInt8(max(0, min(255, (x + f * (y - x)).rounded()))) }
        return (channel(a.0, b.0), channel(a.1, b.1), channel(a.2, b.2))
    }
}
