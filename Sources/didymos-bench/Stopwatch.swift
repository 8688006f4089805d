import Glibc

struct BenchmarkError: Error, CustomStringConvertible {
    let description: String
}

enum Stopwatch {
    /// Processor seconds of this thread, so that other programs on the machine are not counted.
    static func seconds() -> Double {
        var now = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
    }

    /// Seconds that one call of `body` takes, averaged over `calls`.
    static func time(calls: Int, _ body: () -> Void) -> Double {
        let start = seconds()
        for _ in 0..<calls { body() }
        return (seconds() - start) / Double(calls)
    }

    static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return .nan }
        return (sorted[sorted.count / 2] + sorted[(sorted.count - 1) / 2]) / 2
    }

    /// The processor's name as Linux reports it.
    static var processor: String {
        guard let file = fopen("/proc/cpuinfo", "r") else { return "unknown" }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 512)
        var name = "", numbers: [String] = []
        while fgets(&line, 512, file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let parts = text.split(separator: ":", maxSplits: 1).map { $0.filter { $0 != "\t" && $0 != "\n" } }
            guard parts.count == 2 else {
                if name.isEmpty { continue } else { break }
            }
            if parts[0] == "model name" { name = String(parts[1].drop { $0 == " " }) }
            if ["cpu family", "model"].contains(parts[0]) { numbers.append(parts[0] + parts[1]) }
        }
        return "\(name) (\(numbers.joined(separator: ", ")))"
    }
}
