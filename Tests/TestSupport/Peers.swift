import Foundation

/// Programs that are installed for tests alone: what `Tools/install-test-dependencies.sh` put aside, else what PATH has.
public enum Peers {
    private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..").standardized.path

    /// Path of a program; nil if it is not here.
    public static func program(_ name: String) -> String? {
        let own = "\(repository)/.build-peers/python/bin/\(name)"
        if FileManager.default.isExecutableFile(atPath: own) { return own }
        let found = try? ChildProcess(["sh", "-c", "command -v \(name)"]).wait(timeout: 30)
        return found?.status == 0 ? found?.lines.first : nil
    }
}
