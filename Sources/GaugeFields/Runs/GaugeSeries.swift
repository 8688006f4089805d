import LatticeFields
import Numerics
import ParallelHDF5

/// What was measured of the configurations of a chain, and of some of them under the gradient flow.
public struct GaugeSeries: Sendable, Equatable {
    /// Numbers of one configuration, in a fixed order of names.
    public private(set) var names: [String] = []
    public private(set) var columns: [[Double]] = []
    /// Times of the flow's points, and E, E of plaquettes and Q point after point of each flowed configuration.
    public private(set) var flowTimes: [Double] = []
    public private(set) var flowEnergies: [Double] = []
    public private(set) var flowPlaquetteEnergies: [Double] = []
    public private(set) var flowCharges: [Double] = []

    public init() {}

    public var count: Int { columns.first?.count ?? 0 }
    public var flowCount: Int { flowTimes.isEmpty ? 0 : flowEnergies.count / flowTimes.count }

    /// Appends one configuration's numbers, always of the same names.
    public mutating func append(_ values: [(name: String, value: Double)]) {
        if names.isEmpty {
            names = values.map(\.name)
            columns = values.map { _ in [] }
        }
        precondition(names == values.map(\.name), "a series has the same columns in every row")
        for (k, value) in values.enumerated() { columns[k].append(value.value) }
    }

    public mutating func append(_ points: [FlowPoint]) {
        if flowTimes.isEmpty { flowTimes = points.map(\.time) }
        flowEnergies += points.map(\.energy)
        flowPlaquetteEnergies += points.map(\.plaquetteEnergy)
        flowCharges += points.map(\.charge)
    }

    /// Rows in the order of `indices`, without flows: of samples the Markov chain that holds them.
    public func picked(_ indices: [Int]) -> GaugeSeries {
        var series = GaugeSeries()
        series.names = names
        series.columns = columns.map { column in indices.map { column[$0] } }
        return series
    }

    /// Every column's estimate; of plaquettes, square Wilson loops and Polyakov loops beside the exact value on the torus of `theory`.
    /// - Throws: `StatisticsError` when a series holds what is not a number. *Not collective.*
    public func compared(with theory: CharacterExpansion) throws -> [ComparedEstimate] {
        var exact = ["plaquette": theory.plaquette, "polyakov_re": 0, "polyakov_im": 0]
        for side in 1...64 where side * side < theory.volume { exact["wilson_\(side)x\(side)"] = theory.wilsonLoop(area: side * side) }
        // A loop of real trace has no imaginary part to speak of.
        return try estimates(volume: theory.volume).filter { $0.value != 0 || $0.error != 0 }.map { ComparedEstimate($0, exact: exact[$0.name]) }
    }

    public subscript(name: String) -> [Double]? { names.firstIndex(of: name).map { columns[$0] } }

    /// Point `k` of every flowed configuration.
    private func column(_ values: [Double], _ k: Int) -> [Double] { (0..<flowCount).map { values[$0 * flowTimes.count + k] } }

    /// Every column's mean with its Gamma-method error, then the charge at the end of the flow, <Q²>/V and the scales of the flow.
    /// - Parameter volume: sites of the lattice.
    /// - Throws: `StatisticsError` when a series holds what is not a number. Series of fewer than 8 are left out. *Not collective.*
    public func estimates(volume: Int) throws -> [ObservableEstimate] {
        var rows: [ObservableEstimate] = []
        guard count >= 8 else { return rows }
        for (name, column) in zip(names, columns) { rows.append(ObservableEstimate(name, try GammaAnalysis(series: column))) }
        guard flowCount >= 8 else { return rows }
        let charges = column(flowCharges, flowTimes.count - 1)
        rows.append(ObservableEstimate("charge", try GammaAnalysis(series: charges)))
        rows.append(ObservableEstimate("charge_squared_density", try GammaAnalysis(series: charges.map { $0 * $0 / Double(volume) })))
        for (suffix, energies) in [("", flowEnergies), ("_plaquette", flowPlaquetteEnergies)] {
            let all = flowTimes.indices.map { column(energies, $0) }
            let means = all.map { $0.reduce(0, +) / Double($0.count) }
            for (name, scale) in [("t0", FlowScale.t0), ("w0_squared", FlowScale.w0Squared)] as [(String, ([Double], [Double], Double) -> Double?)] {
                guard let found = scale(flowTimes, means, 0.3) else { continue }
                // Only the points around the crossing matter to it.
                let near = flowTimes.indices.filter { abs(flowTimes[$0] - found) <= 3 * (flowTimes[1] - flowTimes[0]) }
                let analysis = try GammaAnalysis.derived(near.map { all[$0] }) { moved in
                    var energies = means
                    for (k, index) in near.enumerated() { energies[index] = moved[k] }
                    return scale(flowTimes, energies, 0.3) ?? found
                }
                rows.append(ObservableEstimate(name + suffix, analysis))
            }
        }
        return rows
    }

    /// *Collective.*
    public func write(to group: HDF5Group) throws {
        try group.setAttribute("names", names)
        for (name, column) in zip(names, columns) { try group.write(name, column, units: "lattice units") }
        guard !flowTimes.isEmpty else { return }
        let shape = [flowCount, flowTimes.count]
        try group.write("flow_time", flowTimes, units: "lattice units")
        try group.write("flow_energy", flowEnergies, shape: shape, units: "lattice units").setAttribute("meaning", "1/4 F_a F_a by clovers")
        try group.write("flow_plaquette_energy", flowPlaquetteEnergies, shape: shape, units: "lattice units")
            .setAttribute("meaning", "2 Re tr(1 - P) summed over the planes, a site")
        try group.write("flow_charge", flowCharges, shape: shape, units: "1").setAttribute("meaning", "topological charge by clovers")
    }

    /// Reads what `write` wrote. *Collective.*
    /// - Throws: `LatticeError` when columns differ in length.
    public init(from group: HDF5Group) throws {
        names = try group.stringAttributes("names")
        columns = try names.map { try group.read($0, as: Double.self) }
        guard Set(columns.map(\.count)).count <= 1 else {
            throw LatticeError("\(group.path): columns of \(columns.map(\.count)) numbers; wanted one length for all")
        }
        guard try group.hasObject("flow_time") else { return }
        flowTimes = try group.read("flow_time", as: Double.self)
        flowEnergies = try group.read("flow_energy", as: Double.self)
        flowPlaquetteEnergies = try group.read("flow_plaquette_energy", as: Double.self)
        flowCharges = try group.read("flow_charge", as: Double.self)
        guard !flowTimes.isEmpty, flowEnergies.count % flowTimes.count == 0, flowPlaquetteEnergies.count == flowEnergies.count,
            flowCharges.count == flowEnergies.count
        else {
            throw LatticeError("\(group.path): \(flowEnergies.count) energies at \(flowTimes.count) flow times; wanted a multiple")
        }
    }
}
