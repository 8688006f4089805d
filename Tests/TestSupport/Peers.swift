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

    /// Path of a Python that has all of these modules; nil if there is none.
    public static func python(with modules: [String]) -> String? {
        let script = "import importlib.util, sys; sys.exit(any(importlib.util.find_spec(name) is None for name in sys.argv[1:]))"
        return ["\(repository)/.build-peers/python/bin/python3", "/usr/bin/env python3"].lazy.compactMap { candidate -> String? in
            let words = candidate.split(separator: " ").map(String.init)
            guard FileManager.default.isExecutableFile(atPath: words[0]), (try? ChildProcess(words + ["-c", script] + modules).wait(timeout: 60).status) == 0 else { return nil }
            return words.count == 1 ? candidate : program("python3")
        }.first
    }
}
