import CalorimeterShowers
import MessagePassing
import ParallelHDF5
import TestSupport

/// Small shower files of tests, written through HDF5 alone, as somebody else would.
enum ShowerSamples {
    static let grid = ShowerGrid(x: 5, y: 4, layers: 3)

    /// Stored cell of shower `i`: every cell a number of its own.
    static func cell(_ i: Int, _ k: Int) -> Float { Float(i + 1) * 0.5 + Float(k) * 0.0625 }

    /// Writes `count` showers; `change` edits the stored arrays before they are written, `without` leaves datasets out.
    static func write(
        _ path: String, count: Int = 37, without: String? = nil, grid: ShowerGrid = grid, energies: Int? = nil,
        change: (inout [Float], inout [Float]) -> Void = { _, _ in }
    ) throws {
        var cells = (0..<count).flatMap { i in (0..<grid.cells).map { cell(i, $0) } }
        var energy = (0..<(energies ?? count)).map { 10 + Float($0) }
        change(&cells, &energy)
        try HDF5File.with(.create(path, communicator: nil)) { file in
            if without != "ECAL" { try file.root.write("ECAL", cells, shape: [count] + grid.extents) }
            if without != "energy" { try file.root.write("energy", energy) }
            if without != "theta" { try file.root.write("theta", (0..<count).map { 1.2 + Float($0) * 0.01 }) }
        }
    }

    /// What a body throws, as text with its exit code.
    static func refusal(_ body: () throws -> Void) -> (message: String, code: Int32)? {
        do {
            try body()
            return nil
        } catch {
            return ("\(error)", (error as? any ExitCoded)?.exitCode ?? 70)
        }
    }
}
