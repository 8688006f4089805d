import Batch
import ParallelHDF5

/// The epochs of a training: `registry/epoch-NNNN.h5` and `registry/index.json`.
struct ShowerRegistry {
    struct Entry {
        let epoch: Int
        let profile: Double
        let largest: Double
        let response: Double
        /// SHA-256 of all parameters.
        let parameters: String
        var score: Double { profile + response }
    }

    private(set) var entries: [Entry] = []

    /// The epoch of the smallest score, the first of equals.
    var best: Entry? { entries.min { $0.score < $1.score } }

    static func fileName(_ epoch: Int) -> String {
        let digits = "\(epoch)"
        return "registry/epoch-\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits).h5"
    }

    init() {}

    mutating func add(_ entry: Entry) {
        entries.removeAll { $0.epoch >= entry.epoch }
        entries.append(entry)
    }

    /// Epochs whose files stay: the newest `keep` and the best.
    private func isKept(_ entry: Entry, keep: Int) -> Bool {
        entries.suffix(keep).contains { $0.epoch == entry.epoch } || entry.epoch == best?.epoch
    }

    /// Writes the index and removes what is not kept. On rank 0.
    func save(_ directory: RunDirectory, configurationHash: String, parent: String?, keep: Int) throws {
        var list: [JSON] = []
        for entry in entries {
            let name = Self.fileName(entry.epoch)
            var object = JSONObject()
            object["epoch"] = .integer(entry.epoch)
            object["profile"] = .number(entry.profile)
            object["largest"] = .number(entry.largest)
            object["response"] = .number(entry.response)
            object["parameters_sha256"] = .string(entry.parameters)
            object["best"] = .bool(entry.epoch == best?.epoch)
            if isKept(entry, keep: keep) {
                object["file"] = .string(name)
                object["file_sha256"] = .string(SHA256.hexadecimal(of: try Files.read(directory.path(name))))
            } else if Files.exists(directory.path(name)) {
                try Files.remove(directory.path(name))
            }
            list.append(.object(object))
        }
        var index = JSONObject()
        index["configuration_hash"] = .string(configurationHash)
        index["parent"] = parent.map(JSON.string) ?? .null
        index["epochs"] = .array(list)
        try directory.writeAtomically("registry/index.json", text: JSON.object(index).prettyText)
    }

    /// *Collective.*
    func write(to group: HDF5Group) throws {
        try group.setAttribute("count", Int64(entries.count))
        guard !entries.isEmpty else { return }
        try group.write("epoch", entries.map { Int64($0.epoch) })
        try group.write("profile", entries.map(\.profile))
        try group.write("largest", entries.map(\.largest))
        try group.write("response", entries.map(\.response))
        try group.setAttribute("parameters", entries.map(\.parameters).joined(separator: " "))
    }

    /// *Collective.*
    init(from group: HDF5Group) throws {
        guard try group.attribute("count", as: Int64.self) > 0 else { return }
        let epochs = try group.read("epoch", as: Int64.self), profile = try group.read("profile", as: Double.self)
        let largest = try group.read("largest", as: Double.self), response = try group.read("response", as: Double.self)
        let hashes = try group.stringAttribute("parameters").split(separator: " ").map(String.init)
        guard profile.count == epochs.count, largest.count == epochs.count, response.count == epochs.count, hashes.count == epochs.count else {
            throw ShowerNetworkError("\(group.path): lists of different lengths; wanted one entry an epoch")
        }
        entries = epochs.indices.map {
            Entry(epoch: Int(epochs[$0]), profile: profile[$0], largest: largest[$0], response: response[$0], parameters: hashes[$0])
        }
    }
}
