import CParallelHDF5

extension HDF5Group {
    /// The texts of the dataset `name`, on every rank: variable-length or of fixed length, a single one as a list of one.
    ///
    /// HDF5 keeps variable-length texts without a checksum and may hang on damaged ones: verify a file that may be damaged first.
    /// - Throws: `HDF5Error` if there is none, or it holds something else.
    public func texts(_ name: String) throws -> [String] {
        let member = place.member(name)
        return try place.file.together {
            try place.requireOpen()
            let dataset = try HDF5Handle(H5Dopen2(id, name, phdf5_default()), closedBy: H5Dclose, "H5Dopen2", at: member)
            let type = try HDF5Handle(H5Dget_type(dataset.id), closedBy: H5Tclose, "H5Dget_type", at: member)
            let space = try HDF5Handle(H5Dget_space(dataset.id), closedBy: H5Sclose, "H5Dget_space", at: member)
            let count = Int(try member.check(H5Sget_simple_extent_npoints(space.id), "H5Sget_simple_extent_npoints"))
            guard H5Tget_class(type.id) == H5T_STRING else { throw member.wrong("holds \(HDF5Place.typeName(type.id)), wanted text") }
            guard count <= 1 << 24 else { throw member.wrong("claims \(count) texts") }
            if count == 0 { return [] }
            return try member.check(H5Tis_variable_str(type.id), "H5Tis_variable_str") > 0
                ? variableTexts(dataset.id, type.id, count, member) : fixedTexts(dataset.id, type.id, count, member)
        }
    }

    private func variableTexts(_ dataset: hid_t, _ stored: hid_t, _ count: Int, _ member: HDF5Place) throws -> [String] {
        let memory = try HDF5Handle(H5Tcopy(phdf5_c_string()), closedBy: H5Tclose, "H5Tcopy", at: member)
        try member.check(H5Tset_size(memory.id, phdf5_variable_length()), "H5Tset_size")
        try member.check(H5Tset_cset(memory.id, H5Tget_cset(stored)), "H5Tset_cset")
        var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
        defer { for pointer in pointers where pointer != nil { H5free_memory(pointer) } }
        try member.check(H5Dread(dataset, memory.id, phdf5_all(), phdf5_all(), phdf5_default(), &pointers), "H5Dread")
        return pointers.map { $0.map { String(cString: $0) } ?? "" }
    }

    /// Padded with zeros or, from Fortran, with blanks.
    private func fixedTexts(_ dataset: hid_t, _ stored: hid_t, _ count: Int, _ member: HDF5Place) throws -> [String] {
        let length = H5Tget_size(stored)
        guard length > 0, length <= 1 << 28, count <= (1 << 30) / length else { throw member.wrong("claims \(count) texts of \(length) bytes") }
        var bytes = [UInt8](repeating: 0, count: count * length)
        try member.check(H5Dread(dataset, stored, phdf5_all(), phdf5_all(), phdf5_default(), &bytes), "H5Dread")
        let blanks = H5Tget_strpad(stored) == H5T_STR_SPACEPAD
        return (0..<count).map { index in
            var text = bytes[index * length..<(index + 1) * length].prefix { $0 != 0 }
            while blanks, text.last == UInt8(ascii: " ") { text.removeLast() }
            return String(decoding: text, as: UTF8.self)
        }
    }
}
