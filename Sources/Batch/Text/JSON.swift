/// A JSON value whose objects keep the order in which they were written.
public enum JSON: Equatable, Sendable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([JSON])
    case object(JSONObject)

    /// A member of an object; nil for other values and unknown names.
    public subscript(_ name: String) -> JSON? {
        if case .object(let object) = self { return object[name] }
        return nil
    }

    /// The value as a number, if it is one. `null` is not a number here, though NaN is written so.
    public var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    public var integer: Int? { if case .integer(let value) = self { value } else { nil } }
    public var string: String? { if case .string(let value) = self { value } else { nil } }
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    public var array: [JSON]? { if case .array(let value) = self { value } else { nil } }
    public var object: JSONObject? { if case .object(let value) = self { value } else { nil } }
}

/// The members of a JSON object, in order.
public struct JSONObject: Equatable, Sendable {
    public private(set) var members: [(name: String, value: JSON)] = []

    public init() {}

    /// The member called `name`; a new one goes to the end, nil removes it.
    public subscript(_ name: String) -> JSON? {
        get { members.first { $0.name == name }?.value }
        set {
            let index = members.firstIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append((name, value))
            case (nil, nil): break
            }
        }
    }

    public static func == (a: JSONObject, b: JSONObject) -> Bool {
        a.members.elementsEqual(b.members) { $0.name == $1.name && $0.value == $1.value }
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .number(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSON)...) {
        var object = JSONObject()
        for (name, value) in elements { object[name] = value }
        self = .object(object)
    }
}

extension JSON {
    /// The value on one line; the same value always gives the same bytes. A number is written with the fewest digits that
    /// read back to the same bits; NaN and the infinities, which JSON lacks, become `null`.
    public var text: String {
        var out = ""
        write(to: &out, indent: nil)
        return out
    }

    /// The value over several lines, indented by two spaces, arrays of plain values on one.
    public var prettyText: String {
        var out = ""
        write(to: &out, indent: 0)
        return out + "\n"
    }

    private func write(to out: inout String, indent: Int?) {
        switch self {
        case .null: out += "null"
        case .bool(let value): out += value ? "true" : "false"
        case .integer(let value): out += "\(value)"
        case .number(let value): out += value.isFinite ? "\(value)" : "null"
        case .string(let value): Self.quote(value, to: &out)
        case .array(let values):
            let nested = values.contains { if case .array = $0 { true } else { $0.object != nil } }
            Self.writeList(values, "[", "]", to: &out, indent: nested ? indent : nil, spaced: indent != nil) { value, indent, out in
                value.write(to: &out, indent: indent)
            }
        case .object(let object):
            Self.writeList(object.members, "{", "}", to: &out, indent: indent, spaced: indent != nil) { member, indent, out in
                Self.quote(member.name, to: &out)
                out += indent == nil ? ":" : ": "
                member.value.write(to: &out, indent: indent)
            }
        }
    }

    private static func writeList<T>(
        _ items: [T], _ start: String, _ end: String, to out: inout String, indent: Int?, spaced: Bool,
        _ body: (T, Int?, inout String) -> Void
    ) {
        out += start
        for (i, item) in items.enumerated() {
            if i > 0 { out += indent == nil && spaced ? ", " : "," }
            if let indent { out += "\n" + String(repeating: " ", count: indent + 2) }
            body(item, indent.map { $0 + 2 }, &out)
        }
        if let indent, !items.isEmpty { out += "\n" + String(repeating: " ", count: indent) }
        out += end
    }

    static func quote(_ text: String, to out: inout String) {
        out += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7f:
                let digits = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: out.unicodeScalars.append(scalar)
            }
        }
        out += "\""
    }
}
