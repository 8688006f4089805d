import Batch
import GaugeKernels
import LatticeFields
import MessagePassing

/// The field at one flow time.
public struct FlowPoint: Sendable, Equatable {
    public let time: Double
    /// E by clovers, and from plaquettes: 2 Σ Re tr(1 - P) a site.
    public let energy: Double
    public let plaquetteEnergy: Double
    /// Topological charge by clovers.
    public let charge: Double
}

/// Sums over each slice of time at one flow time.
public struct FlowSlices: Sendable, Equatable {
    public let wilson: [Double]
    public let clover: [Double]
    public let charge: [Double]
}

/// The gradient flow of Wilson's action: dV/dt = -g0² (∂S) V (Lüscher, arXiv:1006.4518), by the Runge-Kutta scheme of its appendix C.
public final class GradientFlow {
    /// The flowed field.
    public let field: GaugeField
    private let order: SiteOrder
    private let observables: GaugeObservables
    private let momenta: UnsafeMutablePointer<SiteLane>
    public private(set) var time = 0.0

    /// *Collective.*
    public init(_ order: SiteOrder, group: GaugeGroup) throws {
        self.order = order
        field = try GaugeField(order, group: group)
        observables = try GaugeObservables(field)
        momenta = SiteMemory.allocate(order.vectors * order.geometry.dimension * group.generators)
    }

    deinit { momenta.deallocate() }

    /// Flows a copy of a field, and measures it at time 0 and after every `every` steps of size `step`, `count` times. *Collective.*
    /// - Parameter observe: is called at each of these times.
    public func run(from start: GaugeField, step: Double, every: Int, count: Int, observe: (GaugeObservables) throws -> Void = { _ in }) throws -> [FlowPoint] {
        field.copy(start)
        time = 0
        var points = [try measure()]
        try observe(observables)
        for index in 0..<count * every {
            try advance(step)
            // Not a sum of steps, which would carry their rounding.
            time = Double(index + 1) * step
            guard (index + 1) % every == 0 else { continue }
            points.append(try measure())
            try observe(observables)
        }
        return points
    }

    /// One step of the third-order scheme; its three stages need one array of generators. *Collective.*
    public func advance(_ step: Double) throws {
        // ¼ Z0; 8/9 Z1 - 17/36 Z0; ¾ Z2 - 8/9 Z1 + 17/36 Z0.
        try stage(keep: 0, step: step / 4)
        try stage(keep: -17.0 / 9, step: step * 8 / 9)
        try stage(keep: -1, step: step * 3 / 4)
    }

    private func stage(keep: Double, step: Double) throws {
        try field.startHalo()
        StapleKernel.kick(field.flowView, vectors: order.interior, momenta: momenta, keep: keep, step: step)
        try field.finishHalo()
        StapleKernel.kick(field.flowView, vectors: order.boundary, momenta: momenta, keep: keep, step: step)
        DynamicsKernel.drift(field.view, vectors: order.all, momenta: momenta, step: 1)
    }

    private func measure() throws -> FlowPoint {
        let plaquettes = try observables.plaquettes()
        let (energy, charge) = try observables.cloverEnergyAndCharge()
        let d = Double(order.geometry.dimension), degree = Double(field.group.degree)
        return FlowPoint(
            time: time, energy: energy, plaquetteEnergy: 2 * degree * (1 - plaquettes.all) * d * (d - 1) / 2, charge: charge)
    }
}

/// The reference scales t0 and w0² of energies at flow times (Lüscher, arXiv:1006.4518, equation 4.1; Borsányi et al., arXiv:1203.4469).
public enum FlowScale {
    /// t with t² E(t) = `reference`, between points by a straight line in t² E; nil where the flow does not get there.
    public static func t0(times: [Double], energies: [Double], reference: Double = 0.3) -> Double? {
        crossing(times, zip(times, energies).map { $0 * $0 * $1 }, reference)
    }

    /// w0² = t with t d/dt (t² E) = `reference`, the derivative by central differences.
    public static func w0Squared(times: [Double], energies: [Double], reference: Double = 0.3) -> Double? {
        guard times.count >= 3 else { return nil }
        let values = zip(times, energies).map { $0 * $0 * $1 }
        let inner = 1..<times.count - 1
        let slopes = inner.map { times[$0] * (values[$0 + 1] - values[$0 - 1]) / (times[$0 + 1] - times[$0 - 1]) }
        return crossing(inner.map { times[$0] }, slopes, reference)
    }

    private static func crossing(_ times: [Double], _ values: [Double], _ reference: Double) -> Double? {
        for k in values.indices.dropLast() where values[k] < reference && values[k + 1] >= reference {
            return times[k] + (reference - values[k]) / (values[k + 1] - values[k]) * (times[k + 1] - times[k])
        }
        return nil
    }
}
