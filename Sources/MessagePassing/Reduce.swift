import CMessagePassing

extension Communicator {
    /// Combines the ranks' buffers element by element, in place, on every rank. *Collective.*
    public func allReduce<T: MessageScalar>(_ buffer: UnsafeMutableBufferPointer<T>, _ operation: Reduction) throws {
        try check(
            mp_all_reduce(
                handle, buffer.baseAddress, Int64(buffer.count), T.messageType.rawValue, operation.rawValue),
            "MPI_Allreduce")
    }

    /// Combines one value of every rank. *Collective.*
    public func allReduce<T: MessageScalar>(_ value: T, _ operation: Reduction) throws -> T {
        var value = value
        try withUnsafeMutablePointer(to: &value) {
            try allReduce(UnsafeMutableBufferPointer(start: $0, count: 1), operation)
        }
        return value
    }

    /// Combines arrays of the same length element by element. *Collective.*
    public func allReduce<T: MessageScalar>(_ values: inout [T], _ operation: Reduction) throws {
        try values.withUnsafeMutableBufferPointer { try allReduce($0, operation) }
    }

    /// Starts an all-reduce in place; the buffer belongs to MPI until the request has finished. *Collective.*
    ///
    /// Few MPI libraries progress by themselves: call `test()` now and then while computing.
    public func startAllReduce<T: MessageScalar>(
        _ buffer: UnsafeMutableBufferPointer<T>, _ operation: Reduction
    ) throws -> Request {
        try Request(starting: makeAllReduce(buffer, operation))
    }

    /// An all-reduce in place that can be started again and again without an allocation. *Not collective;*
    /// starting it is *Collective*.
    public func makeAllReduce<T: MessageScalar>(
        _ buffer: UnsafeMutableBufferPointer<T>, _ operation: Reduction
    ) throws -> PersistentRequest {
        try PersistentRequest("MPI_Iallreduce") {
            mp_make_all_reduce(
                handle, buffer.baseAddress, Int64(buffer.count), T.messageType.rawValue, operation.rawValue, $0)
        }
    }
}
