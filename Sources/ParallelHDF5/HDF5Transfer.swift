import CParallelHDF5

extension HDF5Dataset {
    /// Writes this rank's block: `buffer` holds `count` numbers per dimension, row-major, for the place `offset`.
    ///
    /// Collective unless `collective` is false; a rank with nothing to write takes part with a zero in `count`. Where
    /// blocks of several ranks overlap they must agree.
    public func write<T: HDF5Scalar>(
        _ buffer: UnsafeBufferPointer<T>, offset: [Int], count: [Int], collective: Bool = true
    ) throws {
        let together = collective && place.file.communicator != nil
        try step(together) {
            try place.requireOpen(writable: true)
            guard T.hdf5Type == type else { throw place.wrong("holds \(type), the buffer to write holds \(T.hdf5Type)") }
            if isFiltered, !collective, place.file.communicator != nil {
                throw place.wrong("a compressed dataset cannot be written by one rank alone; all ranks must take part")
            }
            try requireBlock(offset, count, bufferCount: buffer.count)
        }
        try transfer(together, offset, count) { memory, file, properties in
            try place.check(H5Dwrite(id, T.hdf5Type.nativeIdentifier, memory, file, properties, buffer.baseAddress), "H5Dwrite")
        }
    }

    /// Reads this rank's block at `offset` into `buffer`, row-major. Collective unless `collective` is false.
    ///
    /// A stored type that `T` represents exactly is converted; any other is refused.
    public func read<T: HDF5Scalar>(
        into buffer: UnsafeMutableBufferPointer<T>, offset: [Int], count: [Int], collective: Bool = true
    ) throws {
        let together = collective && place.file.communicator != nil
        try step(together) {
            try place.requireOpen()
            guard T.hdf5Type.represents(type) else { throw place.wrong("holds \(type), wanted \(T.hdf5Type)") }
            try requireBlock(offset, count, bufferCount: buffer.count)
        }
        try transfer(together, offset, count) { memory, file, properties in
            try place.check(H5Dread(id, T.hdf5Type.nativeIdentifier, memory, file, properties, buffer.baseAddress), "H5Dread")
        }
    }

    /// Writes an array as this rank's block.
    public func write<T: HDF5Scalar>(_ values: [T], offset: [Int], count: [Int], collective: Bool = true) throws {
        try values.withUnsafeBufferPointer { try write($0, offset: offset, count: count, collective: collective) }
    }

    /// Writes the whole dataset from one rank; every rank passes the same numbers.
    public func write<T: HDF5Scalar>(_ values: [T]) throws {
        let writes = place.file.communicator?.isRoot ?? true
        try step(place.file.communicator != nil) {
            guard values.count == count else { throw place.wrong("has shape \(shape), the array to write has \(values.count) numbers") }
        }
        let nothing = shape.isEmpty ? [] : [Int](repeating: 0, count: shape.count)
        if writes || shape.isEmpty {
            try write(values, offset: nothing, count: shape)
        } else {
            try write([T](), offset: nothing, count: nothing)
        }
    }

    /// The block at `offset` as an array.
    public func read<T: HDF5Scalar>(as type: T.Type, offset: [Int], count: [Int], collective: Bool = true) throws -> [T] {
        try step(collective && place.file.communicator != nil) {
            try requireBlock(offset, count, bufferCount: nil)
            try requirePlausible(place.elementCount(count) ?? .max)
        }
        let total = count.reduce(1, *)
        return try [T](unsafeUninitializedCapacity: total) { buffer, initialized in
            try read(into: UnsafeMutableBufferPointer(rebasing: buffer[..<total]), offset: offset, count: count, collective: collective)
            initialized = total
        }
    }

    /// The whole dataset, on every rank.
    public func read<T: HDF5Scalar>(as type: T.Type) throws -> [T] {
        try read(as: type, offset: [Int](repeating: 0, count: shape.count), count: shape)
    }

    // MARK: -

    private func step<R>(_ together: Bool, _ body: () throws -> R) throws -> R {
        together ? try place.file.together(body) : try body()
    }

