import CMessagePassing

/// A group of ranks that talk to each other, with a tag space of its own.
///
/// A library part takes a communicator from its caller and duplicates it once; only a `main` asks for the world.
public final class Communicator: Sendable {
    let handle: Int32
    /// This process's number in the group, `0..<size`.
    public let rank: Int
    /// Number of processes in the group.
    public let size: Int

    /// Whether this is rank 0, the one that speaks for the group.
    public var isRoot: Bool { rank == 0 }

    /// The communicator as a Fortran integer (`MPI_Comm_c2f`), for the C shim of a library that needs MPI.
    public var fortranHandle: Int32 { handle }

    init(handle: Int32) throws {
        var rank: Int32 = 0
        var size: Int32 = 0
        try check(mp_rank_and_size(handle, &rank, &size), "MPI_Comm_rank")
        self.handle = handle
        self.rank = Int(rank)
        self.size = Int(size)
    }

    /// The same group with a fresh tag space. *Collective.*
    public func duplicate() throws -> Communicator {
        var fresh: Int32 = 0
        try check(mp_duplicate(handle, &fresh), "MPI_Comm_dup")
        return try Communicator(handle: fresh)
    }

    /// The ranks that passed the same non-negative `color`, ordered by `key`, ties by rank here. *Collective.*
    public func split(color: Int, key: Int) throws -> Communicator {
        guard let color = Int32(exactly: color), color >= 0, let key = Int32(exactly: key) else {
            throw MessagePassingError(
                call: "MPI_Comm_split", code: -1,
                reason: "color \(color) and key \(key) must be 32-bit integers and the color not negative")
        }
        var part: Int32 = 0
        try check(mp_split(handle, color, key, &part), "MPI_Comm_split")
        return try Communicator(handle: part)
    }

    /// The ranks that share this rank's memory, in other words its node. *Collective.*
    public func splitByNode() throws -> Communicator {
        var node: Int32 = 0
        try check(mp_split_by_node(handle, &node), "MPI_Comm_split_type")
        return try Communicator(handle: node)
    }

    /// Gives a duplicated or split communicator back to MPI; it must not be used afterwards. *Collective.*
    ///
    /// Not done by a deinitialiser, because ranks drop references at different times. What is never freed
    /// ends with `MessagePassing.finish()`.
    public func free() throws {
        try check(mp_free(handle), "MPI_Comm_free")
    }

    /// Returns when every rank has called it. *Collective.*
    public func barrier() throws {
        try check(mp_barrier(handle), "MPI_Barrier")
    }
}
