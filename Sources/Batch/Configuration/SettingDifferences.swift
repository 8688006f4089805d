extension Configuration {
    /// Every setting given, `section.key: value`, without the section `run`, in the order of the keys: what a checkpoint keeps so that a
    /// continuation with other settings can be refused by naming them. *Not collective.*
    package var settingLines: [String] {
        record.root.values().filter { !$0.path.hasPrefix("run.") && $0.path != "run" }.map { "\($0.path): \($0.value)" }.sorted()
    }
}

/// What differs between the settings of a checkpoint and those of the run that found it.
enum SettingDifferences {
    /// One phrase for each setting, `gauge.beta is 5.8 there, 6.0 here`, at most `limit` of them.
    static func phrases(there: [String], here: [String], limit: Int = 8) -> [String] {
        func table(_ lines: [String]) -> [String: String] {
            Dictionary(
                lines.compactMap { line in
                    line.firstRange(of: ": ").map { (String(line[..<$0.lowerBound]), String(line[$0.upperBound...])) }
                }, uniquingKeysWith: { $1 })
        }
        let (old, new) = (table(there), table(here))
        let names = Set(old.keys).union(new.keys).filter { old[$0] != new[$0] }.sorted()
        let phrases = names.prefix(limit).map { "\($0) is \(old[$0] ?? "not given") there, \(new[$0] ?? "not given") here" }
        return phrases + (names.count > limit ? ["\(names.count - limit) more"] : [])
    }
}
