/// What is wrong with a network: which node, what was found, what was wanted.
public struct NetworkError: Error, CustomStringConvertible, Equatable {
    public let node: String
    public let found: String
    public let wanted: String
    public let advice: String?

    public init(node: String, found: String, wanted: String, advice: String? = nil) {
        self.node = node
        self.found = found
        self.wanted = wanted
        self.advice = advice
    }

    public var description: String {
        let text = "network node '\(node)': found \(found), wanted \(wanted)"
        return advice.map { "\(text); \($0)" } ?? text
    }
}
