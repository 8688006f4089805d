import LatticeFields

/// The odd points of openQCD's files and the links they hold (modules/archive/archive.c; directions 0..3 are t, x, y, z).
struct OpenQCDRecords {
    private let places: BlockPlaces
    /// Odd points in the order of the file: record number and coordinates (t, z, y, x) in the lattice.
    private let points: [(record: Int, global: SIMD4<Int>)]
    let order: PayloadOrder

    /// mu = x, y, z, t of each direction.
    private static let mu = [3, 0, 1, 2]
    private static let numbers = NumberFormat(bits: 64, isBigEndian: false)

    /// - Parameter withNext: also the odd points one step ahead of the block, which hold the links from its even points.
    init(_ geometry: LatticeGeometry, withNext: Bool) {
        let places = BlockPlaces(geometry: geometry)
        let n = geometry.localExtents, e = geometry.extents
        var points: [(record: Int, global: SIMD4<Int>)] = []
        func add(_ global: SIMD4<Int>) {
            guard global.wrappedSum() % 2 != 0 else { return }
            points.append(((((global[0] * e[3] + global[3]) * e[2] + global[2]) * e[1] + global[1]) / 2, global))
        }
        for t in 0..<n[0] {
            for z in 0..<n[1] {
                for y in 0..<n[2] {
                    for x in 0..<n[3] {
                        let local = SIMD4(t, z, y, x)
                        var global = local
                        for axis in 0..<4 { global[axis] += geometry.localOffsets[axis] }
                        add(global)
                        guard withNext else { continue }
                        for axis in 0..<4 where local[axis] == n[axis] - 1 {
                            let next = places.neighbour(global, axis: axis, step: 1)
                            if places.local(next) == nil { add(next) }
                        }
                    }
                }
            }
        }
        points.sort { $0.record < $1.record }
        self.places = places
        // On a block that reaches around the lattice, a point can be ahead of two sites.
        var unique: [(record: Int, global: SIMD4<Int>)] = []
        unique.reserveCapacity(points.count)
        for point in points where unique.last?.record != point.record { unique.append(point) }
        self.points = unique
        order = PayloadOrder(recordBytes: OpenQCDHeader.recordBytes, records: unique.map(\.record))
    }

    func decode(_ buffer: UnsafeRawBufferPointer, into links: inout GaugeLinks) {
        let block = links
        links.values.withUnsafeMutableBufferPointer { values in
            guard let base = values.baseAddress, let bytes = buffer.baseAddress else { return }
            for (slot, point) in points.enumerated() {
                for direction in 0..<4 {
                    let mu = Self.mu[direction], axis = GaugeLinks.axis(mu)
                    for side in 0..<2 {
                        let owner = side == 0 ? point.global : places.neighbour(point.global, axis: axis, step: -1)
                        guard let local = places.local(owner) else { continue }
                        let target = base + block.site(local) * GaugeLinks.numbersPerSite + mu * GaugeLinks.numbersPerLink
                        let source = bytes + slot * OpenQCDHeader.recordBytes + (2 * direction + side) * 144
                        for k in 0..<GaugeLinks.numbersPerLink { target[k] = Self.numbers.number(source, k) }
                    }
                }
            }
        }
    }

    /// *Collective*: links that end in the block come from its neighbours.
    func encode(_ links: GaugeLinks, into buffer: UnsafeMutableRawBufferPointer) throws {
        let halo = try LinkHalo(links, .backward)
        links.values.withUnsafeBufferPointer { values in
            guard let base = values.baseAddress, let bytes = buffer.baseAddress else { return }
            for (slot, point) in points.enumerated() {
                guard let local = places.local(point.global) else { continue }
                for direction in 0..<4 {
                    let mu = Self.mu[direction], axis = GaugeLinks.axis(mu)
                    func store(_ link: UnsafePointer<Double>, _ side: Int) {
                        let target = bytes + slot * OpenQCDHeader.recordBytes + (2 * direction + side) * 144
                        for k in 0..<GaugeLinks.numbersPerLink { Self.numbers.store(link[k], target, k) }
                    }
                    store(base + links.site(local) * GaugeLinks.numbersPerSite + mu * GaugeLinks.numbersPerLink, 0)
                    if local[axis] == 0 {
                        store(halo.site(beyond: local, axis: axis) + mu * GaugeLinks.numbersPerLink, 1)
                    } else {
                        var before = local
                        before[axis] -= 1
                        store(base + links.site(before) * GaugeLinks.numbersPerSite + mu * GaugeLinks.numbersPerLink, 1)
                    }
                }
            }
        }
    }
}
