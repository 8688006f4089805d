import MessagePassing
import ParallelHDF5

/// What all configurations of a store have in common.
public struct EnsembleDescription: Sendable, Equatable {
    public let extents: [Int]
    public let action: ScalarAction
    /// Which convention of the literature the fields are normalised in; see `ScalarAction`.
    public let convention: String
    public let seed: UInt64

    public init(extents: [Int], action: ScalarAction, convention: String, seed: UInt64) {
        self.extents = extents
        self.action = action
        self.convention = convention
        self.seed = seed
    }
}

/// What is kept beside a configuration's sites.
public struct ConfigurationRecord: Sendable, Equatable {
    /// Which of an ensemble's independent chains; 0 where there is one.
    public let chain: Int
    /// Trajectory, update or step of the chain after which it was kept.
    public let trajectory: Int
    public let checksum: UInt64
    /// S / V, measured again by whoever reads: the check that field and action belong together.
    public let actionDensity: Double
}

/// A configuration that one rank holds whole, in lattice order.
public struct WholeConfiguration: Sendable {
    public let chain: Int
    public let trajectory: Int
    public let values: [Double]

    public init(chain: Int, trajectory: Int, values: [Double]) {
        self.chain = chain
        self.trajectory = trajectory
        self.values = values
    }
}

/// Configurations of a scalar field in a parallel HDF5 file, written by any ranks on any process grid and read by any others.
///
/// Group `configurations`: `field` [configuration, extents…] float64 in lattice order, `chain` and `trajectory` int64, `checksum` uint64
/// (see `FieldChecksum`) and `action_density` float64; attributes `extents`, `action_b_c_d`, `convention`, `seed` and the provenance.
public final class ConfigurationStore {
    public let description: EnsembleDescription
    private let path: String
    private let field: HDF5Dataset
    /// Missing in files of earlier versions, whose configurations are all of one chain.
    private let chain: HDF5Dataset?
    private let trajectory: HDF5Dataset
    private let checksum: HDF5Dataset
    private let actionDensity: HDF5Dataset
    private static let groupName = "configurations"

    /// Configurations stored.
    public var count: Int { field.shape.first ?? 0 }

    /// An empty store in a file open for writing. *Collective.*
    /// - Parameter provenance: names and texts to attach, as `Provenance.attributes`.
    public static func create(
        in file: HDF5File, _ description: EnsembleDescription, provenance: [(name: String, value: String)] = []
    ) throws -> ConfigurationStore {
        let group = try file.root.createGroup(groupName)
        try group.setAttribute("extents", description.extents.map(Int64.init))
        try group.setAttribute("action_b_c_d", [description.action.b, description.action.c, description.action.d])
        try group.setAttribute("action", "S = sum_x [ -b sum_mu phi_x phi_(x+mu) + c phi_x^2 + d phi_x^4 ]")
        try group.setAttribute("convention", description.convention)
        try group.setAttribute("seed", description.seed)
        for (name, value) in provenance where try !group.hasAttribute(name) { try group.setAttribute(name, value) }
        func column(_ name: String, _ type: HDF5Type, extents: [Int], units: String) throws -> HDF5Dataset {
            let dataset = try group.createDataset(
                name, shape: [0] + extents, type: type, maximumShape: [HDF5Dataset.unlimited] + extents,
                chunk: extents.isEmpty ? [1024] : nil)
            try dataset.setUnits(units)
            try dataset.setDimensionLabel(0, "configuration")
            return dataset
        }
        let field = try column("field", .float64, extents: description.extents, units: "lattice units")
        for axis in description.extents.indices { try field.setDimensionLabel(axis + 1, "x\(axis)") }
        return ConfigurationStore(
            description, path: file.path, field: field, chain: try column("chain", .int64, extents: [], units: "1"),
            trajectory: try column("trajectory", .int64, extents: [], units: "trajectories"),
            checksum: try column("checksum", .uint64, extents: [], units: "1"),
            actionDensity: try column("action_density", .float64, extents: [], units: "1"))
    }

