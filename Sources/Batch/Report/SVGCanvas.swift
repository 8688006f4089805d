/// SVG elements, one after the other.
struct SVGCanvas {
    enum Anchor: String { case start, middle, end }

    private(set) var body = ""

    /// A coordinate with a tenth of a pixel.
    static func number(_ x: Double) -> String {
        let text = Format.fixed(x, decimals: 1)
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    static func escape(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            // XML has no way to write the other control characters.
            case _ where scalar.value < 0x20 && scalar != "\n" && scalar != "\t": out += "\u{FFFD}"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    mutating func raw(_ text: String) { body += text + "\n" }

    mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) {
        let n = Self.number
        raw("<path d=\"M\(n(x1)) \(n(y1))L\(n(x2)) \(n(y2))\" \(style)/>")
    }

    mutating func rectangle(_ x: Double, _ y: Double, _ width: Double, _ height: Double, _ style: String) {
        let n = Self.number
        raw("<rect x=\"\(n(x))\" y=\"\(n(y))\" width=\"\(n(max(0, width)))\" height=\"\(n(max(0, height)))\" \(style)/>")
    }

    /// Connected pieces through `points`; nil ends a piece.
    mutating func path(_ points: [(x: Double, y: Double)?], _ style: String) {
        var data = ""
        var pen = false
        for point in points {
            guard let point else {
                pen = false
                continue
            }
            data += "\(pen ? "L" : "M")\(Self.number(point.x)) \(Self.number(point.y))"
            pen = true
        }
        if !data.isEmpty { raw("<path d=\"\(data)\" \(style)/>") }
    }

    mutating func polygon(_ points: [(x: Double, y: Double)], _ style: String) {
        guard !points.isEmpty else { return }
        let list = points.map { "\(Self.number($0.x)),\(Self.number($0.y))" }.joined(separator: " ")
        raw("<polygon points=\"\(list)\" \(style)/>")
    }

    mutating func text(
        _ text: String, _ x: Double, _ y: Double, size: Double = 12, anchor: Anchor = .start, bold: Bool = false, turned: Bool = false,
        colour: String = "#222"
    ) {
        let n = Self.number
        let turn = turned ? " transform=\"rotate(-90 \(n(x)) \(n(y)))\"" : ""
        raw(
            "<text x=\"\(n(x))\" y=\"\(n(y))\" font-size=\"\(n(size))\" text-anchor=\"\(anchor.rawValue)\" fill=\"\(colour)\""
                + "\(bold ? " font-weight=\"600\"" : "")\(turn)>\(Self.escape(text))</text>")
    }

    /// Estimated width of a text; fonts differ, so only good for leaving room.
    static func width(_ text: String, size: Double) -> Double {
        text.unicodeScalars.reduce(0) { sum, scalar in
            let wide: Double =
                switch scalar {
                case "i", "l", "j", "t", "f", "r", ".", ",", ":", "'", "|", " ", "(", ")", "[", "]", "⁻", "¹": 0.36
                case "m", "w", "M", "W", "@", "%": 0.95
                case "A"..."Z": 0.68
                default: 0.61
                }
            return sum + wide * size
        }
    }
}
