import CMessagePassing

extension Communicator {
    /// Copies `buffer` of rank `root` into every rank's `buffer` of the same length. *Collective.*
    public func broadcast<T: MessageScalar>(_ buffer: UnsafeMutableBufferPointer<T>, root: Int) throws {
        try check(
            mp_broadcast(handle, buffer.baseAddress, Int64(buffer.count), T.messageType.rawValue, Int32(root)), "MPI_Bcast")
    }

    /// The value that rank `root` passed. *Collective.*
    public func broadcast<T: MessageScalar>(_ value: T, root: Int) throws -> T {
        var value = value
        try withUnsafeMutablePointer(to: &value) {
            try broadcast(UnsafeMutableBufferPointer(start: $0, count: 1), root: root)
        }
        return value
    }

    /// The array that rank `root` passed; the others' arguments, of any length, are ignored. *Collective.*
    public func broadcast<T: MessageScalar>(_ values: [T], root: Int) throws -> [T] {
        let count = try broadcast(values.count, root: root)
        var result = rank == root ? values : [T](repeating: .zero, count: count)
        try result.withUnsafeMutableBufferPointer { try broadcast($0, root: root) }
        return result
    }

    /// The text that rank `root` passed. *Collective.*
    public func broadcast(_ text: String, root: Int) throws -> String {
        String(decoding: try broadcast(Array(text.utf8), root: root), as: UTF8.self)
    }
}
