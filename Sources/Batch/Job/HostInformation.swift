import CProcess
import Glibc

/// What this process runs on. *Not collective.*
package enum HostInformation {
    package static let name: String = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
        guard let start = buffer.baseAddress, process_host_name(start, 256) == 0 else { return "unknown" }
        return String(cString: start)
    }

    /// The value of an environment variable that is set and not empty.
    package static func environment(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }

    /// When a process started, in clock ticks since the system did: with its number it names a process for good. Nil if there is
    /// none, or only what is left of one that nobody has waited for.
    package static func startTicks(ofProcess number: Int) -> Int? {
        guard let bytes = try? Files.read("/proc/\(number)/stat") else { return nil }
        // The command in parentheses may hold anything, so count from its end; the start is field 22, the 20th after it.
        let text = String(decoding: bytes, as: UTF8.self)
        guard let close = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: close)...].split(separator: " ")
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
        return Int(fields[19])
    }

    /// Number of restarts of this batch job; the variable is absent on the first run with some versions of SLURM, 0 with others.
    package static var restartCount: Int { environment("SLURM_RESTART_COUNT").flatMap { Int($0) } ?? 0 }
}
