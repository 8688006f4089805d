import CProcess

/// How far a long loop has come: a bar with rate and remaining time on a terminal, plain lines in a log, first often, then seldom.
/// *Not collective;* prints on one rank.
public final class Progress {
    private let total: Int
    private let unit: String
    private let label: String
    private let console: Console?
    private let start: Double
    private var first: Int?
    private var lastBar = -Double.infinity
    private var nextLine: Double
    private var interval = 1.0
    private var done = 0
    private var values: [String: Double] = [:]

    /// - Parameters:
    ///   - total: number of units when everything is done.
    ///   - unit: what is counted, in the plural: `steps`, `trajectories`.
    ///   - label: what is being done.
    ///   - isRoot: whether this rank prints.
    public convenience init(total: Int, unit: String, label: String, isRoot: Bool) {
        self.init(total: total, unit: unit, label: label, console: isRoot ? Console() : nil)
    }

    package init(total: Int, unit: String, label: String, console: Console?) {
        self.total = total
        self.unit = unit
        self.label = label
        self.console = console
        start = process_monotonic_seconds()
        nextLine = start + interval
    }

    /// Notes that `count` units are done, and some figures worth watching.
    public func advance(to count: Int, _ values: [String: Double] = [:]) {
        guard let console else { return }
        // What a restart finds done already says nothing about speed.
        if first == nil { first = count - 1 }
        done = count
        self.values = values
        let now = process_monotonic_seconds()
        if console.isTerminal, now - lastBar >= 0.1 {
            lastBar = now
            console.showBar(bar(now: now))
        }
        if now >= nextLine {
            printLine(now: now)
            // Ten lines for a minute, then one for each tenth of the time so far, but never an hour without.
            interval = min(3600, max(interval * 1.3, (now - start) / 10))
            nextLine = now + interval
        }
    }

    /// Removes the bar and leaves one line about the whole.
    public func finish() {
        guard let console else { return }
        console.showBar("")
        let now = process_monotonic_seconds()
        emit("\(label): \(done)/\(total) \(unit) in \(Format.duration(now - start))\(rateText(now: now))\(figures)")
    }

    private func printLine(now: Double) {
        emit("\(label): \(done)/\(total) \(unit) (\(percent)%)\(rateText(now: now)), \(remaining(now: now)) left\(figures)")
    }

    private func emit(_ text: String) {
        let line = "\(Format.timestamp()) \("info".padding(to: 8)) \(text)"
        if console?.isTerminal == true, done < total { console?.printToFile(line) } else { console?.print(line) }
    }

    private var percent: Int { total > 0 ? Int(100 * Double(done) / Double(total)) : 100 }

    private func rate(now: Double) -> Double? {
        guard let first, done > first, now > start else { return nil }
        return Double(done - first) / (now - start)
    }

    private func rateText(now: Double) -> String {
        guard let rate = rate(now: now) else { return "" }
        return rate >= 1 ? ", \(Format.general(rate, digits: 3)) \(unit)/s" : ", \(Format.general(1 / rate, digits: 3)) s each"
    }

    private func remaining(now: Double) -> String {
        rate(now: now).map { Format.duration(Double(max(0, total - done)) / $0) } ?? "unknown"
    }

    private var figures: String {
        values.sorted { $0.key < $1.key }.map { ", \($0.key) \(Format.general($0.value, digits: 5))" }.joined()
    }

    private func bar(now: Double) -> String {
        let width = 24
        let filled = total > 0 ? min(width, width * done / total) : width
        let body = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        let text = "\(label) \(body) \(percent)% \(done)/\(total)\(rateText(now: now)), \(remaining(now: now)) left\(figures)"
        let columns = Int(process_terminal_columns(2))
        return columns > 10 ? String(text.prefix(columns - 1)) : text
    }
}
