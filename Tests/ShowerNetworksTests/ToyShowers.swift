import Foundation
import Numerics
import ParallelHDF5

/// Showers for small networks, in the CLIC layout.
enum ToyShowers {
    static let cells = 500

    /// Writes `count` of them; `spoil` may change the numbers before they are written.
    static func write(_ path: String, count: Int = 200, extents: [Int] = [10, 10, 5], spoil: (inout [Float]) -> Void = { _ in }) throws {
        let stream = RandomStream(seed: 7, purpose: .test)
        let sites = extents.reduce(1, *)
        var deposits = [Float](repeating: 0, count: count * sites)
        var energies: [Float] = [], angles: [Float] = []
        for sample in 0..<count {
            let energy = 10 + 90 * stream.uniform(epoch: 0, index: UInt64(sample), draw: 0)
            energies.append(Float(energy))
            angles.append(Float(1.1 + 0.9 * stream.uniform(epoch: 0, index: UInt64(sample), draw: 1)))
            for site in 0..<sites {
                let (x, y, z) = (site / (extents[1] * extents[2]), site / extents[2] % extents[1], site % extents[2])
                let r2 = pow(Double(x) - 0.5 * Double(extents[0] - 1), 2) + pow(Double(y) - 0.5 * Double(extents[1] - 1), 2)
                let depth = Double(z - extents[2] / 2) * 5 / Double(extents[2])
                let e = 0.02 * energy * exp(-0.5 * r2 - 0.3 * depth * depth) * stream.uniform(epoch: 1, index: UInt64(sample), draw: UInt32(site))
                deposits[sample * sites + site] = e < 1e-3 ? 0 : Float(e)
            }
        }
        spoil(&deposits)
        try HDF5File.with(HDF5File.create(path, communicator: nil)) { file in
            try file.root.write("ECAL", deposits, shape: [count] + extents)
            try file.root.write("energy", energies)
            try file.root.write("theta", angles)
        }
    }
}
