import Batch
import Glibc
import MessagePassing
import Numerics

/// Mean of a list of numbers over showers, with its standard error; sums are exact, so ranks and order do not matter.
public struct MeanProfile: Sendable {
    private(set) var sums: [ExactSum]
    private(set) var squares: [ExactSum]
    public private(set) var count = 0

    public init(length: Int) {
        sums = [ExactSum](repeating: ExactSum(), count: length)
        squares = sums
    }

    /// Adds a shower's numbers, each times `scale`.
    public mutating func add(_ values: [Double], scale: Double) {
        precondition(values.count == sums.count, "a profile has one length")
        for i in values.indices {
            let value = values[i] * scale
            sums[i].add(value)
            squares[i].add(value * value)
        }
        count += 1
    }

    mutating func reduce(_ communicator: Communicator) throws {
        try communicator.allReduce(&sums)
        try communicator.allReduce(&squares)
        count = try communicator.allReduce(count, .sum)
    }

    public var means: [Double] { sums.map { $0.value / Double(max(1, count)) } }

    /// Standard errors of the means.
    public var errors: [Double] {
        guard count > 1 else { return [Double](repeating: .infinity, count: sums.count) }
        let n = Double(count)
        return sums.indices.map { i in
            let mean = sums[i].value / n
            return (max(0, squares[i].value / n - mean * mean) / (n - 1)).squareRoot()
        }
    }
}

/// Profiles and cell energies of a set of showers.
public struct ShowerProfiles: Sendable {
    /// Energy over that of the primary, by layer and by row.
    public var depth: MeanProfile
    public var rowsX: MeanProfile
    public var rowsY: MeanProfile
    /// Cells by energy.
    public var cells: Histogram
    /// Showers that have energy in a cell, `[x][y][layer]`.
    public var occupancy: [Int64]

    static let cellAxis = BinAxis("cell_energy", units: "GeV", bins: 70, 1e-6, 10, logarithmic: true)

    init(grid: ShowerGrid) {
        depth = MeanProfile(length: grid.layers)
        rowsX = MeanProfile(length: grid.x)
        rowsY = MeanProfile(length: grid.y)
        cells = Histogram(Self.cellAxis)
        occupancy = [Int64](repeating: 0, count: grid.cells)
    }

    mutating func add(_ shower: ShowerObservables, energy: Double) {
        depth.add(shower.layers, scale: 1 / energy)
        rowsX.add(shower.rowsX, scale: 1 / energy)
        rowsY.add(shower.rowsY, scale: 1 / energy)
    }

    mutating func reduce(_ communicator: Communicator) throws {
        try depth.reduce(communicator)
        try rowsX.reduce(communicator)
        try rowsY.reduce(communicator)
        var counts = cells.all
        try communicator.allReduce(&counts, .sum)
        cells = Histogram(ShowerProfiles.cellAxis, all: counts)
        try communicator.allReduce(&occupancy, .sum)
    }
}

/// All that a comparison needs of a sample: profiles of the whole and of its halves, and one row of numbers a shower, in the order of the file.
public struct SampleSummary: Sendable {
    public let name: String
    public let grid: ShowerGrid
    public let count: Int
    public let whole: ShowerProfiles
    /// Showers of even and of odd number: two samples of one source.
    public let halves: [ShowerProfiles]
    public let energy: [Double]
    public let theta: [Double]
    /// `[kind][shower]`.
    public let values: [[Double]]
    /// `[shower][layer]`, GeV.
    public let layerEnergies: [[Double]]
    /// Numbers of the showers that classifiers see, evenly spread over the file, ascending.
    public let classified: [Int]
    /// Their coarse cells as `CoarseCells` has them; empty if no classifier wants them.
    public let coarse: [[Float]]