    /// Whether a file has a store. *Collective.*
    static func isStored(in file: HDF5File) throws -> Bool { try file.root.hasObject(groupName) }

    /// The store in an open file. *Collective.*
    /// - Throws: `LatticeError` naming the file and what is wrong with it.
    public static func open(in file: HDF5File) throws -> ConfigurationStore {
        let group = try file.root.group(groupName)
        let extents = try group.attributes("extents", as: Int64.self).map { Int($0) }
        let coefficients = try group.attributes("action_b_c_d", as: Double.self)
        guard (1...4).contains(extents.count), coefficients.count == 3 else {
            throw LatticeError("\(file.path): \(extents.count) extents and \(coefficients.count) action coefficients; wanted 1 to 4 and 3")
        }
        let description = EnsembleDescription(
            extents: extents,
            action: try ScalarAction(b: coefficients[0], c: coefficients[1], d: coefficients[2], dimension: extents.count),
            convention: try group.stringAttribute("convention"), seed: try group.attribute("seed", as: UInt64.self))
        let field = try group.dataset("field")
        let store = ConfigurationStore(
            description, path: file.path, field: field, chain: try group.hasObject("chain") ? group.dataset("chain") : nil,
            trajectory: try group.dataset("trajectory"), checksum: try group.dataset("checksum"), actionDensity: try group.dataset("action_density"))
        guard field.shape.count == extents.count + 1, Array(field.shape.dropFirst()) == extents,
            [store.chain ?? store.trajectory, store.trajectory, store.checksum, store.actionDensity].allSatisfy({ $0.shape == [store.count] })
        else {
            throw LatticeError(
                "\(file.path): fields of shape \(field.shape) with \(store.checksum.shape) checksums; wanted [n] + \(extents) and [n]")
        }
        return store
    }

    private init(
        _ description: EnsembleDescription, path: String, field: HDF5Dataset, chain: HDF5Dataset?, trajectory: HDF5Dataset,
        checksum: HDF5Dataset, actionDensity: HDF5Dataset
    ) {
        self.description = description
        self.path = path
        self.field = field
        self.chain = chain
        self.trajectory = trajectory
        self.checksum = checksum
        self.actionDensity = actionDensity
    }

    /// Appends a configuration; each rank writes its block. *Collective.*
    @discardableResult
    public func append(_ configuration: ScalarField, trajectory index: Int) throws -> ConfigurationRecord {
        let geometry = configuration.geometry
        try requireExtents(geometry.extents)
        let place = count
        let record = ConfigurationRecord(
            chain: 0, trajectory: index, checksum: try configuration.checksum(),
            actionDensity: try configuration.measure().actionDensity(description.action, dimension: geometry.dimension))
        try field.extend(to: [place + 1] + description.extents)
        try field.write(configuration.block(), offset: [place] + geometry.localOffsets, count: [1] + geometry.localExtents)
        try append(geometry.grid.communicator.isRoot ? [record] : [], at: place, of: place + 1)
        return record
    }

    /// Appends configurations that single ranks hold: `total` in all, of which this rank's are those from `offset` on. *Collective.*
    public func append(_ mine: [WholeConfiguration], offset: Int, total: Int, on lattice: PeriodicLattice) throws {
        try requireExtents(lattice.extents)
        let place = count
        let first = mine.isEmpty ? 0 : place + offset
        try field.extend(to: [place + total] + description.extents)
        try field.write(
            mine.flatMap(\.values), offset: [first] + lattice.extents.map { _ in 0 },
            count: [mine.count] + (mine.isEmpty ? lattice.extents.map { _ in 0 } : lattice.extents))
        let records = mine.map {
            ConfigurationRecord(
                chain: $0.chain, trajectory: $0.trajectory, checksum: FieldChecksum.of($0.values),
                actionDensity: FieldMeasurement($0.values, on: lattice).actionDensity(description.action, dimension: lattice.dimension))
        }
        try append(records, at: first, of: place + total)
    }

