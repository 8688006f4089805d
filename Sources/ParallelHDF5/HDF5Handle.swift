import CParallelHDF5

/// Owner of an HDF5 identifier that belongs to no file: a type, a dataspace, a property list.
struct HDF5Handle: ~Copyable {
    let id: hid_t
    private let close: (hid_t) -> herr_t

    /// Takes over `id`, which a call has just returned; throws if it is invalid.
    init(_ id: hid_t, closedBy close: @escaping (hid_t) -> herr_t, _ call: StaticString, at place: HDF5Place) throws {
        self.id = try place.check(id, call)
        self.close = close
    }

    deinit { _ = close(id) }

    /// A property list of class `propertyClass`.
    static func properties(_ propertyClass: hid_t, at place: HDF5Place) throws -> HDF5Handle {
        try HDF5Handle(H5Pcreate(propertyClass), closedBy: H5Pclose, "H5Pcreate", at: place)
    }

    /// A simple dataspace, or the scalar one for an empty shape.
    static func space(_ shape: [Int], maximum: [Int]? = nil, at place: HDF5Place) throws -> HDF5Handle {
        if shape.isEmpty { return try HDF5Handle(H5Screate(H5S_SCALAR), closedBy: H5Sclose, "H5Screate", at: place) }
        let extents = shape.map { hsize_t($0) }
        let limits = (maximum ?? shape).map { $0 == HDF5Dataset.unlimited ? phdf5_unlimited() : hsize_t($0) }
        return try HDF5Handle(
            H5Screate_simple(Int32(shape.count), extents, limits), closedBy: H5Sclose, "H5Screate_simple", at: place)
    }
}

/// Owner of an open group or dataset. A file closes what is still open in it, so this closes only in an open file.
final class HDF5Object {
    let id: hid_t
    private let file: HDF5OpenFile
    private let close: (hid_t) -> herr_t

    init(_ id: hid_t, closedBy close: @escaping (hid_t) -> herr_t, _ call: StaticString, at place: HDF5Place) throws {
        self.id = try place.check(id, call)
        self.close = close
        file = place.file
    }

    deinit { if file.isOpen { _ = close(id) } }
}
