import CParallelHDF5

/// What carries attributes: a group or a dataset.
///
/// Texts are stored as variable-length UTF-8, which h5py shows as `str`; fixed-length texts of other writers are read
/// too. HDF5 keeps such texts without a checksum and may hang on damaged ones: verify a file that may be damaged first.
public protocol HDF5Attributed: AnyObject {
    /// Path of the object in its file.
    var path: String { get }
    /// The object's location for this module's own use.
    var attributes: HDF5AttributeList { get }
}

/// The attributes of one object.
public struct HDF5AttributeList {
    let id: hid_t
    let place: HDF5Place
}

extension HDF5Group { public var attributes: HDF5AttributeList { HDF5AttributeList(id: id, place: place) } }
extension HDF5Dataset { public var attributes: HDF5AttributeList { HDF5AttributeList(id: id, place: place) } }

extension HDF5Attributed {
    /// Sets a number, replacing an attribute of that name.
    public func setAttribute<T: HDF5Scalar>(_ name: String, _ value: T) throws { try attributes.set(name, [value], shape: []) }

    /// Sets a list of numbers.
    public func setAttribute<T: HDF5Scalar>(_ name: String, _ values: [T]) throws {
        try attributes.set(name, values, shape: [values.count])
    }

    /// Sets a text.
    public func setAttribute(_ name: String, _ text: String) throws { try attributes.set(name, [text], shape: []) }

    /// Sets a list of texts.
    public func setAttribute(_ name: String, _ texts: [String]) throws { try attributes.set(name, texts, shape: [texts.count]) }

    /// A number; throws if there is none, or one that `T` does not represent exactly.
    public func attribute<T: HDF5Scalar>(_ name: String, as type: T.Type) throws -> T {
        try attributes.one(name, attributes.numbers(name, as: type))
    }

    /// A list of numbers; a single one is a list of one.
    public func attributes<T: HDF5Scalar>(_ name: String, as type: T.Type) throws -> [T] {
        try attributes.numbers(name, as: type)
    }

    /// A text.
    public func stringAttribute(_ name: String) throws -> String { try attributes.one(name, attributes.texts(name)) }

    /// A list of texts; a single one is a list of one.
    public func stringAttributes(_ name: String) throws -> [String] { try attributes.texts(name) }

    /// Whether the object has an attribute of that name.
    public func hasAttribute(_ name: String) throws -> Bool { try attributes.has(name) }

    /// Names of the attributes, in alphabetical order.
    public var attributeNames: [String] { get throws { try attributes.names() } }
}

extension HDF5AttributeList {
    func set<T: HDF5Scalar>(_ name: String, _ values: [T], shape: [Int]) throws {
        try create(name, T.hdf5Type.storedIdentifier, shape, bytes: values.count * T.hdf5Type.size) { attribute, place in
            try place.check(H5Awrite(attribute, T.hdf5Type.nativeIdentifier, values), "H5Awrite")
        }
    }

    func set(_ name: String, _ texts: [String], shape: [Int]) throws {
        let place = place.attribute(name)
        try place.file.together {
            if texts.contains(where: { $0.utf8.contains(0) }) { throw place.wrong("a text with a zero byte would be cut there") }
        }
        let type = try variableText(at: place)
        // One buffer for all texts, and pointers into it.
        var bytes: [CChar] = []
        var starts: [Int] = []
        for text in texts {
            starts.append(bytes.count)
            bytes += text.utf8CString
        }
        try create(name, type.id, shape, bytes: bytes.count + 16 * texts.count) { attribute, place in
            try bytes.withUnsafeBufferPointer { bytes in
                let pointers = starts.map { bytes.baseAddress?.advanced(by: $0) }
                try place.check(H5Awrite(attribute, type.id, pointers), "H5Awrite")
            }
        }
    }

    func has(_ name: String) throws -> Bool {
        try place.file.together {
            try place.requireOpen()
            return try place.attribute(name).check(H5Aexists(id, name), "H5Aexists") > 0
        }
    }

    func names() throws -> [String] {
        try place.file.together {
            try place.requireOpen()
            let count = try place.check(H5Aget_num_attrs(id), "H5Aget_num_attrs")
            return try (0..<hsize_t(count)).map { index in
                try place.text("H5Aget_name_by_idx") { buffer, capacity in
                    H5Aget_name_by_idx(id, ".", H5_INDEX_NAME, H5_ITER_INC, index, buffer, capacity, phdf5_default())
                }
            }
        }
    }

    func numbers<T: HDF5Scalar>(_ name: String, as type: T.Type) throws -> [T] {
        try open(name) { attribute, stored, count, place in
            guard let found = HDF5Type(identifier: stored), T.hdf5Type.represents(found) else {
                throw place.wrong("holds \(HDF5Place.typeName(stored)), wanted \(T.hdf5Type)")
            }
            var values = [T](repeating: .zero, count: count)
            if count > 0 { try place.check(H5Aread(attribute, T.hdf5Type.nativeIdentifier, &values), "H5Aread") }
            return values
        }
    }

