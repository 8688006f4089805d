import LatticeFields
import MessagePassing

/// The records of a payload that a rank moves, in the order of the file.
struct PayloadOrder {
    let recordBytes: Int
    /// Numbers of the records in the file, rising.
    let records: [Int]

    var byteCount: Int { records.count * recordBytes }

    /// Stretches of bytes of a file whose payload starts at `offset`.
    func runs(from offset: Int) -> [ByteRun] {
        var runs: [ByteRun] = []
        for record in records {
            let start = offset + record * recordBytes
            if let last = runs.last, last.offset + last.count == start {
                runs[runs.count - 1].count += recordBytes
            } else {
                runs.append(ByteRun(offset: start, count: recordBytes))
            }
        }
        return runs
    }
}

/// Where a block's sites stand in the files: global coordinates and lexicographic numbers.
struct BlockPlaces {
    let geometry: LatticeGeometry

    /// Global numbers of the block's sites, x fastest, in the order of the block: rising.
    var sites: [Int] {
        let n = geometry.localExtents, o = geometry.localOffsets, e = geometry.extents
        var sites: [Int] = []
        sites.reserveCapacity(geometry.localVolume)
        for t in 0..<n[0] {
            for z in 0..<n[1] {
                for y in 0..<n[2] {
                    let row = (((t + o[0]) * e[1] + z + o[1]) * e[2] + y + o[2]) * e[3] + o[3]
                    sites += row..<row + n[3]
                }
            }
        }
        return sites
    }

    /// Coordinates in the block of a site of the lattice, nil outside the block.
    func local(_ global: SIMD4<Int>) -> SIMD4<Int>? {
        var local = global
        for axis in 0..<4 {
            local[axis] -= geometry.localOffsets[axis]
            guard (0..<geometry.localExtents[axis]).contains(local[axis]) else { return nil }
        }
        return local
    }

    /// The site one step away, around the lattice.
    func neighbour(_ global: SIMD4<Int>, axis: Int, step: Int) -> SIMD4<Int> {
        var next = global
        next[axis] = (next[axis] + step + geometry.extents[axis]) % geometry.extents[axis]
        return next
    }
}
