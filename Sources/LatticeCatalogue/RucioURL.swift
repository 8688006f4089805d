/// A file in a data lake: `rucio://host:port/organisation/scope:name` (interTwin deliverable D7.6, section 2.1.1).
///
/// Host and port of the Rucio server, the virtual organisation (which may have several parts), and the file's data identifier.
public struct RucioURL: Hashable, Sendable, CustomStringConvertible {
    public let host: String
    public let port: Int?
    public let organisation: [String]
    public let scope: String
    public let name: String

    /// - Throws: `CatalogueError` naming the part that is wrong.
    public init(host: String, port: Int?, organisation: [String], scope: String, name: String) throws {
        self.host = host
        self.port = port
        self.organisation = organisation
        self.scope = scope
        self.name = name
        try check(description)
    }

    /// - Throws: `CatalogueError` naming the part that is wrong.
    public init(_ text: String) throws {
        func wrong(_ what: String) -> CatalogueError { CatalogueError("'\(text)': \(what); wanted rucio://host:port/organisation/scope:name") }
        let scheme = "rucio://"
        guard text.hasPrefix(scheme) else { throw wrong("does not begin with rucio://") }
        var parts = text.dropFirst(scheme.count).split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let server = parts.removeFirst()
        guard let identifier = parts.popLast(), !parts.isEmpty else { throw wrong("has no organisation or no identifier") }
        let address = server.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard address.count <= 2 else { throw wrong("the server is '\(server)'") }
        var port: Int?
        if address.count == 2 {
            guard let number = Int(address[1]) else { throw wrong("the port is '\(address[1])'") }
            port = number
        }
        guard let colon = identifier.firstIndex(of: ":") else { throw wrong("the identifier '\(identifier)' has no colon") }
        host = address[0]
        self.port = port
        organisation = parts
        scope = String(identifier[..<colon])
        name = String(identifier[identifier.index(after: colon)...])
        try check(text)
    }

    public var description: String {
        "rucio://\(host)\(port.map { ":\($0)" } ?? "")/\(organisation.joined(separator: "/"))/\(scope):\(name)"
    }

    private func check(_ text: String) throws {
        func isPlain(_ text: String, also: String = "") -> Bool {
            !text.isEmpty && text.utf8.allSatisfy { byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || "-_.".utf8.contains(byte) || also.utf8.contains(byte)
            }
        }
        func wrong(_ what: String) -> CatalogueError { CatalogueError("'\(text)': \(what); wanted rucio://host:port/organisation/scope:name") }
        guard isPlain(host) else { throw wrong("the host is '\(host)'") }
        if let port, !(1...65535).contains(port) { throw wrong("the port is \(port)") }
        guard !organisation.isEmpty, organisation.allSatisfy({ isPlain($0) }) else { throw wrong("the organisation is '\(organisation.joined(separator: "/"))'") }
        // Lengths and letters that Rucio's own schemas allow by default.
        guard isPlain(scope), scope.utf8.count <= 25 else { throw wrong("the scope is '\(scope)', wanted 1 to 25 letters, digits, - _ .") }
        guard isPlain(name, also: "+=~"), name.utf8.count <= 250 else { throw wrong("the name is '\(name)', wanted 1 to 250 letters, digits, - _ . + = ~") }
    }
}
