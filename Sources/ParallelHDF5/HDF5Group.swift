import CParallelHDF5

/// A group of an open file: a folder of datasets and groups, with attributes.
///
/// Names may be paths (`fields/phi`); groups on the way are made. Collective as its file is.
public final class HDF5Group: HDF5Attributed {
    let object: HDF5Object
    let place: HDF5Place
    var id: hid_t { object.id }

    /// Path of the group in its file.
    public var path: String { place.object }

    init(opening name: String, from location: hid_t, at place: HDF5Place) throws {
        self.place = place
        object = try HDF5Object(H5Gopen2(location, name, phdf5_default()), closedBy: H5Gclose, "H5Gopen2", at: place)
    }

    private init(_ object: HDF5Object, at place: HDF5Place) {
        self.object = object
        self.place = place
    }

    /// Makes a group; throws if the name is taken.
    public func createGroup(_ name: String) throws -> HDF5Group {
        let member = place.member(name)
        try place.file.together { try requireFree(name, member) }
        try place.file.reserve(HDF5OpenFile.objectBytes * name.utf8.count { $0 == UInt8(ascii: "/") } + HDF5OpenFile.objectBytes)
        return try place.file.together {
            try makeParents(of: name)
            return HDF5Group(try makeGroup(name), at: member)
        }
    }

    /// The group `name`; throws if there is none.
    public func group(_ name: String) throws -> HDF5Group {
        try place.file.together {
            try requireMember(name)
            return try HDF5Group(opening: name, from: id, at: place.member(name))
        }
    }

    /// The dataset `name`; throws if there is none.
    public func dataset(_ name: String) throws -> HDF5Dataset {
        try place.file.together {
            try requireMember(name)
            return try HDF5Dataset(opening: name, from: id, at: place.member(name))
        }
    }

    /// Makes a dataset of numbers; throws if the name is taken.
    ///
    /// - Parameters:
    ///   - shape: numbers in each dimension, the last one contiguous in the file; empty for a single number.
    ///   - maximumShape: how far `extend(to:)` may go, `HDF5Dataset.unlimited` for no limit; nil for a fixed shape.
    ///   - chunk: shape of the blocks that are stored apart; nil is contiguous, or a block of about 1 MiB where
    ///     growth or compression needs one. Best the block that one rank writes.
    ///   - deflate: zlib level 1...9; nil for none. A compressed dataset is written only by collective transfers.
    ///   - shuffle: whether bytes of equal significance are put together before compression.
    public func createDataset(
        _ name: String, shape: [Int], type: HDF5Type, maximumShape: [Int]? = nil, chunk: [Int]? = nil,
        deflate: Int? = nil, shuffle: Bool = true
    ) throws -> HDF5Dataset {
        let layout = HDF5Layout(
            shape: shape, type: type, maximumShape: maximumShape, chunk: chunk, deflate: deflate, shuffle: shuffle)
        let member = place.member(name)
        try place.file.together {
            try layout.validate(at: member)
            try requireFree(name, member)
        }
        try place.file.reserve(
            layout.storedBytes(shape: shape, alignment: place.file.alignment)
                + HDF5OpenFile.objectBytes * name.utf8.count { $0 == UInt8(ascii: "/") })
        return try place.file.together {
            try makeParents(of: name)
            let link = try linkProperties(member)
            let creation = try layout.creationProperties(at: member)
            let space = try HDF5Handle.space(shape, maximum: maximumShape, at: member)
            let id = H5Dcreate2(self.id, name, type.storedIdentifier, space.id, link.id, creation.id, phdf5_default())
            return try HDF5Dataset(HDF5Object(id, closedBy: H5Dclose, "H5Dcreate2", at: member), at: member)
        }
    }

    /// Whether the group holds an object of that name or path.
    public func hasObject(_ name: String) throws -> Bool {
        try place.file.together {
            try place.requireOpen()
            return try exists(name)
        }
    }

    /// Names of the group's members, in alphabetical order.
    public var memberNames: [String] {
        get throws {
            try place.file.together {
                try place.requireOpen()
                var info = H5G_info_t()
                try place.check(H5Gget_info(id, &info), "H5Gget_info")
                return try (0..<info.nlinks).map { index in
                    try place.text("H5Lget_name_by_idx") { buffer, capacity in
                        H5Lget_name_by_idx(id, ".", H5_INDEX_NAME, H5_ITER_INC, index, buffer, capacity, phdf5_default())
                    }
                }
            }
        }
    }

    /// Link by link, because HDF5 fails on a path whose first part is missing.
    private func exists(_ name: String) throws -> Bool {
        var path = name.hasPrefix("/") ? "/" : ""
        for part in name.split(separator: "/") {
            path += path.isEmpty || path == "/" ? "\(part)" : "/\(part)"
            if try place.member(path).check(H5Lexists(id, path, phdf5_default()), "H5Lexists") == 0 { return false }
        }
        return true
    }

    /// Makes the groups on the way to `name` that are missing. (HDF5 would do it, but give them time stamps.)
    private func makeParents(of name: String) throws {
        var path = name.hasPrefix("/") ? "/" : ""
        for part in name.split(separator: "/").dropLast() {
            path += path.isEmpty || path == "/" ? "\(part)" : "/\(part)"
            if try !exists(path) { _ = try makeGroup(path) }
        }
    }

    private func makeGroup(_ path: String) throws -> HDF5Object {
        let member = place.member(path)
        let link = try linkProperties(member)
        let creation = try HDF5Handle.properties(phdf5_class_group_create(), at: member)
        try member.check(H5Pset_obj_track_times(creation.id, false), "H5Pset_obj_track_times")
        let id = H5Gcreate2(self.id, path, link.id, creation.id, phdf5_default())
        return try HDF5Object(id, closedBy: H5Gclose, "H5Gcreate2", at: member)
    }

    private func requireMember(_ name: String) throws {
        try place.requireOpen()
        guard try exists(name) else { throw place.member(name).wrong("there is no such object in the file") }
    }

    private func requireFree(_ name: String, _ member: HDF5Place) throws {
        try place.requireOpen(writable: true)
        if try exists(name) { throw member.wrong("the name is taken; an object is created once") }
    }

    private func linkProperties(_ member: HDF5Place) throws -> HDF5Handle {
        let link = try HDF5Handle.properties(phdf5_class_link_create(), at: member)
        try member.check(H5Pset_char_encoding(link.id, H5T_CSET_UTF8), "H5Pset_char_encoding")
        return link
    }
}

extension HDF5Place {
    /// The text of an HDF5 call that tells the length when it gets no buffer.
    func text(_ call: StaticString, _ get: (UnsafeMutablePointer<CChar>?, Int) -> Int) throws -> String {
        let length = try check(get(nil, 0), call)
        return try withUnsafeTemporaryAllocation(of: CChar.self, capacity: length + 1) { buffer in
            try check(get(buffer.baseAddress, buffer.count), call)
            return buffer.baseAddress.map { String(cString: $0) } ?? ""
        }
    }
}
