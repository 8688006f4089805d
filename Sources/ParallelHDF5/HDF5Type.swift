import CParallelHDF5

/// The type of a stored number; files hold it in little-endian order.
public enum HDF5Type: String, Sendable, CaseIterable {
    case float32, float64
    case int8, int16, int32, int64
    case uint8, uint16, uint32, uint64

    /// Bytes per number.
    public var size: Int {
        switch self {
        case .int8, .uint8: 1
        case .int16, .uint16: 2
        case .float32, .int32, .uint32: 4
        case .float64, .int64, .uint64: 8
        }
    }

    var isReal: Bool { self == .float32 || self == .float64 }
    var isSigned: Bool { [.int8, .int16, .int32, .int64].contains(self) }

    /// Whether every value of `stored` is a value of this type, so that reading loses nothing.
    func represents(_ stored: HDF5Type) -> Bool {
        if self == stored { return true }
        switch (isReal, stored.isReal) {
        case (true, true): return size > stored.size
        case (false, true): return false
        case (true, false): return size > stored.size  // 24 bits hold 16, 53 bits hold 32.
        case (false, false): return stored.isSigned ? isSigned && size > stored.size : size > stored.size
        }
    }

    var storedIdentifier: hid_t {
        switch self {
        case .float32: phdf5_stored_float32()
        case .float64: phdf5_stored_float64()
        case .int8: phdf5_stored_int8()
        case .int16: phdf5_stored_int16()
        case .int32: phdf5_stored_int32()
        case .int64: phdf5_stored_int64()
        case .uint8: phdf5_stored_uint8()
        case .uint16: phdf5_stored_uint16()
        case .uint32: phdf5_stored_uint32()
        case .uint64: phdf5_stored_uint64()
        }
    }

    var nativeIdentifier: hid_t {
        switch self {
        case .float32: phdf5_native_float32()
        case .float64: phdf5_native_float64()
        case .int8: phdf5_native_int8()
        case .int16: phdf5_native_int16()
        case .int32: phdf5_native_int32()
        case .int64: phdf5_native_int64()
        case .uint8: phdf5_native_uint8()
        case .uint16: phdf5_native_uint16()
        case .uint32: phdf5_native_uint32()
        case .uint64: phdf5_native_uint64()
        }
    }

    /// The number type that an HDF5 type is, whatever its byte order; nil for strings, compounds and odd numbers.
    init?(identifier: hid_t) {
        let size = H5Tget_size(identifier)
        switch H5Tget_class(identifier) {
        case H5T_FLOAT:
            guard let found = [HDF5Type.float32, .float64].first(where: { $0.size == size }) else { return nil }
            self = found
        case H5T_INTEGER:
            let signed = H5Tget_sign(identifier) == H5T_SGN_2
            let found = Self.allCases.first { !$0.isReal && $0.isSigned == signed && $0.size == size }
            guard let found else { return nil }
            self = found
        default: return nil
        }
    }
}

/// A Swift number that HDF5 files hold.
public protocol HDF5Scalar: BitwiseCopyable, Sendable {
    /// Its type in a file.
    static var hdf5Type: HDF5Type { get }
    /// What a new buffer is filled with.
    static var zero: Self { get }
}

extension Float: HDF5Scalar { public static var hdf5Type: HDF5Type { .float32 } }
extension Double: HDF5Scalar { public static var hdf5Type: HDF5Type { .float64 } }
extension Int8: HDF5Scalar { public static var hdf5Type: HDF5Type { .int8 } }
extension Int16: HDF5Scalar { public static var hdf5Type: HDF5Type { .int16 } }
extension Int32: HDF5Scalar { public static var hdf5Type: HDF5Type { .int32 } }
extension Int64: HDF5Scalar { public static var hdf5Type: HDF5Type { .int64 } }
extension Int: HDF5Scalar { public static var hdf5Type: HDF5Type { .int64 } }
extension UInt8: HDF5Scalar { public static var hdf5Type: HDF5Type { .uint8 } }
extension UInt16: HDF5Scalar { public static var hdf5Type: HDF5Type { .uint16 } }
extension UInt32: HDF5Scalar { public static var hdf5Type: HDF5Type { .uint32 } }
extension UInt64: HDF5Scalar { public static var hdf5Type: HDF5Type { .uint64 } }
