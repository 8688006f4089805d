extension Configuration {
    /// SHA-256 of the canonical text of some top-level keys alone: what a command's results depend on, so that a restart may follow a
    /// change of another command's section. *Not collective.*
    public func hash(of keys: [String]) -> String {
        let entries = (record.root.entries ?? []).filter { keys.contains($0.key) }
        return SHA256.hexadecimal(of: ConfigurationNode(value: .mapping(entries), place: name).canonicalText.utf8)
    }
}
