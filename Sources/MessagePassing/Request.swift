import CMessagePassing

/// Communication that was set up once and can be started again and again without an allocation.
///
/// Between `start()` and a finished `wait()` or `test()` the buffer belongs to MPI, and its owner must keep it alive.
/// A request that is dropped while active is leaked rather than freed under MPI's hands.
public final class PersistentRequest {
    private let request: OpaquePointer

    init(_ call: StaticString, _ make: (UnsafeMutablePointer<OpaquePointer?>) -> Int32) throws {
        var made: OpaquePointer?
        let code = make(&made)
        if code != 0 { mp_request_release(made) }
        try check(code, call)
        guard let made else {
            throw MessagePassingError(call: "\(call)", code: -1, reason: "no request was made")
        }
        request = made
    }

    deinit { mp_request_release(request) }

    /// Starts the communication. *Collective* for an all-reduce, otherwise *Not collective.*
    public func start() throws {
        try check(mp_request_start(request), "MPI_Start")
    }

    /// Returns when the communication has finished; at once if it is not active. *Not collective.*
    public func wait() throws {
        try check(mp_request_wait(request), "MPI_Wait")
    }

    /// Whether the communication has finished (true if not active); gives MPI a chance to progress. *Not collective.*
    public func test() throws -> Bool {
        var finished: Int32 = 0
        try check(mp_request_test(request, &finished), "MPI_Test")
        return finished != 0
    }
}

/// Communication under way.
public final class Request {
    private let request: PersistentRequest

    init(starting request: PersistentRequest) throws {
        self.request = request
        try request.start()
    }

    /// Returns when the communication has finished. *Not collective.*
    public func wait() throws { try request.wait() }

    /// Whether the communication has finished; gives MPI a chance to progress. *Not collective.*
    public func test() throws -> Bool { try request.test() }
}