    /// The columns of records that this rank passes, in columns of `length` numbers.
    private func append(_ records: [ConfigurationRecord], at first: Int, of length: Int) throws {
        func write<T: HDF5Scalar>(_ values: [T], to column: HDF5Dataset) throws {
            try column.extend(to: [length])
            try column.write(values, offset: [values.isEmpty ? 0 : first], count: [values.count])
        }
        if let chain { try write(records.map { Int64($0.chain) }, to: chain) }
        try write(records.map { Int64($0.trajectory) }, to: trajectory)
        try write(records.map(\.checksum), to: checksum)
        try write(records.map(\.actionDensity), to: actionDensity)
    }

    /// The record of configuration `index`. *Collective.*
    public func record(_ index: Int) throws -> ConfigurationRecord {
        guard (0..<count).contains(index) else {
            throw LatticeError("\(path): configuration \(index) of \(count); wanted 0 to \(count - 1)")
        }
        func number<T: HDF5Scalar>(_ dataset: HDF5Dataset, _ type: T.Type) throws -> T {
            let values = try dataset.read(as: T.self, offset: [index], count: [1])
            guard let value = values.first else { throw LatticeError("\(path): \(dataset.path) is empty") }
            return value
        }
        return ConfigurationRecord(
            chain: try chain.map { Int(try number($0, Int64.self)) } ?? 0, trajectory: Int(try number(trajectory, Int64.self)), checksum: try number(checksum, UInt64.self),
            actionDensity: try number(actionDensity, Double.self))
    }

    /// Reads configuration `index` into a field on any process grid and verifies it. *Collective.*
    /// - Throws: `LatticeError` naming file and configuration when the checksum or the action density is not the stored one.
    @discardableResult
    public func read(_ index: Int, into configuration: ScalarField) throws -> ConfigurationRecord {
        let geometry = configuration.geometry
        try requireExtents(geometry.extents)
        let record = try record(index)
        configuration.setBlock(
            try field.read(as: Double.self, offset: [index] + geometry.localOffsets, count: [1] + geometry.localExtents))
        try require(configuration.checksum(), record, index)
        try require(configuration.measure().actionDensity(description.action, dimension: geometry.dimension), record, index)
        return record
    }

    /// Reads configuration `index` whole, in lattice order, and measures and verifies it. One process, *not collective* for a file that
    /// one process has opened alone.
    /// - Throws: `LatticeError` as `read(_:into:)`.
    public func measure(_ index: Int, on lattice: PeriodicLattice) throws -> (record: ConfigurationRecord, measurement: FieldMeasurement) {
        try requireExtents(lattice.extents)
        let record = try record(index)
        let values = try field.read(as: Double.self, offset: [index] + lattice.extents.map { _ in 0 }, count: [1] + lattice.extents)
        try require(FieldChecksum.of(values), record, index)
        let measurement = FieldMeasurement(values, on: lattice)
        try require(measurement.actionDensity(description.action, dimension: lattice.dimension), record, index)
        return (record, measurement)
    }

    private func require(_ checksum: UInt64, _ record: ConfigurationRecord, _ index: Int) throws {
        guard checksum == record.checksum else {
            throw LatticeError(
                "\(path): configuration \(index) (chain \(record.chain), trajectory \(record.trajectory)) is damaged: checksum "
                    + "\(Self.text(checksum)), stored \(Self.text(record.checksum)); use another copy or leave it out")
        }
    }

    private func require(_ density: Double, _ record: ConfigurationRecord, _ index: Int) throws {
        guard abs(density - record.actionDensity) <= 1e-10 * max(1, abs(record.actionDensity)) else {
            throw LatticeError(
                "\(path): configuration \(index) (chain \(record.chain), trajectory \(record.trajectory)): action density \(density), stored "
                    + "\(record.actionDensity); the file's action b, c, d is not the one it was made with")
        }
    }

    private func requireExtents(_ extents: [Int]) throws {
        guard extents == description.extents else {
            throw LatticeError(
                "\(path): configurations of \(LatticeGeometry.text(description.extents)) sites, wanted \(LatticeGeometry.text(extents))")
        }
    }

    private static func text(_ checksum: UInt64) -> String { String(checksum, radix: 16) }
}
