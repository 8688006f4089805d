extension Configuration {
    /// Throws if a key was given that nobody read, with the nearest valid name. Call when everything has been read.
    ///
    /// Checks the whole configuration, whichever section it is called on.
    public func finish() throws {
        var findings: [String] = []
        findUnknown(in: record.root, path: "", &findings)
        guard findings.isEmpty else { throw ConfigurationError(findings.joined(separator: "\n")) }
    }

    private func findUnknown(in node: ConfigurationNode, path: String, _ findings: inout [String]) {
        func full(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
        switch node.value {
        case .mapping(let entries):
            for entry in entries {
                let here = full(entry.key)
                if record.read[here] != nil || record.ofOthers.contains(here) { continue }
                if isSection(here) {
                    findUnknown(in: entry.node, path: here, &findings)
                } else {
                    findings.append("\(entry.place): unknown key '\(entry.key)'\(path.isEmpty ? "" : " in '\(path)'")\(hint(entry.key, in: path))")
                }
            }
        case .sequence(let nodes):
            for (index, item) in nodes.enumerated() { findUnknown(in: item, path: full("\(index)"), &findings) }
        case .null, .scalar: break
        }
    }

    /// Whether something below this path was read.
    private func isSection(_ path: String) -> Bool {
        record.sections.contains(path) || record.read.keys.contains { $0.hasPrefix(path + ".") }
    }

    private func hint(_ key: String, in path: String) -> String {
        let known = Set(record.read.keys).union(record.sections).union(record.ofOthers)
        let prefix = path.isEmpty ? "" : path + "."
        // The next part of every known path below this section.
        let here = Set(known.filter { $0.hasPrefix(prefix) }.compactMap { $0.dropFirst(prefix.count).split(separator: ".").first.map(String.init) })
        if let near = Spelling.nearest(to: key, among: here) { return "; did you mean '\(near)'?" }
        if let elsewhere = known.filter({ $0 == key || $0.hasSuffix("." + key) }).min() { return "; did you mean '\(elsewhere)'?" }
        if here.isEmpty || here.count > 20 { return "" }
        return "; valid here: \(here.sorted().joined(separator: ", "))"
    }
}
