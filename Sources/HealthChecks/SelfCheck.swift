import MessagePassing

/// One question about a room that all ranks answer together.
struct SelfCheck {
    let name: String
    /// Returns a short figure for the passed line; throws to fail. *Collective.*
    let run: (Communicator) throws -> String
}

/// Why a check failed.
struct CheckFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Throws unless `condition` holds.
func expect(_ condition: Bool, _ why: @autoclosure () -> String) throws {
    if !condition { throw CheckFailure(why()) }
}

/// Throws unless the two values are equal.
func expectEqual<T: Equatable>(_ found: T, _ wanted: T, _ what: @autoclosure () -> String) throws {
    if found != wanted { throw CheckFailure("\(what()): found \(found), wanted \(wanted)") }
}
