import LatticeKernels
import MessagePassing
import Numerics

/// A real field on the sites of a cut lattice, in double precision, with its halo.
public final class ScalarField {
    public let geometry: LatticeGeometry
    /// The block with its halo, `geometry.framedVolume` numbers.
    public let storage: UnsafeMutablePointer<Double>
    let rows: RowTable
    private let halo: HaloExchange

    /// A field of zeros. *Collective.*
    public convenience init(_ geometry: LatticeGeometry) throws {
        try self.init(geometry, rows: RowTable(geometry), tag: 1)
    }

    init(_ geometry: LatticeGeometry, rows: RowTable, tag: Int) throws {
        self.geometry = geometry
        self.rows = rows
        storage = .allocate(capacity: geometry.framedVolume)
        storage.initialize(repeating: 0, count: geometry.framedVolume)
        halo = try HaloExchange(geometry, field: storage, tag: tag)
    }

    deinit { storage.deallocate() }

    /// Sends the faces off; sites of `rows.interior` may be used at once. *Collective.*
    func startHalo() throws { try halo.start() }
    /// Waits for the halo. *Collective.*
    func finishHalo() throws { try halo.finish() }
    /// Fills the halo. *Collective.*
    public func exchangeHalo() throws {
        try halo.start()
        try halo.finish()
    }

    /// Sets every site to the normal number of (stream, epoch, site): the same field on any process grid. *Not collective.*
    public func fillNormals(_ stream: RandomStream, epoch: UInt64) {
        for row in 0..<rows.count {
            let first = UInt64(rows.firstSites[row])
            ScalarFieldKernel.fillNormals(
                storage + rows.starts[row], stream: stream, epoch: epoch, sites: first..<first + UInt64(rows.length))
        }
    }

    /// Sets every site by its number on the whole lattice. *Not collective.*
    public func fill(_ value: (Int) -> Double) {
        for row in 0..<rows.count {
            for x in 0..<rows.length { storage[rows.starts[row] + x] = value(rows.firstSites[row] + x) }
        }
    }

    /// Copies the sites of another field of the same geometry. *Not collective.*
    public func copy(_ other: ScalarField) { storage.update(from: other.storage, count: geometry.framedVolume) }

    /// This rank's block without halo, row after row in lattice order. *Not collective.*
    public func block() -> [Double] {
        var values = [Double](repeating: 0, count: geometry.localVolume)
        forEachLatticeRow { position, start in
            for x in 0..<rows.length { values[position * rows.length + x] = storage[start + x] }
        }
        return values
    }

    /// Sets this rank's block from `block()` of a field of the same geometry. *Not collective.*
    public func setBlock(_ values: [Double]) {
        forEachLatticeRow { position, start in
            for x in 0..<rows.length { storage[start + x] = values[position * rows.length + x] }
        }
    }

    /// Calls `body` with each row's position in lattice order and its start in `storage`.
    private func forEachLatticeRow(_ body: (Int, Int) -> Void) {
        let order = (0..<rows.count).sorted { rows.starts[$0] < rows.starts[$1] }
        for (position, row) in order.enumerated() { body(position, rows.starts[row]) }
    }
}
