import CalorimeterShowers
import Foundation
import ParallelHDF5
import TestSupport
import Testing

@Suite("Files of the CLIC layout")
struct ShowerFileTests {
    let directory: TemporaryDirectory
    var path: String { directory.path("showers.h5") }

    init() throws { directory = try TemporaryDirectory() }

    @Test("cells come back in GeV: stored units over 50, or over what the file says")
    func units() throws {
        try ShowerSamples.write(path)
        let block = try ShowerReader.with(path, communicator: nil) { try $0.read(3..<5) }
        #expect(block.grid == ShowerSamples.grid)
        #expect(block.energy == [13, 14])
        #expect(block.cells[60 + 7] == Float(Double(ShowerSamples.cell(4, 7)) / 50))
        #expect(block.particle == [11, 11])
        try HDF5File.with(.open(path, communicator: nil, writable: true)) { try $0.root.dataset("ECAL").setAttribute("scale_per_gev", 1.0) }
        #expect(try ShowerReader.with(path, communicator: nil) { try $0.read(4..<5).cells[7] } == ShowerSamples.cell(4, 7))
    }

    @Test("what the writer stores, the reader returns")
    func roundTrip() throws {
        let grid = ShowerSamples.grid
        let cells = (0..<20 * grid.cells).map { Float($0 % 97) * 0.25 }
        let block = ShowerBlock(
            grid: grid, first: 0, cells: cells, energy: (0..<20).map { 10 + Double($0) }, theta: [Double](repeating: 1.5, count: 20),
            particle: [Int32](repeating: 22, count: 20))
        try HDF5File.with(.create(path, communicator: nil)) { file in
            try ShowerWriter(file.root, grid: grid, count: 20).write(block)
        }
        let back = try ShowerReader.with(path, grid: grid, communicator: nil) { try $0.read(0..<20) }
        #expect(back.cells == cells)
        #expect(back.energy == block.energy && back.theta == block.theta && back.particle == block.particle)
        let sums = try HDF5File.with(.open(path, communicator: nil)) { try $0.root.read("sum", as: Float.self) }
        #expect(sums[2] == cells[2 * grid.cells..<3 * grid.cells].reduce(0, +) * 50)
    }

    @Test("a missing dataset, a wrong shape, another grid: file, dataset, found and wanted, exit code 65")
    func shapes() throws {
        func refuse(_ parts: String..., grid: ShowerGrid? = nil) {
            let refusal = ShowerSamples.refusal { try ShowerReader.with(path, grid: grid, communicator: nil) { _ in } }
            #expect(refusal?.code == 65)
            for part in parts + [path] { #expect(refusal?.message.contains(part) == true, "\(part) in \(refusal?.message ?? "no error")") }
        }
        for name in ["ECAL", "energy"] {
            try ShowerSamples.write(path, without: name)
            refuse("no dataset '\(name)'", "found", "wanted")
        }
        try ShowerSamples.write(path, energies: 36)
        refuse("energy", "[36]", "[37]")
        try ShowerSamples.write(path)
        refuse("5 x 4 x 3", "51 x 51 x 25", grid: .clic)
        try HDF5File.with(.create(path, communicator: nil)) { file in
            try file.root.write("ECAL", [Float](repeating: 1, count: 12), shape: [3, 4])
            try file.root.write("energy", [Float](repeating: 1, count: 3))
        }
        refuse("ECAL", "[3, 4]", "layers")
    }

    @Test("a truncated file and a text file are told from a missing one")
    func damaged() throws {
        try ShowerSamples.write(path)
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        for bytes in [whole.prefix(whole.count / 2), Data("no HDF5".utf8), Data()] {
            try bytes.write(to: URL(fileURLWithPath: path))
            let refusal = ShowerSamples.refusal { try ShowerReader.with(path, communicator: nil) { _ in } }
            #expect(refusal?.code == 65)
            #expect(refusal?.message.contains(path) == true && refusal?.message.contains("truncated") == true, "\(refusal?.message ?? "")")
        }
        let missing = ShowerSamples.refusal { try ShowerReader.with(directory.path("none.h5"), communicator: nil) { _ in } }
        #expect(missing?.code == 74)
        #expect(missing?.message.contains("No such file") == true)
    }

    @Test("values that no calorimeter reads: which shower, which cell, what was found")
    func values() throws {
        let cells = ShowerSamples.grid.cells
        func refusal(_ change: (inout [Float], inout [Float]) -> Void) throws -> String {
            try ShowerSamples.write(path, change: change)
            let refusal = ShowerSamples.refusal {
                try ShowerReader.with(path, communicator: nil) { try ShowerCheck.requireSound($0.read(0..<37), file: path) }
            }
            #expect(refusal?.code == 65)
            return refusal?.message ?? ""
        }
        // Cell 29 of a shower is [2, 1, 2] of 5 x 4 x 3.
        let notANumber = try refusal { stored, _ in stored[5 * cells + 29] = .nan }
        #expect(notANumber.contains("shower 5") && notANumber.contains("[2, 1, 2]") && notANumber.contains("nan"), "\(notANumber)")
        let negative = try refusal { stored, _ in stored[6 * cells + 29] = -0.5 }
        #expect(negative.contains("shower 6") && negative.contains("-0.01 GeV") && negative.contains("[2, 1, 2]"), "\(negative)")
        let empty = try refusal { stored, _ in for k in 7 * cells..<8 * cells { stored[k] = 0 } }
        #expect(empty.contains("shower 7") && empty.contains("no energy"), "\(empty)")
        let primary = try refusal { _, energy in energy[8] = 0 }
        #expect(primary.contains("shower 8") && primary.contains("/energy") && primary.contains("0.0 GeV"), "\(primary)")
        #expect(try refusal { _, energy in energy[9] = .infinity }.contains("shower 9"))
    }
}
