/// An error that says with which code a job should exit because of it.
public protocol ExitCoded: Error {
    var exitCode: Int32 { get }
}

/// The failure of one rank, known to all ranks and equal on all of them.
public struct AgreedError: Error, ExitCoded, CustomStringConvertible {
    /// The lowest rank that failed.
    public let rank: Int
    /// Number of ranks that failed.
    public let failures: Int
    /// That rank's message.
    public let message: String
    /// That rank's exit code if its error is `ExitCoded`, otherwise 70 (internal error).
    public let exitCode: Int32
    /// On a rank that failed, its own error.
    public let underlying: (any Error)?

    public var description: String { message }
}

extension Communicator {
    /// Runs `body` on every rank; if it throws on any, throws the lowest failing rank's message on every rank.
    ///
    /// So all ranks take the same branch, and the message is printed once. *Collective.* The body itself must not
    /// communicate unless it fails on all ranks or none: the others would wait inside its collective.
    public func agree<R>(_ body: () throws -> R) throws -> R {
        let outcome = Result(catching: body)
        var failure: (any Error)?
        if case .failure(let error) = outcome { failure = error }

        let first = try allReduce(failure == nil ? size : rank, .min)
        if first == size { return try outcome.get() }

        let failures = try allReduce(failure == nil ? 0 : 1, .sum)
        let message = try broadcast(failure.map { "\($0)" } ?? "", root: first)
        let code = try broadcast((failure as? any ExitCoded)?.exitCode ?? 70, root: first)
        throw AgreedError(rank: first, failures: failures, message: message, exitCode: code, underlying: failure)
    }
}
