import GaugeFiles
import GaugeKernels
import LatticeFields
import MessagePassing
import ParallelHDF5

/// A chain of measurements that the command `gauge` wrote, or that `sample` wrote of flows of SU(2) and SU(3).
public struct GaugeChainFile: Sendable {
    public let extents: [Int]
    public let group: GaugeGroup
    public let beta: Double
    public let rectangleCoefficient: Double
    public let boundary: String
    /// Updates between measurements, and core-seconds of the measured updates.
    public let measureEvery: Int
    public let coreSeconds: Double
    /// H after less H before each trajectory; empty for heat bath.
    public let energyChanges: [Double]
    public let series: GaugeSeries

    /// Whether an HDF5 file is one. *Not collective.*
    public static func isStored(in path: String) throws -> Bool {
        try HDF5File.with(HDF5File.open(path, communicator: nil)) { try $0.root.hasAttribute("gauge_group") }
    }

    /// Reads `gauge.h5`, or `samples.h5` and of it the Markov chain. One rank alone, *not collective*.
    /// - Throws: `LatticeError` or `HDF5Error` naming the file and what is wrong with it.
    public static func read(_ path: String) throws -> GaugeChainFile {
        try HDF5File.with(HDF5File.open(path, communicator: nil)) { file in
            let name = try file.root.stringAttribute("gauge_group")
            guard let group = GaugeGroup(rawValue: name) else { throw LatticeError("\(path): gauge_group '\(name)'; wanted su2 or su3") }
            var series = try GaugeSeries(from: file.root.group("series"))
            if try file.root.hasObject("chain") {
                let chain = try file.root.read("chain", as: Int64.self).map { Int($0) }
                if let wrong = chain.first(where: { !(0..<series.count).contains($0) }) {
                    throw LatticeError("\(path): chain names sample \(wrong) of \(series.count)")
                }
                series = series.picked(chain)
            }
            return GaugeChainFile(
                extents: try file.root.attributes("extents", as: Int64.self).map { Int($0) }, group: group,
                beta: try file.root.attribute("beta", as: Double.self),
                rectangleCoefficient: try file.root.hasAttribute("rectangle_coefficient") ? try file.root.attribute("rectangle_coefficient", as: Double.self) : 0,
                boundary: try file.root.hasAttribute("boundary") ? try file.root.stringAttribute("boundary") : TimeBoundary.periodic.rawValue,
                measureEvery: max(1, Int(try file.root.attribute("measure_every", as: Int64.self))),
                coreSeconds: try file.root.attribute("core_seconds", as: Double.self),
                energyChanges: try file.root.hasObject("energy_change") ? try file.root.read("energy_change", as: Double.self) : [], series: series)
        }
    }
}

/// Measures configurations in files of links. *Collective.*
public enum LinkFileMeasurement {
    /// Verifies a file and measures its plaquettes, its Polyakov loop, and, with `flow`, the gradient flow to t = `time` in steps of 0.02.
    /// - Throws: as `GaugeFile.read`.
    public static func measure(
        _ path: String, flowTime time: Double?, communicator: Communicator
    ) throws -> (extents: [Int], values: [(name: String, value: Double)], flow: [FlowPoint]) {
        let links = try GaugeFile.read(path, communicator: communicator).links
        let order = try SiteOrder(links.geometry)
        let field = try GaugeField(order, group: .su3)
        try field.setLinks(links)
        let observables = try GaugeObservables(field)
        let plaquettes = try observables.plaquettes()
        let polyakov = try observables.polyakovLoop()
        let clovers = try observables.cloverEnergyAndCharge()
        var points: [FlowPoint] = []
        if let time { points = try GradientFlow(order, group: .su3).run(from: field, step: 0.02, every: 5, count: max(1, Int((time / 0.1).rounded()))) }
        return (
            links.geometry.extents,
            [
                ("plaquette", plaquettes.all), ("plaquette_space", plaquettes.space), ("plaquette_time", plaquettes.time), ("polyakov_re", polyakov.re),
                ("polyakov_im", polyakov.im), ("clover_energy", clovers.energy), ("clover_charge", clovers.charge),
            ],
            points
        )
    }
}
