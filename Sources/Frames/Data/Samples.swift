/// The values of a vector, in the type they are stored with.
public enum Samples: Equatable, Sendable {
    case int8([Int8]), uint8([UInt8])
    case int16([Int16]), uint16([UInt16])
    case int32([Int32]), uint32([UInt32])
    case int64([Int64]), uint64([UInt64])
    case float32([Float]), float64([Double])
    /// Real and imaginary part of each value.
    case complex64([SIMD2<Float>]), complex128([SIMD2<Double>])
    case text([String])

    public var type: SampleType {
        switch self {
        case .int8: .int8
        case .uint8: .uint8
        case .int16: .int16
        case .uint16: .uint16
        case .int32: .int32
        case .uint32: .uint32
        case .int64: .int64
        case .uint64: .uint64
        case .float32: .float32
        case .float64: .float64
        case .complex64: .complex64
        case .complex128: .complex128
        case .text: .text
        }
    }

    public var count: Int {
        switch self {
        case .int8(let x): x.count
        case .uint8(let x): x.count
        case .int16(let x): x.count
        case .uint16(let x): x.count
        case .int32(let x): x.count
        case .uint32(let x): x.count
        case .int64(let x): x.count
        case .uint64(let x): x.count
        case .float32(let x): x.count
        case .float64(let x): x.count
        case .complex64(let x): x.count
        case .complex128(let x): x.count
        case .text(let x): x.count
        }
    }

    /// Every value as a double; nil for complex values and text. 64-bit integers beyond 2^53 are rounded.
    public var doubles: [Double]? {
        switch self {
        case .int8(let x): x.map(Double.init)
        case .uint8(let x): x.map(Double.init)
        case .int16(let x): x.map(Double.init)
        case .uint16(let x): x.map(Double.init)
        case .int32(let x): x.map(Double.init)
        case .uint32(let x): x.map(Double.init)
        case .int64(let x): x.map(Double.init)
        case .uint64(let x): x.map(Double.init)
        case .float32(let x): x.map(Double.init)
        case .float64(let x): x
        case .complex64, .complex128, .text: nil
        }
    }

    /// The values of `range`, kept within the values there are.
    public func slice(_ range: Range<Int>) -> Samples {
        func cut<T>(_ x: [T]) -> [T] { Array(x[range.clamped(to: 0..<x.count)]) }
        return switch self {
        case .int8(let x): .int8(cut(x))
        case .uint8(let x): .uint8(cut(x))
        case .int16(let x): .int16(cut(x))
        case .uint16(let x): .uint16(cut(x))
        case .int32(let x): .int32(cut(x))
        case .uint32(let x): .uint32(cut(x))
        case .int64(let x): .int64(cut(x))
        case .uint64(let x): .uint64(cut(x))
        case .float32(let x): .float32(cut(x))
        case .float64(let x): .float64(cut(x))
        case .complex64(let x): .complex64(cut(x))
        case .complex128(let x): .complex128(cut(x))
        case .text(let x): .text(cut(x))
        }
    }

    /// Puts `other` behind these values; false, with nothing changed, if it has another type.
    public mutating func append(_ other: Samples) -> Bool {
        guard type == other.type else { return false }
        // Emptied in between, so that the array grows in place.
        switch self {
        case .int8(var x):
            self = .text([])
            if case .int8(let y) = other { x += y }
            self = .int8(x)
        case .uint8(var x):
            self = .text([])
            if case .uint8(let y) = other { x += y }
            self = .uint8(x)
        case .int16(var x):
            self = .text([])
            if case .int16(let y) = other { x += y }
            self = .int16(x)
        case .uint16(var x):
            self = .text([])
            if case .uint16(let y) = other { x += y }
            self = .uint16(x)
        case .int32(var x):
            self = .text([])
            if case .int32(let y) = other { x += y }
            self = .int32(x)
        case .uint32(var x):
            self = .text([])
            if case .uint32(let y) = other { x += y }
            self = .uint32(x)
        case .int64(var x):
            self = .text([])
            if case .int64(let y) = other { x += y }
            self = .int64(x)
        case .uint64(var x):
            self = .text([])
            if case .uint64(let y) = other { x += y }
            self = .uint64(x)
        case .float32(var x):
            self = .text([])
            if case .float32(let y) = other { x += y }
            self = .float32(x)
        case .float64(var x):
            self = .text([])
            if case .float64(let y) = other { x += y }
            self = .float64(x)
        case .complex64(var x):
            self = .text([])
            if case .complex64(let y) = other { x += y }
            self = .complex64(x)
        case .complex128(var x):
            self = .text([])
            if case .complex128(let y) = other { x += y }
            self = .complex128(x)
        case .text(var x):
            self = .text([])
            if case .text(let y) = other { x += y }
            self = .text(x)
        }
        return true
    }
}

/// FrVect.type (LIGO-T970130, table of FrVect classes).
public enum SampleType: UInt16, Sendable, CaseIterable, CustomStringConvertible {
    case int8 = 0, int16, float64, float32, int32, int64, complex64, complex128, text, uint16, uint32, uint64, uint8

    /// Bytes of one value; 0 for text.
    public var size: Int {
        switch self {
        case .int8, .uint8: 1
        case .int16, .uint16: 2
        case .int32, .uint32, .float32: 4
        case .int64, .uint64, .float64, .complex64: 8
        case .complex128: 16
        case .text: 0
        }
    }

    /// Bytes of what is swapped and compressed as one: half of a complex value.
    var wordSize: Int { self == .complex64 ? 4 : self == .complex128 ? 8 : size }

    public var isInteger: Bool {
        switch self {
        case .int8, .uint8, .int16, .uint16, .int32, .uint32, .int64, .uint64: true
        default: false
        }
    }

    /// The type's name in the format: `REAL_8`.
    public var description: String {
        switch self {
        case .int8: "CHAR"
        case .uint8: "CHAR_U"
        case .int16: "INT_2S"
        case .uint16: "INT_2U"
        case .int32: "INT_4S"
        case .uint32: "INT_4U"
        case .int64: "INT_8S"
        case .uint64: "INT_8U"
        case .float32: "REAL_4"
        case .float64: "REAL_8"
        case .complex64: "COMPLEX_8"
        case .complex128: "COMPLEX_16"
        case .text: "STRING"
        }
    }
}
