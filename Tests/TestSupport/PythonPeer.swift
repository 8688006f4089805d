import Foundation
import Synchronization

/// Other people's programs, as an independent opinion: Python with the modules that are installed.
///
///     @Test(.enabled(if: PythonPeer.has("torch"), "peer torch not installed"))
public enum PythonPeer {
    private static let known = Mutex<[String: Bool]>([:])

    /// Whether python3 has every one of these modules.
    public static func has(_ modules: String...) -> Bool {
        modules.allSatisfy { module in
            known.withLock { known in
                if let answer = known[module] { return answer }
                let script = "import importlib.util, sys; sys.exit(importlib.util.find_spec('\(module)') is None)"
                let answer = (try? ChildProcess(["python3", "-c", script]).wait(timeout: 30).status) == 0
                known[module] = answer
                return answer
            }
        }
    }

    /// Runs `script` and returns its standard output; throws with its standard error if it fails.
    public static func run(_ script: String, arguments: [String] = [], timeout: Double = 120) throws -> String {
        let directory = try TemporaryDirectory()
        let file = directory.path("script.py")
        try script.write(toFile: file, atomically: true, encoding: .utf8)
        let result = try ChildProcess(["python3", file] + arguments).wait(timeout: timeout)
        guard result.status == 0 else {
            throw ProcessError(description: "python3 exited with \(result.status): \(result.stderr)")
        }
        return result.stdout
    }
}
