import Batch
import Glibc
import MessagePassing
import ParallelHDF5

/// An open file of showers in the CLIC layout. Reads are domain-decomposed over showers: each rank asks for its own block.
public final class ShowerReader {
    public let path: String
    public let grid: ShowerGrid
    /// Showers in the file.
    public let count: Int
    /// Stored units per GeV.
    public let scale: Double
    private let file: HDF5File
    private let cells: HDF5Dataset
    private let energy: HDF5Dataset
    private let theta: HDF5Dataset?
    private let particle: HDF5Dataset?

    /// Opens a file and checks that all datasets are there and go together. *Collective.*
    /// - Parameters:
    ///   - grid: the wanted grid; nil takes any.
    ///   - scale: stored units per GeV where the file does not say.
    /// - Throws: `ShowerError` (exit code 65) for a file that is not whole, not HDF5 or not of this layout.
    public init(_ path: String, grid: ShowerGrid? = nil, scale: Double = ShowerLayout.scale, communicator: Communicator?) throws {
        self.path = path
        do {
            file = try HDF5File.open(path, communicator: communicator)
        } catch {
            // The operating system's refusals start so; all others mean that the content is no HDF5 file, or not all of one.
            guard "\(error)".contains("H5F") else { throw ShowerError("\(error)", exitCode: (error as? any ExitCoded)?.exitCode ?? 74) }
            throw ShowerError("\(path): cannot be used: \(Self.firstLine("\(error)")); wanted a whole HDF5 file, this one is truncated, damaged or none")
        }
        do {
            cells = try Self.dataset(ShowerLayout.cells, in: file)
            energy = try Self.dataset(ShowerLayout.energy, in: file)
            theta = try Self.optional(ShowerLayout.theta, in: file)
            particle = try Self.optional(ShowerLayout.particle, in: file)
            let shape = cells.shape
            guard shape.count == 4, shape[1...].allSatisfy({ $0 > 0 }) else {
                throw ShowerError("\(path): \(cells.path): found shape \(shape), wanted (showers, x, y, layers) as in (N, 51, 51, 25)")
            }
            count = shape[0]
            self.grid = ShowerGrid(x: shape[1], y: shape[2], layers: shape[3])
            if let grid, grid != self.grid {
                throw ShowerError("\(path): \(cells.path): found showers of \(self.grid) cells, wanted \(grid)")
            }
            guard count > 0 else { throw ShowerError("\(path): \(cells.path): found no showers, wanted at least 1") }
            guard [.float32, .float64].contains(cells.type) else {
                throw ShowerError("\(path): \(cells.path): found numbers of type \(cells.type), wanted float32 or float64")
            }
            for dataset in [energy, theta, particle].compactMap(\.self) {
                guard dataset.shape == [count] || dataset.shape == [count, 1] else {
                    throw ShowerError("\(path): \(dataset.path): found shape \(dataset.shape), wanted [\(count)] as \(cells.path) holds \(count) showers")
                }
            }
            self.scale =
                try cells.hasAttribute(ShowerLayout.scaleAttribute)
                ? cells.attribute(ShowerLayout.scaleAttribute, as: Double.self) : scale
            guard self.scale > 0, self.scale.isFinite else {
                throw ShowerError("\(path): \(cells.path): found the scale \(self.scale) units per GeV, wanted a positive number")
            }
        } catch {
            try? file.close()
            throw error
        }
    }

    /// Closes the file. *Collective.*
    public func close() throws { try file.close() }

    /// Opens a file, runs `body` and closes it, also after an error that all ranks share. *Collective.*
    public static func with<R>(
        _ path: String, grid: ShowerGrid? = nil, scale: Double = ShowerLayout.scale, communicator: Communicator?, _ body: (ShowerReader) throws -> R
    ) throws -> R {
        try HDF5File.alone {
            let reader = try ShowerReader(path, grid: grid, scale: scale, communicator: communicator)
            return try HDF5File.with(reader.file) { _ in try body(reader) }
        }
    }

    /// Reads showers `range` on this rank, an empty range to take part only. *Collective.*
    ///
    /// Values are as stored, over the scale: call `ShowerCheck` before using them.
    public func read(_ range: Range<Int>) throws -> ShowerBlock {
        let block = [range.count] + grid.extents
        let raw: [Float]
        let inverse = 1 / scale
        if cells.type == .float64 {
            raw = try cells.read(as: Double.self, offset: [range.lowerBound, 0, 0, 0], count: block).map { Float($0 * inverse) }
        } else {
            raw = try cells.read(as: Float.self, offset: [range.lowerBound, 0, 0, 0], count: block).map { Float(Double($0) * inverse) }
        }
        let energies = try column(energy, range, as: Double.self)
        let angles = try theta.map { try column($0, range, as: Double.self) } ?? [Double](repeating: .pi / 2, count: range.count)
        let particles = try particle.map { try column($0, range, as: Int64.self) } ?? [Int64](repeating: 11, count: range.count)
        return ShowerBlock(
            grid: grid, first: range.lowerBound, cells: raw, energy: energies, theta: angles,
            particle: particles.map { Int32(truncatingIfNeeded: $0) })
    }

    private func column<T: HDF5Scalar>(_ dataset: HDF5Dataset, _ range: Range<Int>, as type: T.Type) throws -> [T] {
        let tail = dataset.shape.count == 2
        return try dataset.read(
            as: type, offset: tail ? [range.lowerBound, 0] : [range.lowerBound], count: tail ? [range.count, 1] : [range.count])
    }

    private static func optional(_ name: String, in file: HDF5File) throws -> HDF5Dataset? {
        try file.root.hasObject(name) ? file.root.dataset(name) : nil
    }

    private static func dataset(_ name: String, in file: HDF5File) throws -> HDF5Dataset {
        guard try file.root.hasObject(name) else {
            let found = try file.root.memberNames
            throw ShowerError(
                "\(file.path): no dataset '\(name)'; found \(found.isEmpty ? "nothing" : found.joined(separator: ", ")), wanted ECAL, energy and theta")
        }
        return try file.root.dataset(name)
    }

    private static func firstLine(_ text: String) -> String { text.split(separator: "\n").first.map(String.init) ?? text }
}