    func texts(_ name: String) throws -> [String] {
        try open(name) { attribute, stored, count, place in
            guard H5Tget_class(stored) == H5T_STRING else {
                throw place.wrong("holds \(HDF5Place.typeName(stored)), wanted text")
            }
            if count == 0 { return [] }
            return try place.check(H5Tis_variable_str(stored), "H5Tis_variable_str") > 0
                ? variableTexts(attribute, stored, count, place) : fixedTexts(attribute, stored, count, place)
        }
    }

    /// The only element of a list that was read.
    func one<T>(_ name: String, _ values: [T]) throws -> T {
        guard let value = values.first, values.count == 1 else {
            throw place.attribute(name).wrong("holds \(values.count) values, wanted one")
        }
        return value
    }

    // MARK: -

    private func create(
        _ name: String, _ type: hid_t, _ shape: [Int], bytes: Int, _ write: (hid_t, HDF5Place) throws -> Void
    ) throws {
        let place = place.attribute(name)
        try place.file.together { try place.requireOpen(writable: true) }
        // Twice: texts lie in blocks that double in size.
        try place.file.reserve(HDF5OpenFile.objectBytes + 2 * bytes)
        try place.file.together {
            if try place.check(H5Aexists(id, name), "H5Aexists") > 0 { try place.check(H5Adelete(id, name), "H5Adelete") }
            let space = try HDF5Handle.space(shape, at: place)
            let attribute = try HDF5Handle(
                H5Acreate2(id, name, type, space.id, phdf5_default(), phdf5_default()), closedBy: H5Aclose, "H5Acreate2", at: place)
            if shape != [0] { try write(attribute.id, place) }
        }
    }

    /// Opens an attribute and passes it on with its type and number of elements.
    private func open<R>(_ name: String, _ body: (hid_t, hid_t, Int, HDF5Place) throws -> R) throws -> R {
        let place = place.attribute(name)
        return try place.file.together {
            try place.requireOpen()
            guard try place.check(H5Aexists(id, name), "H5Aexists") > 0 else { throw place.wrong("there is no such attribute") }
            let attribute = try HDF5Handle(H5Aopen(id, name, phdf5_default()), closedBy: H5Aclose, "H5Aopen", at: place)
            let type = try HDF5Handle(H5Aget_type(attribute.id), closedBy: H5Tclose, "H5Aget_type", at: place)
            let space = try HDF5Handle(H5Aget_space(attribute.id), closedBy: H5Sclose, "H5Aget_space", at: place)
            let count = Int(try place.check(H5Sget_simple_extent_npoints(space.id), "H5Sget_simple_extent_npoints"))
            guard count <= 1 << 28 else { throw place.wrong("claims \(count) values") }
            return try body(attribute.id, type.id, count, place)
        }
    }

    private func variableText(at place: HDF5Place) throws -> HDF5Handle {
        let type = try HDF5Handle(H5Tcopy(phdf5_c_string()), closedBy: H5Tclose, "H5Tcopy", at: place)
        try place.check(H5Tset_size(type.id, phdf5_variable_length()), "H5Tset_size")
        try place.check(H5Tset_cset(type.id, H5T_CSET_UTF8), "H5Tset_cset")
        return type
    }

    private func variableTexts(_ attribute: hid_t, _ stored: hid_t, _ count: Int, _ place: HDF5Place) throws -> [String] {
        let memory = try variableText(at: place)
        try place.check(H5Tset_cset(memory.id, H5Tget_cset(stored)), "H5Tset_cset")
        var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
        defer { for pointer in pointers where pointer != nil { H5free_memory(pointer) } }
        try place.check(H5Aread(attribute, memory.id, &pointers), "H5Aread")
        return pointers.map { $0.map { String(cString: $0) } ?? "" }
    }

    /// Padded with zeros or, from Fortran, with blanks.
    private func fixedTexts(_ attribute: hid_t, _ stored: hid_t, _ count: Int, _ place: HDF5Place) throws -> [String] {
        let length = H5Tget_size(stored)
        guard length > 0, length <= 1 << 28, count <= (1 << 30) / length else { throw place.wrong("claims \(count) texts of \(length) bytes") }
        var bytes = [UInt8](repeating: 0, count: count * length)
        try place.check(H5Aread(attribute, stored, &bytes), "H5Aread")
        let blanks = H5Tget_strpad(stored) == H5T_STR_SPACEPAD
        return (0..<count).map { index in
            var text = bytes[index * length..<(index + 1) * length].prefix { $0 != 0 }
            while blanks, text.last == UInt8(ascii: " ") { text.removeLast() }
            return String(decoding: text, as: UTF8.self)
        }
    }
}
