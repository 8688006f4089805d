import LatticeFields
import ParallelHDF5

/// The measurements of chains of U(1) configurations, one column an observable.
public struct AbelianSeries: Sendable, Equatable {
    public private(set) var plaquette: [Double] = []
    public private(set) var charge: [Double] = []
    /// Four numbers a configuration, or none.
    public private(set) var polyakov: [Double] = []
    /// `loopCount` numbers a configuration.
    public private(set) var loops: [Double] = []
    public let loopCount: Int
    public let hasPolyakov: Bool

    public init(loopCount: Int, hasPolyakov: Bool) {
        self.loopCount = loopCount
        self.hasPolyakov = hasPolyakov
    }

    public var count: Int { plaquette.count }

    /// Appends one configuration's measurement; it has the loops that the series has.
    public mutating func append(_ m: AbelianMeasurement) {
        precondition(m.loops.count == loopCount && m.polyakov.count == (hasPolyakov ? 4 : 0), "a series keeps one set of observables")
        plaquette.append(m.plaquette)
        charge.append(m.charge)
        polyakov += m.polyakov
        loops += m.loops
    }

    public subscript(index: Int) -> AbelianMeasurement {
        AbelianMeasurement(
            plaquette: plaquette[index], charge: charge[index], polyakov: hasPolyakov ? Array(polyakov[4 * index..<4 * index + 4]) : [],
            loops: Array(loops[index * loopCount..<(index + 1) * loopCount]))
    }

    /// Some of the configurations.
    public func part(_ range: Range<Int>) -> AbelianSeries {
        var part = AbelianSeries(loopCount: loopCount, hasPolyakov: hasPolyakov)
        for index in range.clamped(to: 0..<count) { part.append(self[index]) }
        return part
    }

    /// The square loops of one side.
    public func loop(side: Int) -> [Double] { (0..<count).map { loops[$0 * loopCount + side - 1] } }

    /// One of the four numbers of the Polyakov loops.
    public func polyakov(_ part: Int) -> [Double] { hasPolyakov ? (0..<count).map { polyakov[4 * $0 + part] } : [] }

    /// Writes the columns into a group. *Collective.*
    public func write(to group: HDF5Group) throws {
        try group.write("plaquette", plaquette).setAttribute("meaning", "sum of cos P / volume")
        try group.write("charge", charge).setAttribute("meaning", "topological charge, an integer")
        try group.write("polyakov", polyakov, shape: [hasPolyakov ? count : 0, 4])
            .setAttribute("meaning", "real and imaginary part of the Polyakov loop along the first axis, then the second, mean over the lattice")
        try group.write("loops", loops, shape: [count, loopCount])
            .setAttribute("meaning", "real part of square Wilson loops, 1, 2, ... a side, mean over the lattice")
    }

    /// Reads what `write` wrote. *Collective.*
    /// - Throws: `AbelianError` when columns differ in length.
    public init(from group: HDF5Group) throws {
        plaquette = try group.read("plaquette", as: Double.self)
        charge = try group.read("charge", as: Double.self)
        let lines = try group.dataset("polyakov"), squares = try group.dataset("loops")
        let count = plaquette.count
        guard charge.count == count, lines.shape.count == 2, lines.shape[1] == 4, [0, count].contains(lines.shape[0]), squares.shape.count == 2,
            squares.shape[0] == count
        else {
            throw AbelianError(
                "\(group.path): columns of \([count, charge.count]), Polyakov loops of shape \(lines.shape), loops of shape \(squares.shape); wanted one length for all")
        }
        polyakov = try lines.read(as: Double.self)
        loops = try squares.read(as: Double.self)
        loopCount = squares.shape[1]
        hasPolyakov = !polyakov.isEmpty
    }
}
