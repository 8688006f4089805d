import Batch

/// A table that can be shown as Markdown, CSV and HTML.
struct Table {
    let caption: String
    let columns: [String]
    var rows: [[String]] = []

    var markdown: String {
        func line(_ cells: [String]) -> String { "| " + cells.map { $0.split(separator: "|").joined(separator: "/") }.joined(separator: " | ") + " |\n" }
        return line(columns) + "|" + columns.map { _ in "---|" }.joined() + "\n" + rows.map(line).joined()
    }

    /// Source: RFC 4180.
    var csv: String {
        func quoted(_ cell: String) -> String {
            guard cell.contains(where: { ",\"\n\r".contains($0) }) else { return cell }
            return "\"" + cell.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
        }
        return ([columns] + rows).map { $0.map(quoted).joined(separator: ",") + "\n" }.joined()
    }
}

/// Numbers as reports show them.
enum Shown {
    static func number(_ x: Double, digits: Int = 4) -> String { x.isFinite ? Format.general(x, digits: digits) : "–" }
    static func optional(_ x: Double?, digits: Int = 4) -> String { x.map { number($0, digits: digits) } ?? "–" }
    static func interval(_ range: ClosedRange<Double>?, digits: Int = 4) -> String {
        range.map { "\(number($0.lowerBound, digits: digits)) to \(number($0.upperBound, digits: digits))" } ?? "–"
    }
    static func percent(_ x: Double?) -> String { x.map { "\(Format.fixed(100 * $0, decimals: 1)) %" } ?? "–" }
}
