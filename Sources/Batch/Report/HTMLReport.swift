/// A report for people: one HTML file that needs nothing else, with numbered figures and tables and the run's provenance.
///
/// All text is plain; it is escaped here.
public struct HTMLReport {
    private let title: String
    private let subtitle: String
    private let provenance: [(name: String, value: String)]
    private var body = ""
    private var contents: [(anchor: String, title: String)] = []
    private var figures = 0
    private var tables = 0

    /// - Parameter provenance: names and values for the foot of the page, such as `Provenance.attributes`.
    public init(title: String, subtitle: String = "", provenance: [(name: String, value: String)] = []) {
        self.title = title
        self.subtitle = subtitle
        self.provenance = provenance
    }

    /// Starts a section.
    public mutating func section(_ title: String) {
        let anchor = "section-\(contents.count + 1)"
        contents.append((anchor, title))
        body += "<h2 id=\"\(anchor)\">\(Self.escape(title))</h2>\n"
    }

    public mutating func subsection(_ title: String) { body += "<h3>\(Self.escape(title))</h3>\n" }

    public mutating func paragraph(_ text: String) { body += "<p>\(Self.escape(text))</p>\n" }

    /// The figures a reader looks for first, large.
    public mutating func headline(_ figures: [(label: String, value: String, note: String)]) {
        body += "<div class=\"headline\">\n"
        for figure in figures {
            body += "<div><span class=\"label\">\(Self.escape(figure.label))</span><span class=\"value\">\(Self.escape(figure.value))</span>"
                + "<span class=\"note\">\(Self.escape(figure.note))</span></div>\n"
        }
        body += "</div>\n"
    }

    /// A remark that must not be missed: a check that passed, or one that did not.
    public mutating func remark(_ text: String, good: Bool) {
        body += "<p class=\"remark \(good ? "good" : "bad")\">\(good ? "✓" : "✗") \(Self.escape(text))</p>\n"
    }

