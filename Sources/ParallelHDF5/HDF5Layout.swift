import CParallelHDF5

/// How a new dataset lies in its file.
struct HDF5Layout {
    static let maximumRank = 32
    static let preferredChunkBytes = 1 << 20

    let shape: [Int]
    let type: HDF5Type
    let maximumShape: [Int]?
    let chunk: [Int]?
    let deflate: Int?
    let shuffle: Bool

    var isChunked: Bool { chunk != nil || deflate != nil || (maximumShape.map { $0 != shape } ?? false) }

    /// Throws with found and wanted if no dataset can look like this.
    func validate(at place: HDF5Place) throws {
        guard shape.count <= Self.maximumRank, shape.allSatisfy({ $0 >= 0 }) else {
            throw place.wrong("shape \(shape), wanted at most \(Self.maximumRank) extents, none negative")
        }
        guard place.elementCount(shape).flatMap({ $0.multipliedReportingOverflow(by: type.size).overflow ? nil : $0 }) != nil else {
            throw place.wrong("shape \(shape) has more bytes than a file can hold")
        }
        if isChunked, shape.isEmpty { throw place.wrong("a single number cannot be chunked, compressed or extended") }
        if let maximumShape {
            guard maximumShape.count == shape.count, zip(shape, maximumShape).allSatisfy({ $0 <= $1 }) else {
                throw place.wrong("maximum shape \(maximumShape), wanted \(shape.count) extents of at least \(shape)")
            }
        }
        if let chunk {
            let limit = maximumShape ?? shape
            guard chunk.count == shape.count, zip(chunk, limit).allSatisfy({ $0 > 0 && $0 <= max($1, 1) }) else {
                throw place.wrong("chunk \(chunk), wanted \(shape.count) extents in 1...\(limit)")
            }
            guard let count = place.elementCount(chunk), count <= Int(UInt32.max) / type.size else {
                throw place.wrong("chunk \(chunk) of \(type), wanted less than 4 GiB")
            }
        }
        if let deflate, !(1...9).contains(deflate) { throw place.wrong("deflate level \(deflate), wanted 1...9") }
    }

    /// Whole trailing dimensions as long as they fit, then a part of the next, then 1.
    var automaticChunk: [Int] {
        var room = max(Self.preferredChunkBytes / type.size, 1)
        var result = [Int](repeating: 1, count: shape.count)
        for d in shape.indices.reversed() {
            // What can grow from nothing is stored in rows of this length.
            let extent = shape[d] > 0 ? shape[d] : 1024
            let limit = maximumShape.map { max($0[d], 1) } ?? max(extent, 1)
            result[d] = min(extent, room, limit)
            room /= result[d]
        }
        return result
    }

    func creationProperties(at place: HDF5Place) throws -> HDF5Handle {
        let creation = try HDF5Handle.properties(phdf5_class_dataset_create(), at: place)
        try place.check(H5Pset_obj_track_times(creation.id, false), "H5Pset_obj_track_times")
        // The same on one process as on many, where HDF5 always allocates early.
        try place.check(H5Pset_alloc_time(creation.id, H5D_ALLOC_TIME_EARLY), "H5Pset_alloc_time")
        guard isChunked else {
            try place.check(H5Pset_fill_time(creation.id, H5D_FILL_TIME_NEVER), "H5Pset_fill_time")
            return creation
        }
        let extents = (chunk ?? automaticChunk).map { hsize_t($0) }
        try place.check(H5Pset_chunk(creation.id, Int32(extents.count), extents), "H5Pset_chunk")
        if let deflate {
            if shuffle { try place.check(H5Pset_shuffle(creation.id), "H5Pset_shuffle") }
            try place.check(H5Pset_deflate(creation.id, UInt32(deflate)), "H5Pset_deflate")
        }
        return creation
    }
}

extension HDF5Place {
    /// Product of the extents, nil if it overflows.
    func elementCount(_ shape: [Int]) -> Int? {
        var count = 1
        for extent in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            if overflow { return nil }
            count = product
        }
        return count
    }
}
