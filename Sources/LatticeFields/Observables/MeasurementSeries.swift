import ParallelHDF5

/// The measurements of a chain of configurations, one column an observable.
public struct MeasurementSeries: Sendable, Equatable {
    public private(set) var magnetization: [Double] = []
    public private(set) var square: [Double] = []
    public private(set) var fourth: [Double] = []
    public private(set) var neighbour: [Double] = []
    public private(set) var smallestMode: [Double] = []
    /// Slice after slice of every configuration.
    public private(set) var slices: [Double] = []
    public let sliceCount: Int

    public var count: Int { magnetization.count }

    public init(sliceCount: Int) { self.sliceCount = sliceCount }

    /// Appends one configuration's measurement.
    public mutating func append(_ m: FieldMeasurement) {
        magnetization.append(m.magnetization)
        square.append(m.square)
        fourth.append(m.fourth)
        neighbour.append(m.neighbour)
        smallestMode.append(m.smallestMode)
        slices += m.slices
    }

    /// The measurement of one configuration.
    public subscript(index: Int) -> FieldMeasurement {
        FieldMeasurement(
            magnetization: magnetization[index], square: square[index], fourth: fourth[index], neighbour: neighbour[index],
            smallestMode: smallestMode[index], slices: Array(slices[index * sliceCount..<(index + 1) * sliceCount]))
    }

    /// Some of the configurations.
    func part(_ range: Range<Int>) -> MeasurementSeries {
        var part = MeasurementSeries(sliceCount: sliceCount)
        for index in range.clamped(to: 0..<count) { part.append(self[index]) }
        return part
    }

    private static let names = ["magnetization", "square", "fourth", "neighbour", "smallest_mode"]
    private static let meanings = [
        "sum of phi / volume", "sum of phi^2 / volume", "sum of phi^4 / volume",
        "sum of phi_x phi_(x+mu) / (dimension volume)", "|sum of phi exp(ikx)|^2 / volume at the smallest momentum, mean over axes",
    ]

    /// Writes the columns into a group. *Collective.*
    public func write(to group: HDF5Group) throws {
        for (index, column) in [magnetization, square, fourth, neighbour, smallestMode].enumerated() {
            try group.write(Self.names[index], column, units: "lattice units").setAttribute("meaning", Self.meanings[index])
        }
        try group.write("slices", slices, shape: [count, sliceCount], units: "lattice units")
            .setAttribute("meaning", "mean of phi over each slice of the first axis")
    }

    /// Reads what `write` wrote. *Collective.*
    /// - Throws: `LatticeError` when columns differ in length.
    public init(from group: HDF5Group) throws {
        let columns = try Self.names.map { try group.read($0, as: Double.self) }
        let slices = try group.dataset("slices")
        guard Set(columns.map(\.count)).count == 1, slices.shape.count == 2, slices.shape[0] == columns[0].count else {
            throw LatticeError(
                "\(group.path): columns of \(columns.map(\.count)) and slices of shape \(slices.shape); wanted one length for all")
        }
        magnetization = columns[0]
        square = columns[1]
        fourth = columns[2]
        neighbour = columns[3]
        smallestMode = columns[4]
        sliceCount = slices.shape[1]
        self.slices = try slices.read(as: Double.self)
    }
}
