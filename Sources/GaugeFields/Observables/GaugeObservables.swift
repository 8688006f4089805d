import GaugeKernels
import LatticeFields
import MessagePassing
import Numerics

/// Averages over the plaquettes of a field: Re tr P / N.
public struct PlaquetteAverages: Sendable, Equatable {
    public let all: Double
    /// Over planes without axis 0, which is time; NaN in two dimensions.
    public let space: Double
    public let time: Double
}

/// Measures a gauge field: action, plaquettes, loops, topological charge, all summed exactly, so the same bits on any ranks.
public final class GaugeObservables {
    private let field: GaugeField
    private let order: SiteOrder
    private let rectangles: [LinkPath]
    private let leaves: [[LinkPath]]

    /// *Collective.*
    public init(_ field: GaugeField) throws {
        self.field = field
        order = field.order
        rectangles = order.reach == .rectangles ? try order.rectangles() : []
        leaves = try order.cloverLeaves()
    }

    private var volume: Double { Double(order.geometry.volume) }
    /// Sites that have plaquettes along time, and, by weight, those with plaquettes of space: between open ends there is one slice less.
    private var plaquetteVolume: Double { order.weights == nil ? volume : volume - slice }
    private var slice: Double { volume / Double(order.geometry.extents[0]) }
    private var degree: Double { Double(field.group.degree) }

    /// S. *Collective.*
    public func action(_ action: GaugeAction) throws -> (value: Double, isValid: Bool) {
        try field.exchangeHalo()
        return try actionOfFilledHalo(action)
    }

    func actionOfFilledHalo(_ action: GaugeAction) throws -> (value: Double, isValid: Bool) {
        let (time, space) = planes
        weighPlaquettes()
        var sums = order.localSums(field.terms, perSite: 2)
        if !action.isWilson {
            PathKernel.realTraces(field.view, vectors: order.all, paths: rectangles, terms: field.terms)
            sums += order.localSums(field.terms, perSite: 1)
        }
        try order.geometry.grid.communicator.allReduce(&sums)
        let plaquettes = plaquetteVolume * (time + space) - (sums[0].value + sums[1].value) / degree
        var value = action.beta * action.plaquetteCoefficient * plaquettes
        if !action.isWilson {
            value += action.beta * action.rectangleCoefficient * (volume * Double(rectangles.count) - sums[2].value / degree)
        }
        return (value, sums.allSatisfy(\.isValid))
    }

    /// Planes with and without axis 0.
    private var planes: (time: Double, space: Double) {
        let d = field.dimension
        return (Double(d - 1), Double((d - 1) * (d - 2) / 2))
    }

    /// *Collective.*
    public func plaquettes() throws -> PlaquetteAverages {
        try field.exchangeHalo()
        let (time, space) = planes
        weighPlaquettes()
        let sums = try order.sums(field.terms, perSite: 2)
        let volume = plaquetteVolume
        return PlaquetteAverages(
            all: (sums[0].value + sums[1].value) / (volume * degree * (time + space)), space: sums[0].value / (volume * degree * space),
            time: sums[1].value / (volume * degree * time))
    }

    /// Traces of each site's plaquettes, in space and along time, as they count in the action.
    private func weighPlaquettes() {
        PathKernel.plaquettes(field.view, vectors: order.all, terms: field.terms)
        guard let weights = order.weights else { return }
        for v in 0..<order.vectors { field.terms[2 * v] *= weights.action[2 * v + 1] }
    }

    /// Average of Re tr R / N over rectangles of two by one; nil where the field's order does not reach so far. *Collective.*
    public func rectangle() throws -> Double? {
        guard !rectangles.isEmpty else { return nil }
        try field.exchangeHalo()
        PathKernel.realTraces(field.view, vectors: order.all, paths: rectangles, terms: field.terms)
        return try order.sums(field.terms, perSite: 1)[0].value / (volume * degree * Double(rectangles.count))
    }

    /// The field strength by clovers: E = ½ Σ_{mu<nu} F_a² averaged over sites, and the topological charge (0 but in four dimensions); between open ends of time, which
    /// have no clovers. *Collective.*
    public func cloverEnergyAndCharge() throws -> (energy: Double, charge: Double) {
        try field.exchangeHalo()
        PathKernel.clovers(field.view, vectors: order.all, leaves: leaves, terms: field.terms)
        if let weights = order.weights {
            for v in 0..<order.vectors {
                field.terms[2 * v] *= weights.interior[v]
                field.terms[2 * v + 1] *= weights.interior[v]
            }
        }
        let sums = try order.sums(field.terms, perSite: 2)
        return (sums[0].value / (order.weights == nil ? volume : volume - 2 * slice), sums[1].value)
    }