    /// A numbered table. Cells that look like numbers are set to the right; rows shorter than `columns` end early.
    public mutating func table(columns: [String], rows: [[String]], caption: String) {
        tables += 1
        body += "<table>\n<caption><b>Table \(tables).</b> \(Self.escape(caption))</caption>\n<thead><tr>"
        let numeric = columns.indices.map { column in
            let cells = rows.compactMap { $0.indices.contains(column) ? $0[column] : nil }.filter { !$0.isEmpty && $0 != "–" }
            return !cells.isEmpty && cells.allSatisfy(Self.looksNumeric)
        }
        for (column, name) in columns.enumerated() { body += "<th\(numeric[column] ? " class=\"number\"" : "")>\(Self.escape(name))</th>" }
        body += "</tr></thead>\n<tbody>\n"
        for row in rows {
            body += "<tr>"
            for (column, cell) in row.prefix(columns.count).enumerated() {
                body += "<td\(numeric[column] ? " class=\"number\"" : "")>\(Self.escape(cell))</td>"
            }
            body += "</tr>\n"
        }
        body += "</tbody></table>\n"
    }

    /// A numbered figure.
    public mutating func figure(_ plot: SVGPlot, caption: String) { figure([plot], caption: caption) }

    /// Several plots side by side under one number.
    public mutating func figure(_ plots: [SVGPlot], caption: String) {
        figures += 1
        body += "<figure>\n<div class=\"plots\">\n"
        for (i, plot) in plots.enumerated() { body += plot.svg(identifier: "figure-\(figures)-\(i + 1)") }
        body += "</div>\n<figcaption><b>Figure \(figures).</b> \(Self.escape(caption))</figcaption>\n</figure>\n"
    }

    /// Text as it is, such as a configuration; folded away under `summary` until asked for.
    public mutating func details(_ summary: String, text: String) {
        body += "<details><summary>\(Self.escape(summary))</summary><pre>\(Self.escape(text))</pre></details>\n"
    }

    /// The whole page.
    public func html() -> String {
        var page = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(Self.escape(title))</title>
            <style>\(Self.style)</style>
            </head>
            <body>
            <header><h1>\(Self.escape(title))</h1><p>\(Self.escape(subtitle))</p></header>

            """
        if contents.count > 2 {
            page += "<nav>" + contents.map { "<a href=\"#\($0.anchor)\">\(Self.escape($0.title))</a>" }.joined(separator: " · ") + "</nav>\n"
        }
        page += "<main>\n\(body)</main>\n<footer>\n<h2>Provenance</h2>\n<dl>\n"
        for (name, value) in provenance {
            let shown = Self.escape(value)
            page += "<dt>\(Self.escape(name))</dt><dd>\(value.contains("\n") ? "<pre>\(shown)</pre>" : shown)</dd>\n"
        }
        return page + "</dl>\n</footer>\n</body>\n</html>\n"
    }

    private static func escape(_ text: String) -> String { SVGCanvas.escape(text) }

    /// `0.52(3)`, `−1.2e-3`, `95 %`, `≥ 0.8`, `12:05`.
    private static func looksNumeric(_ cell: String) -> Bool {
        let text = cell.drop { "−-+±≥≤<>≈~ ".contains($0) }
        guard let first = text.first, first.isNumber else { return ["nan", "inf"].contains(text.lowercased()) }
        return text.count { $0.isLetter } <= 4
    }

    private static let style = """
        :root{--ink:#1d2329;--soft:#5c6670;--line:#d8dde2}
        *{box-sizing:border-box}
        body{margin:0 auto;max-width:72rem;padding:1.5rem 2rem 4rem;color:var(--ink);background:#fff;font:16px/1.55 "Helvetica Neue",Helvetica,Arial,sans-serif}
        header{border-bottom:3px solid #0072b2;margin-bottom:1rem}
        h1{font-size:1.9rem;margin:0 0 .2rem}h2{font-size:1.35rem;margin:2.2rem 0 .6rem}h3{font-size:1.08rem;margin:1.4rem 0 .4rem}
        header p{margin:0 0 .8rem;color:var(--soft)}
        nav{color:var(--soft);font-size:.92rem}nav a{color:#0072b2;text-decoration:none}nav a:hover{text-decoration:underline}
        p{max-width:46rem}
        .headline{display:flex;flex-wrap:wrap;gap:1rem;margin:1.2rem 0}
        .headline>div{flex:1 1 11rem;border:1px solid var(--line);border-radius:6px;padding:.7rem 1rem;display:flex;flex-direction:column}
        .label{font-size:.85rem;color:var(--soft)}.value{font-size:1.6rem;font-weight:600;font-variant-numeric:tabular-nums}.note{font-size:.85rem;color:var(--soft)}
        .remark{border-left:4px solid;padding:.35rem .8rem;margin:.6rem 0}.good{border-color:#009e73;background:#eef8f4}.bad{border-color:#d55e00;background:#fdf1ea}
        table{border-collapse:collapse;margin:1rem 0 1.4rem;font-size:.94rem}
        caption{caption-side:top;text-align:left;padding-bottom:.4rem;max-width:46rem}
        thead th{border-top:2px solid var(--ink);border-bottom:1px solid var(--ink);font-weight:600}
        tbody tr:last-child td{border-bottom:2px solid var(--ink)}
        th,td{padding:.28rem .9rem .28rem 0;text-align:left;vertical-align:top}
        .number{text-align:right;font-variant-numeric:tabular-nums}
        figure{margin:1.2rem 0 1.8rem}.plots{display:flex;flex-wrap:wrap;gap:1rem}.plots svg{max-width:100%;height:auto}
        figcaption{max-width:46rem;font-size:.94rem;margin-top:.3rem}
        pre{background:#f5f7f9;border:1px solid var(--line);border-radius:4px;padding:.6rem .8rem;overflow-x:auto;font-size:.84rem;line-height:1.4}
        details{margin:.8rem 0}summary{cursor:pointer;color:#0072b2}
        footer{margin-top:3rem;border-top:1px solid var(--line);font-size:.88rem;color:var(--soft)}footer h2{font-size:1.05rem;margin-top:1rem}
        dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1.2rem;margin:0}dt{font-weight:600}dd{margin:0;overflow-wrap:anywhere}
        @media print{body{max-width:none;padding:0}figure,table{break-inside:avoid}nav{display:none}}
        """
}
