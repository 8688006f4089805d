import Logging

/// A swift-log handler for batch jobs: UTC time, level, message, and only from the rank that speaks.
package struct JobLogHandler: LogHandler {
    private let console: Console?
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?

    /// Prints to `console`; nil, for the ranks that do not speak, drops everything.
    package init(console: Console?, level: Logger.Level) {
        self.console = console
        logLevel = console == nil ? .critical : level
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        guard let console else { return }
        let extra = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
            .map { " \($0.key)=\($0.value)" }.joined()
        let level = "\(event.level)".padding(to: 8)
        for line in "\(event.message)\(extra)".split(separator: "\n", omittingEmptySubsequences: false) {
            console.print("\(Format.timestamp()) \(level) \(line)")
        }
    }
}

extension String {
    /// The text with blanks after it, up to `width` characters.
    func padding(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
