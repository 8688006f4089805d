import Foundation
import Glibc

/// A directory that disappears with its last reference.
public final class TemporaryDirectory: Sendable {
    public let path: String

    public init() throws {
        let base = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        var template = Array("\(base)/didymos-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw ProcessError(description: "cannot make a directory in \(base): \(String(cString: strerror(errno)))")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Path of `name` in this directory.
    public func path(_ name: String) -> String { "\(path)/\(name)" }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Files that are too large or not ours to ship: the directory named by `DIDYMOS_TEST_DATA`, if any.
public enum TestData {
    public static let directory = ProcessInfo.processInfo.environment["DIDYMOS_TEST_DATA"]

    /// Path of `name` if the directory is set and holds it.
    public static func path(_ name: String) -> String? {
        directory.map { "\($0)/\(name)" }.flatMap { FileManager.default.fileExists(atPath: $0) ? $0 : nil }
    }
}
