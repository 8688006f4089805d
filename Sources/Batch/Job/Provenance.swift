import CProcess
import MessagePassing

/// Which program made an output, from what, and where: everything needed to make it again.
public struct Provenance: Sendable {
    /// Version of the suite.
    public static let version = String(cString: process_build_version())
    /// Source revision that was built, or `unknown`; ends in `-modified` if files had been changed.
    public static let revision = String(cString: process_build_revision())

    /// Program and subcommand.
    public let command: String
    /// Name of the configuration file, its whole canonical text, and the hash of what changes results.
    public let configurationName: String
    public let configurationText: String
    public let configurationHash: String
    public let seed: UInt64
    public let ranks: Int
    /// When the job started, UTC.
    public let started: String

    /// Names and values to attach to an output file. The `configuration` is the whole text.
    public var attributes: [(name: String, value: String)] {
        [
            ("software", "didymos \(Self.version)"), ("revision", Self.revision), ("command", command), ("seed", "\(seed)"),
            ("configuration_file", configurationName), ("configuration_hash", configurationHash),
            ("configuration", configurationText), ("started", started),
        ]
    }
}
