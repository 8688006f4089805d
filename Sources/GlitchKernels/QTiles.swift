import Numerics

/// A row of tiles of a Q plane: where its window lies in the spectrum, and how many tiles it gives.
public struct QTileRow: Sendable, Equatable {
    /// Bin of the window's middle, and bins on either side of it.
    public let middle, reach: Int
    /// A power of two above 2 reach.
    public let tiles: Int
    /// The 2 reach + 1 weights, normalisation included.
    public let window: [Float]

    public init(middle: Int, reach: Int, tiles: Int, window: [Float]) {
        (self.middle, self.reach, self.tiles, self.window) = (middle, reach, tiles, window)
    }
}

/// Energies of the tiles of a Q plane, of sixteen series at once. The plain reference is `QTransform` of the module `Glitches`.
public final class QTilesKernel {
    public let rows: [QTileRow]
    /// Tiles of the longest row.
    public let mostTiles: Int
    private let plans: [LaneFourier<Float>]
    private let work, result: UnsafeMutablePointer<Lane>

    /// nil where a row does not fit a spectrum of `bins` bins, or its tiles are no power of two that holds the window.
    public init?(rows: [QTileRow], bins: Int) {
        var byLength: [Int: LaneFourier<Float>] = [:]
        var plans: [LaneFourier<Float>] = []
        for row in rows {
            guard row.reach >= 0, row.middle >= row.reach, row.middle < bins - row.reach, row.window.count == 2 * row.reach + 1,
                row.tiles > 2 * row.reach, row.tiles & (row.tiles - 1) == 0,
                let plan = byLength[row.tiles] ?? LaneFourier<Float>(length: row.tiles)
            else { return nil }
            byLength[row.tiles] = plan
            plans.append(plan)
        }
        (self.rows, self.plans) = (rows, plans)
        mostTiles = rows.map(\.tiles).max() ?? 1
        work = .allocate(capacity: 2 * mostTiles)
        result = .allocate(capacity: 2 * mostTiles)
    }

    deinit {
        work.deallocate()
        result.deallocate()
    }

    /// Energies of row `index` into `energies`, one lane a tile.
    public func run(row index: Int, of spectrum: UnsafePointer<Lane>, into energies: UnsafeMutablePointer<Lane>) {
        let row = rows[index]
        let (tiles, reach) = (row.tiles, row.reach)
        row.window.withUnsafeBufferPointer { window in
            guard let window = window.baseAddress else { return }
            // Imaginary parts first: the transform back. Frequencies below the middle go to the end.
            let from = spectrum + 2 * row.middle
            for i in 0...reach {
                let weight = Lane(repeating: window[reach + i])
                work[2 * i] = from[2 * i + 1] * weight
                work[2 * i + 1] = from[2 * i] * weight
            }
            for i in 2 * (reach + 1)..<2 * (tiles - reach) { work[i] = .zero }
            if reach > 0 {
                for i in 1...reach {
                    let weight = Lane(repeating: window[reach - i])
                    work[2 * (tiles - i)] = from[1 - 2 * i] * weight
                    work[2 * (tiles - i) + 1] = from[-2 * i] * weight
                }
            }
        }
        plans[index].forward(work, to: result)
        for i in 0..<tiles {
            let (im, re) = (result[2 * i], result[2 * i + 1])
            energies[i] = (im * im).addingProduct(re, re)
        }
    }
}
