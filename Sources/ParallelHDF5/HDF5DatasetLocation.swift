import CParallelHDF5

extension HDF5Dataset {
    /// Where the numbers lie in the file, in bytes, if they lie there in one piece exactly as `T` lies in memory; nil
    /// for chunked, compressed or external data and for any other type. *Not collective.*
    ///
    /// Such data may be read by any other means while nobody writes the file.
    public func fileOffset<T: HDF5Scalar>(of type: T.Type) throws -> Int? {
        try place.requireOpen()
        guard chunk == nil, !isFiltered else { return nil }
        let stored = try HDF5Handle(H5Dget_type(id), closedBy: H5Tclose, "H5Dget_type", at: place)
        guard try place.check(H5Tequal(stored.id, T.hdf5Type.nativeIdentifier), "H5Tequal") > 0 else { return nil }
        let offset = H5Dget_offset(id)
        return offset == haddr_t.max ? nil : try place.integer(hsize_t(offset))
    }
}
