import CMessagePassing

// Messages between two ranks. Tags are `0...32766`. A peer of `CartesianGrid.nobody` makes a call succeed at
// once and move nothing. A message whose length differs from the receiver's buffer is an error, not a surprise.

extension Communicator {
    /// Sends `buffer` to rank `peer`; returns when the buffer may be reused. *Not collective.*
    public func send<T: MessageScalar>(_ buffer: UnsafeBufferPointer<T>, to peer: Int, tag: Int) throws {
        try check(
            mp_send(
                handle, buffer.baseAddress, Int64(buffer.count), T.messageType.rawValue, Int32(peer), Int32(tag)), "MPI_Send")
    }

    /// Fills `buffer` from rank `peer`. *Not collective.*
    public func receive<T: MessageScalar>(_ buffer: UnsafeMutableBufferPointer<T>, from peer: Int, tag: Int) throws {
        try check(
            mp_receive(
                handle, buffer.baseAddress, Int64(buffer.count), T.messageType.rawValue, Int32(peer), Int32(tag)), "MPI_Recv")
    }

    /// Starts sending; the buffer must stay unchanged until the request has finished. *Not collective.*
    public func startSend<T: MessageScalar>(_ buffer: UnsafeBufferPointer<T>, to peer: Int, tag: Int) throws -> Request {
        try Request(starting: makeSend(buffer, to: peer, tag: tag))
    }

    /// Starts receiving; the buffer belongs to MPI until the request has finished. *Not collective.*
    public func startReceive<T: MessageScalar>(
        _ buffer: UnsafeMutableBufferPointer<T>, from peer: Int, tag: Int
    ) throws -> Request {
        try Request(starting: makeReceive(buffer, from: peer, tag: tag))
    }

    /// A send of the same buffer to the same rank, to be started again and again. *Not collective.*
    public func makeSend<T: MessageScalar>(
        _ buffer: UnsafeBufferPointer<T>, to peer: Int, tag: Int
    ) throws -> PersistentRequest {
        try PersistentRequest("MPI_Send_init") {
            mp_make_send(
                handle, buffer.baseAddress, Int64(buffer.count), T.messageType.rawValue, Int32(peer), Int32(tag), $0)
        }
    }

    /// A receive into the same buffer from the same rank, to be started again and again. *Not collective.*
    public func makeReceive<T: MessageScalar>(
        _ buffer: UnsafeMutableBufferPointer<T>, from peer: Int, tag: Int
    ) throws -> PersistentRequest {
        try PersistentRequest("MPI_Recv_init") {
            mp_make_receive(
                handle, buffer.baseAddress, Int64(buffer.count), T.messageType.rawValue, Int32(peer), Int32(tag), $0)
        }
    }
}