    /// What openQCD's flow logs keep of each slice of a periodic lattice's time: Wilson's action density 2 Σ Re tr(1 - P), of planes along time half on
    /// either slice, the density by clovers, and the charge, each summed over the slice. *Collective.*
    func slices() throws -> FlowSlices {
        try field.exchangeHalo()
        let (time, space) = planes
        PathKernel.plaquettes(field.view, vectors: order.all, terms: field.terms)
        let traces = try order.sliceSums(field.terms, perSite: 2)
        PathKernel.clovers(field.view, vectors: order.all, leaves: leaves, terms: field.terms)
        let clovers = try order.sliceSums(field.terms, perSite: 2)
        let inSpace = traces.map { 2 * (slice * degree * space - $0[0]) }, ahead = traces.map { 2 * (slice * degree * time - $0[1]) }
        let count = traces.count
        return FlowSlices(
            wilson: (0..<count).map { inSpace[$0] + 0.5 * (ahead[$0] + ahead[($0 + count - 1) % count]) }, clover: clovers.map { $0[0] },
            charge: clovers.map { $0[1] })
    }

    /// tr of the product of all links along an axis from each site, over N, averaged: the Polyakov loop; 0 along a time with ends. *Collective.*
    public func polyakovLoop(axis: Int = 0) throws -> (re: Double, im: Double) {
        var lines = try MatrixField(order, group: field.group, directions: 1)
        var longer = try MatrixField(order, group: field.group, directions: 1)
        for _ in 0..<order.geometry.extents[axis] {
            try lines.exchangeHalo()
            LineKernel.extend(field.view, vectors: order.all, direction: axis, lines: lines.storage, out: longer.storage)
            swap(&lines, &longer)
        }
        LineKernel.traces(field.group, vectors: order.all, lines: lines.storage, terms: field.terms)
        let sums = try order.sums(field.terms, perSite: 2)
        return (sums[0].value / (volume * degree), sums[1].value / (volume * degree))
    }

    /// Re tr W(R, T) / N, R along an axis of space, T along axis 0, averaged over sites and axes: `[R - 1][T - 1]` for R, T = 1 ... size; between open ends over the loops
    /// that fit. *Collective.*
    public func wilsonLoops(size: Int) throws -> [[Double]] {
        var result = [[Double]](repeating: [Double](repeating: 0, count: size), count: size)
        let axes = field.dimension - 1
        var spare = try MatrixField(order, group: field.group, directions: 1)
        func replace(_ lines: inout MatrixField, _ kernel: (MatrixField, MatrixField) -> Void) throws {
            try lines.exchangeHalo()
            kernel(lines, spare)
            swap(&lines, &spare)
        }
        for axis in 1...axes {
            // Lines of each length along time, moved along the axis as the loop grows.
            var times: [MatrixField] = []
            for length in 1...size {
                let line = try MatrixField(order, group: field.group, directions: 1)
                times.append(line)
                if length > 1 { line.storage.update(from: times[length - 2].storage, count: order.framedVectors * field.group.components) }
                try replace(&times[length - 1]) {
                    LineKernel.extend(field.view, vectors: order.all, direction: 0, lines: $0.storage, out: $1.storage)
                }
            }
            let starts = times.map { $0.block() }
            var bottom = try MatrixField(order, group: field.group, directions: 1)
            for width in 1...size {
                try replace(&bottom) {
                    LineKernel.extend(field.view, vectors: order.all, direction: axis, lines: $0.storage, out: $1.storage)
                }
                var top = try MatrixField(order, group: field.group, directions: 1)
                top.storage.update(from: bottom.storage, count: order.framedVectors * field.group.components)
                let left = try MatrixField(order, group: field.group, directions: 1)
                for length in 1...size {
                    try replace(&times[length - 1]) {
                        LineKernel.shift(field.view, vectors: order.all, direction: axis, lines: $0.storage, out: $1.storage)
                    }
                    try replace(&top) { LineKernel.shift(field.view, vectors: order.all, direction: 0, lines: $0.storage, out: $1.storage) }
                    left.setBlock(starts[length - 1])
                    LineKernel.loops(
                        field.group, vectors: order.all, bottom: bottom.storage, right: times[length - 1].storage, top: top.storage,
                        left: left.storage, terms: field.terms)
                    let sum = try order.sums(field.terms, perSite: 1)[0].value
                    let loops = order.weights == nil ? volume : max(1, volume - Double(length) * slice)
                    result[width - 1][length - 1] += sum / (loops * degree * Double(axes))
                }
            }
        }
        return result
    }
}
