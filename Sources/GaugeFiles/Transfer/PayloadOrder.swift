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

    /// Global numbers of the block's sites, the last axis fastest, in the order of the block: rising.
    var sites: [Int] {
        let n = geometry.localExtents, o = geometry.localOffsets, e = geometry.extents
        var rows = [0]
        for axis in 0..<n.count - 1 { rows = rows.flatMap { row in (0..<n[axis]).map { row * e[axis] + $0 + o[axis] } } }
        let last = n.count - 1
        return rows.flatMap { row in row * e[last] + o[last]..<row * e[last] + o[last] + n[last] }
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
