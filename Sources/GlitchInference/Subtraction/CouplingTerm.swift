/// One way in which witnesses enter the strain: a series made from them, behind a filter. Together the terms are a Volterra series of second order.
public struct CouplingTerm: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable {
        /// The witness itself.
        case linear
        /// Its square.
        case square
        /// Its product with a carrier.
        case product
    }

    public let kind: Kind
    /// Numbers of the sources: witnesses first, then carriers.
    public let first, second: Int
    /// Only while the witness is loud: a filter for glitches, where a witness's own noise hardly counts.
    public let isGated: Bool

    public init(_ kind: Kind, _ first: Int, _ second: Int = -1, isGated: Bool) { (self.kind, self.first, self.second, self.isGated) = (kind, first, second, isGated) }

    /// Every term of so many witnesses and carriers.
    static func candidates(witnesses: Int, carriers: Int, squares: Bool) -> [CouplingTerm] {
        let all = witnesses..<witnesses + carriers
        var terms: [CouplingTerm] = []
        for isGated in [false, true] {
            for witness in 0..<witnesses {
                terms.append(CouplingTerm(.linear, witness, isGated: isGated))
                if squares { terms.append(CouplingTerm(.square, witness, isGated: isGated)) }
                for carrier in all { terms.append(CouplingTerm(.product, witness, carrier, isGated: isGated)) }
            }
        }
        return terms + all.map { CouplingTerm(.linear, $0, isGated: false) }
    }

    /// In words, with the sources' names.
    public func title(_ sources: [String]) -> String {
        func name(_ index: Int) -> String { sources.indices.contains(index) ? sources[index] : "?" }
        let text =
            switch kind {
            case .linear: name(first)
            case .square: "\(name(first)) squared"
            case .product: "\(name(first)) x \(name(second))"
            }
        return isGated ? "\(text) (while loud)" : text
    }
}
