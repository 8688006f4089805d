/// Text with products of whole numbers in braces, `lattice.extents=[64, {64*ranks}]`: how a weak study lets its case grow.
struct Template: Sendable {
    let text: String

    init(_ text: String) { self.text = text }

    /// The text with every `{…}` replaced: products of numbers, `ranks`, `nodes` and `instances`, or `{output}` alone.
    /// Throws a `ScalingError` for an unknown name, an open brace or a product that is too large.
    func filled(_ layout: Layout, output: String) throws -> String {
        var out = ""
        var rest = text[...]
        while let open = rest.firstIndex(of: "{") {
            out += rest[..<open]
            guard let close = rest[open...].firstIndex(of: "}") else { throw wrong("a '{' without '}'") }
            out += try value(String(rest[rest.index(after: open)..<close]), layout, output)
            rest = rest[rest.index(after: close)...]
        }
        return out + rest
    }

    private func value(_ product: String, _ layout: Layout, _ output: String) throws -> String {
        if product == "output" { return output }
        var result = 1
        for factor in product.split(separator: "*", omittingEmptySubsequences: false) {
            let word = String(factor.filter { $0 != " " })
            let names = ["ranks": layout.ranks, "nodes": layout.nodes, "instances": layout.instances]
            guard let number = names[word] ?? Int(word) else {
                throw wrong("'\(word)' in braces, wanted whole numbers, ranks, nodes or instances joined by '*', or output alone")
            }
            let (next, overflow) = result.multipliedReportingOverflow(by: number)
            guard !overflow else { throw wrong("a product in braces is too large") }
            result = next
        }
        return "\(result)"
    }

    private func wrong(_ what: String) -> ScalingError { ScalingError("'\(text)': \(what)") }
}
