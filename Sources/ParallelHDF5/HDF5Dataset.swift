import CParallelHDF5

/// A dataset of numbers in an open file. Collective as its file is; transfers can be independent.
public final class HDF5Dataset: HDF5Attributed {
    /// An extent of a maximum shape that has no limit.
    public static let unlimited = Int.max

    let object: HDF5Object
    let place: HDF5Place
    var id: hid_t { object.id }

    /// Path of the dataset in its file.
    public var path: String { place.object }
    /// Numbers in each dimension, empty for a single number.
    public private(set) var shape: [Int]
    /// How far each dimension can be extended; equal to `shape` for a fixed one.
    public let maximumShape: [Int]
    /// The type in the file.
    public let type: HDF5Type
    /// The shape of the blocks that are stored apart, nil for a contiguous dataset.
    public let chunk: [Int]?
    /// Whether the data pass a filter such as deflate.
    public let isFiltered: Bool
    /// HDF5's bits for why the last collective transfer was not collective on some rank; 0 if it was.
    package internal(set) var noCollectiveCause: UInt32 = 0

    /// Numbers in the dataset.
    public var count: Int { shape.reduce(1, *) }

    convenience init(opening name: String, from location: hid_t, at place: HDF5Place) throws {
        let id = H5Dopen2(location, name, phdf5_default())
        try self.init(HDF5Object(id, closedBy: H5Dclose, "H5Dopen2", at: place), at: place)
    }

    init(_ object: HDF5Object, at place: HDF5Place) throws {
        self.object = object
        self.place = place
        type = try Self.type(object.id, at: place)
        (shape, maximumShape) = try Self.shape(object.id, at: place)
        (chunk, isFiltered) = try Self.layout(object.id, dimensions: shape.count, at: place)
    }

    /// Changes the extents within the maximum shape; what is new reads as zero.
    public func extend(to newShape: [Int]) throws {
        try place.file.together {
            try place.requireOpen(writable: true)
            guard newShape.count == shape.count, !shape.isEmpty, zip(newShape, maximumShape).allSatisfy({ $0 >= 0 && $0 <= $1 })
            else { throw place.wrong("cannot extend to \(newShape): the maximum shape is \(maximumShape)") }
        }
        let layout = HDF5Layout(
            shape: shape, type: type, maximumShape: maximumShape, chunk: chunk, deflate: isFiltered ? 1 : nil, shuffle: false)
        let before = layout.storedBytes(shape: shape, alignment: place.file.alignment)
        let after = layout.storedBytes(shape: newShape, alignment: place.file.alignment)
        try place.file.reserve(max(0, after - before))
        try place.file.together {
            _ = try place.check(H5Dset_extent(id, newShape.map { hsize_t($0) }), "H5Dset_extent")
        }
        shape = newShape
    }

    /// The unit of the numbers, the attribute `units`; nil if the dataset names none.
    public func units() throws -> String? { try hasAttribute("units") ? stringAttribute("units") : nil }

    /// Records the unit of the numbers; `1` for a pure number.
    public func setUnits(_ units: String) throws { try setAttribute("units", units) }

    private static func type(_ id: hid_t, at place: HDF5Place) throws -> HDF5Type {
        let stored = try HDF5Handle(H5Dget_type(id), closedBy: H5Tclose, "H5Dget_type", at: place)
        guard let type = HDF5Type(identifier: stored.id) else {
            throw place.wrong("holds \(HDF5Place.typeName(stored.id)), wanted numbers of 1, 2, 4 or 8 bytes")
        }
        return type
    }

    private static func shape(_ id: hid_t, at place: HDF5Place) throws -> ([Int], [Int]) {
        let space = try HDF5Handle(H5Dget_space(id), closedBy: H5Sclose, "H5Dget_space", at: place)
        let dimensions = Int(try place.check(H5Sget_simple_extent_ndims(space.id), "H5Sget_simple_extent_ndims"))
        guard dimensions <= HDF5Layout.maximumRank else { throw place.wrong("has \(dimensions) dimensions") }
        var extents = [hsize_t](repeating: 0, count: dimensions)
        var limits = extents
        try place.check(H5Sget_simple_extent_dims(space.id, &extents, &limits), "H5Sget_simple_extent_dims")
        let shape = try extents.map { try place.integer($0) }
        guard place.elementCount(shape) != nil else { throw place.wrong("claims the impossible shape \(shape)") }
        return (shape, try limits.map { $0 == phdf5_unlimited() ? unlimited : try place.integer($0) })
    }

    private static func layout(_ id: hid_t, dimensions: Int, at place: HDF5Place) throws -> ([Int]?, Bool) {
        let creation = try HDF5Handle(H5Dget_create_plist(id), closedBy: H5Pclose, "H5Dget_create_plist", at: place)
        let filters = try place.check(H5Pget_nfilters(creation.id), "H5Pget_nfilters")
        guard H5Pget_layout(creation.id) == H5D_CHUNKED else { return (nil, filters > 0) }
        var extents = [hsize_t](repeating: 0, count: dimensions)
        try place.check(H5Pget_chunk(creation.id, Int32(dimensions), &extents), "H5Pget_chunk")
        return (try extents.map { try place.integer($0) }, filters > 0)
    }
}

extension HDF5Place {
    /// What an HDF5 type is, for messages.
    static func typeName(_ id: hid_t) -> String {
        if let type = HDF5Type(identifier: id) { return type.rawValue }
        let size = H5Tget_size(id)
        return switch H5Tget_class(id) {
        case H5T_STRING: "text"
        case H5T_COMPOUND: "compound records of \(size) bytes"
        case H5T_ENUM: "an enumeration of \(size) bytes"
        case H5T_FLOAT: "real numbers of \(size) bytes"
        case H5T_INTEGER: "integers of \(size) bytes"
        default: "items of \(size) bytes that are not numbers"
        }
    }
}
