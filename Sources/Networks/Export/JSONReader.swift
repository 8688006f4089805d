/// Typed access to the members of a JSON object, with errors that name the place.
struct JSONReader {
    let place: String
    private let members: [String: JSONValue]

    init(_ value: JSONValue, place: String) throws {
        guard case .object(let members) = value else { throw NetworkError(node: place, found: Self.kind(value), wanted: "an object") }
        self.members = members
        self.place = place
    }

    private static func kind(_ value: JSONValue?) -> String {
        switch value {
        case nil: "nothing"
        case .null: "null"
        case .bool: "true or false"
        case .number(let text): "the number \(text)"
        case .string(let text): "the text '\(text)'"
        case .array: "a list"
        case .object: "an object"
        }
    }

    private func failure(_ key: String, _ wanted: String) -> NetworkError {
        NetworkError(node: "\(place), key '\(key)'", found: Self.kind(members[key]), wanted: wanted)
    }

    func value(_ key: String) -> JSONValue { members[key] ?? .null }

    func int(_ key: String) throws -> Int {
        guard case .number(let text) = members[key], let value = Int(text) else { throw failure(key, "an integer") }
        return value
    }

    func string(_ key: String) throws -> String {
        guard case .string(let text) = members[key] else { throw failure(key, "a text") }
        return text
    }

    func bool(_ key: String) throws -> Bool {
        guard case .bool(let value) = members[key] else { throw failure(key, "true or false") }
        return value
    }

    func float(_ key: String) throws -> Float {
        guard let value = Self.float(members[key]) else { throw failure(key, "a number") }
        return value
    }

    private static func float(_ value: JSONValue?) -> Float? {
        switch value {
        case .number(let text), .string(let text): Float(text)
        default: nil
        }
    }

    func list(_ key: String) throws -> [JSONValue] {
        guard case .array(let values) = members[key] else { throw failure(key, "a list") }
        return values
    }

    func ints(_ key: String) throws -> [Int] {
        try list(key).map {
            guard case .number(let text) = $0, let value = Int(text) else { throw failure(key, "a list of integers") }
            return value
        }
    }

    func floats(_ key: String) throws -> [Float] {
        try list(key).map {
            guard let value = Self.float($0) else { throw failure(key, "a list of numbers") }
            return value
        }
    }

    /// Integers that stay exact in sums and products of a few: within ±2^31.
    func boundedInts(_ key: String) throws -> [Int] {
        let values = try ints(key)
        guard values.allSatisfy((-(1 << 31)...(1 << 31)).contains) else { throw failure(key, "integers within ±2^31") }
        return values
    }

    /// Extents of a tensor or of its space.
    func extents(_ key: String) throws -> [Int] {
        let values = try ints(key)
        guard TensorType.count(of: values) != nil else {
            throw failure(key, "positive extents of at most \(TensorType.largestCount) elements, not \(values)")
        }
        return values
    }

    func objects(_ key: String) throws -> [JSONReader] {
        try list(key).enumerated().map { try JSONReader($0.element, place: "\(place), \(key) \($0.offset)") }
    }
}
