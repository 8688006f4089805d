import Batch
import Glibc

/// One setting that a search varies, an entry of the list `tuning.space`.
public struct SearchDimension: Sendable, Equatable {
    public enum Values: Sendable, Equatable {
        case uniform(ClosedRange<Double>)
        /// Uniform in the logarithm.
        case logUniform(ClosedRange<Double>)
        case choice([String])
    }

    /// Dotted path of the setting, `training.learning_rate`.
    public let setting: String
    public let values: Values
    /// How many values of a range a grid has.
    public let points: Int

    /// Settings that must be one for all trials, and why.
    private static let fixed = [
        "training.epochs": "how long a trial trains is for the rungs to say",
        "training.score_showers": "scores of different showers cannot be compared",
    ]

    /// - Throws: `ConfigurationError`. *Not collective.*
    init(_ section: Configuration) throws {
        setting = try section.string("setting")
        guard setting.hasPrefix("training.") || setting.hasPrefix("model.") else {
            throw ConfigurationError("tuning.space: found '\(setting)', wanted a setting of the sections model or training, such as training.learning_rate")
        }
        if let reason = Self.fixed[setting] { throw ConfigurationError("tuning.space: '\(setting)' cannot be searched: \(reason)") }
        let kinds = ["uniform", "log_uniform", "choice"].filter { section.has($0) }
        guard kinds.count == 1 else {
            throw ConfigurationError(
                "tuning.space: '\(setting)' has \(kinds.isEmpty ? "no values" : kinds.joined(separator: " and ")), wanted one of uniform: [from, to], log_uniform: [from, to], choice: [a, b, ...]")
        }
        switch kinds[0] {
        case "choice": values = .choice(try section.strings("choice", count: 1...1000))
        case "uniform": values = .uniform(try Self.range(section, "uniform", setting))
        default:
            let range = try Self.range(section, "log_uniform", setting)
            guard range.lowerBound > 0 else {
                throw ConfigurationError("tuning.space: '\(setting)' has log_uniform from \(Format.general(range.lowerBound)), wanted a positive number")
            }
            values = .logUniform(range)
        }
        points = kinds[0] == "choice" ? 0 : try section.int("points", default: 3, in: 2...1000)
    }

    private static func range(_ section: Configuration, _ key: String, _ setting: String) throws -> ClosedRange<Double> {
        let bounds = try section.doubles(key, count: 2...2)
        guard bounds[0] < bounds[1] else {
            throw ConfigurationError("tuning.space: '\(setting)' has \(key) from \(Format.general(bounds[0])) to \(Format.general(bounds[1])), wanted the smaller first")
        }
        return bounds[0]...bounds[1]
    }

    /// The value at a place 0...1 of the range, as the configuration has it. Four digits are as many as a learning rate deserves, and the same on
    /// every machine.
    func value(at place: Double) -> String {
        func text(_ x: Double, _ range: ClosedRange<Double>) -> String {
            let rounded = Double(Format.general(x, digits: 4)) ?? x
            return "\(min(max(rounded, range.lowerBound), range.upperBound))"
        }
        switch values {
        case .uniform(let range): return text(range.lowerBound + place * (range.upperBound - range.lowerBound), range)
        case .logUniform(let range): return text(range.lowerBound * pow(range.upperBound / range.lowerBound, place), range)
        case .choice(let choices): return choices[min(choices.count - 1, Int(place * Double(choices.count)))]
        }
    }

    /// All values that a grid has.
    var grid: [String] {
        if case .choice(let choices) = values { return choices }
        return (0..<points).map { value(at: Double($0) / Double(points - 1)) }
    }
}
