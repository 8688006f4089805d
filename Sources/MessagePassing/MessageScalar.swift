import CMessagePassing

/// The wire type of a number; the values are those of the C shim.
public struct MessageType: Sendable {
    let rawValue: Int32

    static let float = MessageType(rawValue: Int32(MP_FLOAT.rawValue))
    static let double = MessageType(rawValue: Int32(MP_DOUBLE.rawValue))
    static let int8 = MessageType(rawValue: Int32(MP_INT8.rawValue))
    static let uint8 = MessageType(rawValue: Int32(MP_UINT8.rawValue))
    static let int32 = MessageType(rawValue: Int32(MP_INT32.rawValue))
    static let uint32 = MessageType(rawValue: Int32(MP_UINT32.rawValue))
    static let int64 = MessageType(rawValue: Int32(MP_INT64.rawValue))
    static let uint64 = MessageType(rawValue: Int32(MP_UINT64.rawValue))
}

/// A number that can be sent between ranks.
public protocol MessageScalar: AdditiveArithmetic, BitwiseCopyable, Sendable {
    static var messageType: MessageType { get }
}

extension Float: MessageScalar { public static var messageType: MessageType { .float } }
extension Double: MessageScalar { public static var messageType: MessageType { .double } }
extension Int8: MessageScalar { public static var messageType: MessageType { .int8 } }
extension UInt8: MessageScalar { public static var messageType: MessageType { .uint8 } }
extension Int32: MessageScalar { public static var messageType: MessageType { .int32 } }
extension UInt32: MessageScalar { public static var messageType: MessageType { .uint32 } }
extension Int64: MessageScalar { public static var messageType: MessageType { .int64 } }
extension UInt64: MessageScalar { public static var messageType: MessageType { .uint64 } }
extension Int: MessageScalar { public static var messageType: MessageType { .int64 } }

/// How an all-reduce combines the ranks' values. `bitOr` is for integers; MPI refuses it for floating point.
///
/// A sum of floating-point numbers depends on the order in which MPI adds them. Where the result decides
/// anything, sum integers, or `ExactSum`.
public enum Reduction: Sendable, CaseIterable {
    case sum, min, max, bitOr

    var rawValue: Int32 {
        switch self {
        case .sum: Int32(MP_SUM.rawValue)
        case .min: Int32(MP_MIN.rawValue)
        case .max: Int32(MP_MAX.rawValue)
        case .bitOr: Int32(MP_BIT_OR.rawValue)
        }
    }
}
