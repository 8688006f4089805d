import CMessagePassing

// Collectives on one array per rank. The arrays may have any lengths; the receivers learn them.

extension Communicator {
    /// Every rank's array on rank `root`, nothing on the others. *Collective.*
    public func gather<T: MessageScalar>(_ values: [T], root: Int) throws -> [[T]]? {
        let counts = try gatherCounts(values.count)
        var all = [T](repeating: .zero, count: rank == root ? Int(counts.reduce(0, +)) : 0)
        try all.withUnsafeMutableBufferPointer { received in
            try check(
                mp_gather(handle, values, received.baseAddress, counts, T.messageType.rawValue, Int32(root)), "MPI_Gatherv")
        }
        return rank == root ? cut(all, counts) : nil
    }

    /// Every rank's array on every rank. *Collective.*
    public func allGather<T: MessageScalar>(_ values: [T]) throws -> [[T]] {
        let counts = try gatherCounts(values.count)
        var all = [T](repeating: .zero, count: Int(counts.reduce(0, +)))
        try all.withUnsafeMutableBufferPointer { received in
            try check(mp_all_gather(handle, values, received.baseAddress, counts, T.messageType.rawValue), "MPI_Allgatherv")
        }
        return cut(all, counts)
    }

    /// Array `i` of rank `root` to rank `i`; the others pass nil. *Collective.*
    ///
    /// Throws on every rank if the root does not hold one array per rank.
    public func scatter<T: MessageScalar>(_ values: [[T]]?, root: Int) throws -> [T] {
        let held = try broadcast(rank == root ? values?.count ?? 0 : 0, root: root)
        guard held == size else {
            throw MessagePassingError(
                call: "MPI_Scatterv", code: -1, reason: "rank \(root) holds \(held) arrays, wanted one for each of \(size) ranks")
        }
        let blocks = rank == root ? values ?? [] : []
        let counts = try broadcast(blocks.map { Int64($0.count) }, root: root)
        var mine = [T](repeating: .zero, count: Int(counts[rank]))
        try mine.withUnsafeMutableBufferPointer { received in
            try check(
                mp_scatter(
                    handle, Array(blocks.joined()), received.baseAddress, counts, T.messageType.rawValue, Int32(root)),
                "MPI_Scatterv")
        }
        return mine
    }

    /// Array `i` of this rank to rank `i`, for all ranks; the result is indexed by sender. *Collective.*
    public func allToAll<T: MessageScalar>(_ values: [[T]]) throws -> [[T]] {
        precondition(values.count == size, "allToAll needs one array for each rank")
        let sentCounts = values.map { Int64($0.count) }
        var counts = [Int64](repeating: 0, count: size)
        try check(mp_all_to_all_counts(handle, sentCounts, &counts), "MPI_Alltoall")
        var all = [T](repeating: .zero, count: Int(counts.reduce(0, +)))
        try all.withUnsafeMutableBufferPointer { received in
            try check(
                mp_all_to_all(
                    handle, Array(values.joined()), sentCounts, received.baseAddress, counts, T.messageType.rawValue),
                "MPI_Alltoallv")
        }
        return cut(all, counts)
    }

    private func gatherCounts(_ count: Int) throws -> [Int64] {
        var counts = [Int64](repeating: 0, count: size)
        try check(mp_all_gather_counts(handle, Int64(count), &counts), "MPI_Allgather")
        return counts
    }

    private func cut<T>(_ all: [T], _ counts: [Int64]) -> [[T]] {
        var start = 0
        return counts.map { count in
            defer { start += Int(count) }
            return Array(all[start..<start + Int(count)])
        }
    }
}
