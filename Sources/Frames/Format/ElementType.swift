/// The type of one element of a structure, as a dictionary spells it: `INT_8U`, `STRING[nDim]`, `INT_8U[nADC][nFrame]`, `PTR_STRUCT(FrVect *)`.
struct ElementType: Equatable {
    enum Base: String {
        case character = "CHAR"
        case unsignedCharacter = "CHAR_U"
        case int16 = "INT_2S"
        case uint16 = "INT_2U"
        case int32 = "INT_4S"
        case uint32 = "INT_4U"
        case int64 = "INT_8S"
        case uint64 = "INT_8U"
        case real32 = "REAL_4"
        case real64 = "REAL_8"
        case complex64 = "COMPLEX_8"
        case complex128 = "COMPLEX_16"
        case text = "STRING"
        case pointer = "PTR_STRUCT"

        /// Bytes of one value; of an empty string for `text`.
        var smallestSize: Int {
            switch self {
            case .character, .unsignedCharacter: 1
            case .int16, .uint16, .text: 2
            case .int32, .uint32, .real32: 4
            case .pointer: 6
            case .int64, .uint64, .real64, .complex64: 8
            case .complex128: 16
            }
        }
    }

    enum Extent: Equatable {
        case constant(Int)
        /// Index of the earlier element that holds it.
        case element(Int)
    }

    let base: Base
    /// Of an array, slowest first; empty for one value.
    let extents: [Extent]

    /// nil if `text` is no type, or counts with a name that is not among `earlier` elements.
    init?(_ text: String, earlier: [String]) {
        let compact = text.filter { $0 != " " }
        if compact.hasPrefix("PTR_STRUCT") {
            guard !compact.contains("[") else { return nil }
            (base, extents) = (.pointer, [])
            return
        }
        let parts = compact.split(separator: "[", omittingEmptySubsequences: false)
        guard let name = parts.first, let base = Base(rawValue: String(name)) else { return nil }
        var extents: [Extent] = []
        for part in parts.dropFirst() {
            guard part.last == "]" else { return nil }
            let count = part.dropLast()
            if let number = Int(count), number >= 0 {
                extents.append(.constant(number))
            } else if let index = earlier.lastIndex(of: String(count)) {
                extents.append(.element(index))
            } else {
                return nil
            }
        }
        guard extents.count <= 2 else { return nil }
        (self.base, self.extents) = (base, extents)
    }
}

/// The elements of a structure in the order they are stored, as a dictionary of the file or the standard gives them.
struct StructureLayout: Equatable {
    struct Element: Equatable {
        let name: String
        let spelling: String
        let type: ElementType
    }

    let name: String
    private(set) var elements: [Element] = []

    init(name: String) { self.name = name }

    /// False if `type` is not a type.
    mutating func add(_ element: String, _ type: String) -> Bool {
        guard let parsed = ElementType(type, earlier: elements.map(\.name)) else { return false }
        elements.append(Element(name: element, spelling: type, type: parsed))
        return true
    }

    func index(of element: String) -> Int? { elements.firstIndex { $0.name == element } }
}
