import Batch

extension JobContext {
    /// Writes `configurations/NAME-NUMBER.h5`, or `configurations/NAME.h5` without a number, which gets its name when it is complete. *Collective.*
    package func writeConfigurations(
        _ name: String, _ number: Int?, lattice: LatticeSettings, _ write: (ConfigurationStore) throws -> Void
    ) throws {
        try communicator.agree {
            if communicator.isRoot { try Files.makeDirectories(directory.path("configurations")) }
        }
        let digits = number.map(String.init)
        let suffix = digits.map { "-" + String(repeating: "0", count: max(0, 8 - $0.count)) + $0 } ?? ""
        let description = EnsembleDescription(
            extents: lattice.extents, action: lattice.action, convention: lattice.convention.rawValue, seed: seed)
        try writeData("configurations/\(name)\(suffix).h5") { try write(ConfigurationStore.create(in: $0, description)) }
    }
}
