import Foundation
import Numerics
import ParallelHDF5

/// Showers for the miniature networks, in the CLIC layout.
enum ToyShowers {
    static let cells = 500

    /// Writes 200 of them; `spoil` may change the numbers before they are written.
    static func write(_ path: String, spoil: (inout [Float]) -> Void = { _ in }) throws {
        let stream = RandomStream(seed: 7, purpose: .test)
        let count = 200
        var deposits = [Float](repeating: 0, count: count * cells)
        var energies: [Float] = [], angles: [Float] = []
        for sample in 0..<count {
            let energy = 10 + 90 * stream.uniform(epoch: 0, index: UInt64(sample), draw: 0)
            energies.append(Float(energy))
            angles.append(Float(1.1 + 0.9 * stream.uniform(epoch: 0, index: UInt64(sample), draw: 1)))
            for site in 0..<cells {
                let (x, y, z) = (site / 50, site / 5 % 10, site % 5)
                let r2 = pow(Double(x) - 4.5, 2) + pow(Double(y) - 4.5, 2)
                let e = 0.02 * energy * exp(-0.5 * r2 - 0.3 * pow(Double(z) - 2, 2)) * stream.uniform(epoch: 1, index: UInt64(sample), draw: UInt32(site))
                deposits[sample * cells + site] = e < 1e-3 ? 0 : Float(e)
            }
        }
        spoil(&deposits)
        try HDF5File.with(HDF5File.create(path, communicator: nil)) { file in
            try file.root.write("ECAL", deposits, shape: [count, 10, 10, 5])
            try file.root.write("energy", energies)
            try file.root.write("theta", angles)
        }
    }
}
