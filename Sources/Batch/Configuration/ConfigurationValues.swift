/// Typed reading. Every function throws `ConfigurationError` with place, key, what was found and what is wanted, also where a
/// value is missing and has no default. Keys may be dotted. *Not collective;* ranks with the same text read the same.
extension Configuration {
    /// An integer, `1e6` included.
    public func int(_ key: String, default fallback: Int? = nil, in range: ClosedRange<Int>? = nil) throws -> Int {
        let wanted = "an integer" + Self.words(range.map { ($0.lowerBound == .min ? nil : "\($0.lowerBound)", $0.upperBound == .max ? nil : "\($0.upperBound)") })
        return try read(key, fallback, wanted, { ConfigurationNode(plain: "\($0)") }) { node in
            node.integer.flatMap { value in range.map { $0.contains(value) } ?? true ? value : nil }
        }
    }

    /// A finite number, or an infinite one if the range holds it.
    public func double(_ key: String, default fallback: Double? = nil, in range: ClosedRange<Double>? = nil) throws -> Double {
        let wanted = "a number" + Self.words(range.map { ($0.lowerBound == -.infinity ? nil : Format.general($0.lowerBound), $0.upperBound == .infinity ? nil : Format.general($0.upperBound)) })
        return try read(key, fallback, wanted, { ConfigurationNode(plain: "\($0)") }) { node in
            node.number.flatMap { value in (range.map { $0.contains(value) } ?? value.isFinite) ? value : nil }
        }
    }

    /// `true` or `false`.
    public func bool(_ key: String, default fallback: Bool? = nil) throws -> Bool {
        try read(key, fallback, "true or false", { ConfigurationNode(plain: "\($0)") }) { $0.boolean }
    }

    /// Text; one of `choices` if there are any.
    public func string(_ key: String, default fallback: String? = nil, oneOf choices: [String] = []) throws -> String {
        var wanted = choices.isEmpty ? "text" : "one of \(choices.joined(separator: ", "))"
        if let text = lookUp(key)?.text, let near = Spelling.nearest(to: text, among: choices), near != text {
            wanted += "; did you mean '\(near)'?"
        }
        return try read(key, fallback, wanted, { ConfigurationNode(text: $0) }) { node in
            node.text.flatMap { choices.isEmpty || choices.contains($0) ? $0 : nil }
        }
    }

    /// One of the cases of an enumeration, by its raw value.
    public func choice<E: RawRepresentable<String> & CaseIterable>(_ key: String, default fallback: E? = nil) throws -> E {
        let name = try string(key, default: fallback?.rawValue, oneOf: E.allCases.map(\.rawValue))
        guard let value = E(rawValue: name) else { throw ConfigurationError("'\(fullPath(key))' cannot be '\(name)'") }
        return value
    }

    /// A list of integers; a single one counts as a list of one.
    public func ints(
        _ key: String, default fallback: [Int]? = nil, in range: ClosedRange<Int>? = nil, count: ClosedRange<Int>? = nil
    ) throws -> [Int] {
        let each = Self.words(range.map { ($0.lowerBound == .min ? nil : "\($0.lowerBound)", $0.upperBound == .max ? nil : "\($0.upperBound)") })
        return try list(key, fallback, "integers\(each)", count) { node in
            node.integer.flatMap { value in range.map { $0.contains(value) } ?? true ? value : nil }
        }
    }

    /// A list of numbers; a single one counts as a list of one.
    public func doubles(
        _ key: String, default fallback: [Double]? = nil, in range: ClosedRange<Double>? = nil, count: ClosedRange<Int>? = nil
    ) throws -> [Double] {
        let each = Self.words(range.map { ($0.lowerBound == -.infinity ? nil : Format.general($0.lowerBound), $0.upperBound == .infinity ? nil : Format.general($0.upperBound)) })
        return try list(key, fallback, "numbers\(each)", count) { node in
            node.number.flatMap { value in (range.map { $0.contains(value) } ?? value.isFinite) ? value : nil }
        }
    }

    /// A list of texts; a single one counts as a list of one.
    public func strings(_ key: String, default fallback: [String]? = nil, count: ClosedRange<Int>? = nil) throws -> [String] {
        try list(key, fallback, "texts", count) { $0.text }
    }

    /// A length of time in seconds: `90`, `15m`, `2h`, `HH:MM:SS`, `D-HH:MM:SS`; nil if it is not given.
    public func duration(_ key: String) throws -> Double? {
        guard has(key) else {
            record.read[fullPath(key)] = ConfigurationNode(value: .null, place: name)
            return nil
        }
        return try read(key, nil, "a length of time such as 90, 15m, 2h or 1:30:00", { ConfigurationNode(plain: "\($0)") }) { node in
            node.text.flatMap(Format.seconds(of:))
        }
    }

    private func read<T>(
        _ key: String, _ fallback: T?, _ wanted: String, _ write: (T) -> ConfigurationNode, _ convert: (ConfigurationNode) -> T?
    ) throws -> T {
        let full = fullPath(key)
        guard let node = lookUp(key) else {
            guard let fallback else {
                throw ConfigurationError("\(self.node.place): '\(full)' is missing, wanted \(wanted)")
            }
            record.read[full] = write(fallback)
            return fallback
        }
        record.read[full] = node
        guard let value = convert(node) else {
            throw ConfigurationError("\(node.place): '\(full)' is \(node.found), wanted \(wanted)")
        }
        return value
    }

    private func list<T>(
        _ key: String, _ fallback: [T]?, _ wanted: String, _ count: ClosedRange<Int>?, _ convert: (ConfigurationNode) -> T?
    ) throws -> [T] {
        let write: ([T]) -> ConfigurationNode = { values in
            ConfigurationNode(
                value: .sequence(
                    values.map { value in (value as? String).map(ConfigurationNode.init(text:)) ?? ConfigurationNode(plain: "\(value)") }),
                place: name)
        }
        let number = count.map { $0.count == 1 ? " of \($0.lowerBound)" : " of \($0.lowerBound) to \($0.upperBound)" } ?? ""
        let values = try read(key, fallback, "a list\(number) \(number.isEmpty ? "of " : "")\(wanted)", write) { node -> [T]? in
            let nodes: [ConfigurationNode]
            if case .sequence(let inner) = node.value { nodes = inner } else { nodes = [node] }
            let values = nodes.compactMap(convert)
            return values.count == nodes.count && count?.contains(values.count) ?? true ? values : nil
        }
        return values
    }

    /// ` from 1 to 5`, ` of at least 1`, ` of at most 5`.
    private static func words(_ bounds: (lower: String?, upper: String?)?) -> String {
        switch (bounds?.lower, bounds?.upper) {
        case (let lower?, let upper?): " from \(lower) to \(upper)"
        case (let lower?, nil): " of at least \(lower)"
        case (nil, let upper?): " of at most \(upper)"
        case (nil, nil): ""
        }
    }
}

extension ConfigurationNode {
    fileprivate init(plain: String) { self.init(value: .scalar(plain, plain: true), place: "default") }
    fileprivate init(text: String) { self.init(value: .scalar(text, plain: false), place: "default") }
}
