/// The exposition format of Prometheus, for the textfile collector of a node exporter.
enum PrometheusText {
    /// Gauges of the last step: `didymos_train_loss{run="…"} 0.5`.
    static func gauges(_ values: [(name: String, value: Double)], command: String, run: String) -> String {
        var seen: Set<String> = []
        var text = ""
        for (name, value) in values {
            let metric = "didymos_\(snakeCase(command))_\(snakeCase(name))".withoutReservedSuffix
            guard seen.insert(metric).inserted else { continue }
            text += "# HELP \(metric) Last value of \(escape(name, quote: false)) in the command \(escape(command, quote: false)).\n"
            text += "# TYPE \(metric) gauge\n"
            text += "\(metric){run=\"\(escape(run, quote: true))\"} \(number(value))\n"
        }
        return text
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        return value.isInfinite ? (value < 0 ? "-Inf" : "+Inf") : "\(value)"
    }

    private static func escape(_ text: String, quote: Bool) -> String {
        var out = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\"" where quote: out += "\\\""
            default: out.unicodeScalars.append(character)
            }
        }
        return out
    }

    /// `effectiveSampleSize` and `time/step` as `effective_sample_size` and `time_step`; what no metric name may hold is dropped.
    private static func snakeCase(_ name: String) -> String {
        var out = ""
        var previousLower = false
        for byte in name.utf8 {
            let character = Character(Unicode.Scalar(byte))
            if character.isASCII, character.isLetter || character.isNumber {
                if character.isUppercase, previousLower { out += "_" }
                out += character.lowercased()
                previousLower = character.isLowercase || character.isNumber
            } else {
                if !out.hasSuffix("_"), !out.isEmpty { out += "_" }
                previousLower = false
            }
        }
        while out.hasSuffix("_") { out.removeLast() }
        return out.isEmpty ? "value" : out
    }
}

extension String {
    /// Endings that Prometheus keeps for other kinds of metric are hidden behind `_value`.
    fileprivate var withoutReservedSuffix: String {
        ["_total", "_count", "_sum", "_bucket", "_info", "_gauge"].contains(where: hasSuffix) ? self + "_value" : self
    }
}