    private func requireBlock(_ offset: [Int], _ count: [Int], bufferCount: Int?) throws {
        guard offset.count == shape.count, count.count == shape.count,
            zip(zip(offset, count), shape).allSatisfy({ $0.0 >= 0 && $0.1 >= 0 && $0.0 <= $1 && $0.1 <= $1 - $0.0 })
        else { throw place.wrong("has shape \(shape), which does not contain the block of \(count) at \(offset)") }
        let wanted = count.reduce(1, *)
        if let bufferCount, bufferCount != wanted {
            throw place.wrong("the buffer has room for \(bufferCount) numbers, the block of \(count) has \(wanted)")
        }
    }

    /// A damaged file may claim any shape; deflate shrinks at most 1032 times, so no file of n bytes holds more.
    private func requirePlausible(_ numbers: Int) throws {
        var fileSize: hsize_t = 0
        try place.check(H5Fget_filesize(place.file.id, &fileSize), "H5Fget_filesize")
        let limit = (Double(fileSize) + 1e6) * 1032
        if Double(numbers) * Double(type.size) > limit {
            throw place.wrong("claims \(numbers) numbers of \(type), more than a file of \(fileSize) bytes can hold")
        }
    }

    private func transfer(
        _ together: Bool, _ offset: [Int], _ count: [Int], _ body: (_ memory: hid_t, _ file: hid_t, _ properties: hid_t) throws -> Void
    ) throws {
        // HDF5 1.10 fails on a collective transfer to or from a dataset that holds nothing; all ranks see that it does.
        if self.count == 0 { return }
        try step(together) {
            let properties = try HDF5Handle.properties(phdf5_class_dataset_transfer(), at: place)
            if together { try place.check(phdf5_set_collective(properties.id), "H5Pset_dxpl_mpio") }
            if count == shape, count.allSatisfy({ $0 > 0 }) {
                try body(phdf5_all(), phdf5_all(), properties.id)
            } else {
                let file = try HDF5Handle(H5Dget_space(id), closedBy: H5Sclose, "H5Dget_space", at: place)
                let memory = try HDF5Handle.space(count, at: place)
                try select(offset, count, in: file.id, memory: memory.id)
                try body(memory.id, file.id, properties.id)
            }
            guard together else { return }
            var local: UInt32 = 0
            try place.check(phdf5_no_collective_cause(properties.id, &local, &noCollectiveCause), "H5Pget_mpio_no_collective_cause")
        }
    }

    private func select(_ offset: [Int], _ count: [Int], in file: hid_t, memory: hid_t) throws {
        if count.contains(0) {
            try place.check(H5Sselect_none(file), "H5Sselect_none")
            try place.check(H5Sselect_none(memory), "H5Sselect_none")
        } else {
            try place.check(
                H5Sselect_hyperslab(file, H5S_SELECT_SET, offset.map { hsize_t($0) }, nil, count.map { hsize_t($0) }, nil),
                "H5Sselect_hyperslab")
        }
    }
}

extension HDF5Group {
    /// Makes a dataset of `values` with `shape`, or one dimension if that is nil; every rank passes the same.
    @discardableResult
    public func write<T: HDF5Scalar>(_ name: String, _ values: [T], shape: [Int]? = nil, units: String? = nil) throws -> HDF5Dataset {
        let shape = shape ?? [values.count]
        try place.file.together {
            guard place.elementCount(shape) == values.count else {
                throw place.member(name).wrong("shape \(shape) does not hold the \(values.count) numbers to write")
            }
        }
        let dataset = try createDataset(name, shape: shape, type: T.hdf5Type)
        try dataset.write(values)
        if let units { try dataset.setUnits(units) }
        return dataset
    }

    /// Makes a dataset of one number.
    @discardableResult
    public func write<T: HDF5Scalar>(_ name: String, _ value: T, units: String? = nil) throws -> HDF5Dataset {
        try write(name, [value], shape: [], units: units)
    }

    /// The whole dataset `name`, on every rank.
    public func read<T: HDF5Scalar>(_ name: String, as type: T.Type) throws -> [T] {
        try dataset(name).read(as: type)
    }
}