    /// Reads and measures a file on all ranks. *Collective.*
    /// - Throws: `ShowerError`, also for values that no calorimeter reads.
    public static func measure(
        _ path: String, settings: ValidationSettings, slope: [Double]?, context: JobContext, grid: ShowerGrid?
    ) throws -> SampleSummary {
        let communicator = context.communicator
        return try ShowerReader.with(path, grid: grid, scale: settings.inputScale, communicator: communicator) { reader in
            let grid = reader.grid
            let slope = slope.flatMap { $0.count == grid.layers ? $0 : nil } ?? (0..<grid.layers).map(Double.init)
            let count = min(reader.count, settings.maximumShowers ?? reader.count)
            let classified = spread(count, most: settings.classifier.maximumShowers)
            let cells = settings.classifier.inputs.contains(.voxels) ? CoarseCells(grid: grid, most: settings.classifier.voxels) : nil
            var next = 0
            var coarse: (places: [Int], values: [Float]) = ([], [])
            var whole = ShowerProfiles(grid: grid)
            var halves = [whole, whole]
            var rows: [Double] = []
            let plan = BlockPlan(count: count, ranks: communicator.size)
            let progress = context.progress(total: count, unit: "shower", label: path.split(separator: "/").last.map(String.init) ?? path)
            defer { progress.finish() }
            for round in 0..<plan.rounds {
                let block = try context.phases.measure(.io) { try reader.read(plan.range(round: round, rank: communicator.rank)) }
                try communicator.agree { try ShowerCheck.requireSound(block, file: path) }
                context.phases.measure(.compute) {
                    add(block, settings.cellThreshold, slope, &whole, &halves, &rows)
                    guard let cells else { return }
                    while next < classified.count, classified[next] < block.first { next += 1 }
                    while next < classified.count, classified[next] < block.first + block.count {
                        coarse.places.append(next)
                        coarse.values += cells.features(of: block, classified[next] - block.first, threshold: settings.cellThreshold)
                        next += 1
                    }
                }
                progress.advance(to: plan.done(after: round))
            }
            try whole.reduce(communicator)
            for h in halves.indices { try halves[h].reduce(communicator) }
            let width = ObservableKind.allCases.count + 2 + grid.layers
            let gathered = try communicator.allGather(rows).map { all in
                stride(from: 0, to: all.count, by: width).map { Array(all[$0..<$0 + width]) }
            }
            let ordered = plan.inOrder(gathered)
            let kinds = ObservableKind.allCases.count
            let images = try cells.map { try inOrder(coarse, width: $0.count, rows: classified.count, communicator) } ?? []
            return SampleSummary(
                name: path, grid: grid, count: count, whole: whole, halves: halves, energy: ordered.map { $0[0] }, theta: ordered.map { $0[1] },
                values: (0..<kinds).map { kind in ordered.map { $0[2 + kind] } }, layerEnergies: ordered.map { Array($0[(2 + kinds)...]) },
                classified: classified, coarse: images)
        }
    }

    /// At most `most` of `0..<count`, evenly spread.
    static func spread(_ count: Int, most: Int) -> [Int] { count <= most ? Array(0..<count) : (0..<most).map { $0 * count / most } }

    /// Rows that the ranks hold, each with its place, on all of them. *Collective.*
    private static func inOrder(
        _ own: (places: [Int], values: [Float]), width: Int, rows: Int, _ communicator: Communicator
    ) throws -> [[Float]] {
        var result = [[Float]](repeating: [], count: rows)
        for (places, values) in zip(try communicator.allGather(own.places), try communicator.allGather(own.values)) {
            for (k, place) in places.enumerated() { result[place] = Array(values[k * width..<(k + 1) * width]) }
        }
        return result
    }

    private static func add(
        _ block: ShowerBlock, _ threshold: Double, _ slope: [Double], _ whole: inout ShowerProfiles, _ halves: inout [ShowerProfiles],
        _ rows: inout [Double]
    ) {
        let limit = Float(threshold)
        block.cells.withUnsafeBufferPointer { cells in
            for i in 0..<block.count {
                let own = UnsafeBufferPointer(rebasing: cells[block.range(i)])
                let shower = ShowerObservables(own, grid: block.grid, threshold: threshold, slope: slope)
                let half = (block.first + i) % 2
                whole.add(shower, energy: block.energy[i])
                halves[half].add(shower, energy: block.energy[i])
                for (cell, value) in own.enumerated() where value > 0 && value >= limit {
                    whole.cells.add(Double(value))
                    halves[half].cells.add(Double(value))
                    whole.occupancy[cell] += 1
                    halves[half].occupancy[cell] += 1
                }
                rows += [block.energy[i], block.theta[i]]
                rows += ObservableKind.allCases.map { $0.value(shower, energy: block.energy[i], theta: block.theta[i]) }
                rows += shower.layers
            }
        }
    }

    /// Numbers of the showers of one half, 0 even and 1 odd.
    func half(_ h: Int) -> [Int] { Array(stride(from: h, to: count, by: 2)) }

    /// The vector of a shower that the high-level metrics compare: log10 of the energies, and the shape.
    func features(_ shower: Int) -> [Double] {
        [log10(energy[shower]), theta[shower]] + values.map { $0[shower].isFinite ? $0[shower] : 0 }
            + layerEnergies[shower].map { log10($0 + 1e-8) }
    }
}
