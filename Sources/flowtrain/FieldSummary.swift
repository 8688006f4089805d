import AbelianFields
import GaugeFields
import GaugeFiles
import GaugeKernels
import LatticeFields
import MessagePassing

/// What a file of a field in our own LIME records holds: verified, and measured by the library that knows the field.
enum FieldSummary {
    /// *Collective.*
    /// - Throws: `GaugeFileError` where the file or what it holds is not what it says.
    static func text(_ path: String, communicator: Communicator) throws -> String {
        let found = try FieldFile.read(path, communicator: communicator)
        let header = found.header
        var lines = ["\(path): \(header.kind.rawValue), \(header.shape) (axis 0 first)\(header.hasOpenTime ? ", open time" : ""), 64 bit big-endian, verified"]
        switch header.kind {
        case .scalar:
            let field = try ScalarField(found.geometry)
            field.setBlock(found.values)
            let measured = try field.measure()
            lines.append("  mean \(measured.magnetization), mean square \(measured.square)")
        case .u1gauge:
            let largest = found.values.reduce(0) { max($0, abs($1)) }
            guard try communicator.allReduce(largest, .max) <= Double.pi else { throw GaugeFileError(path, "angles up to \(largest) rad; wanted -pi to pi") }
            let field = try AbelianField(found.geometry)
            for direction in 0..<2 { field.links[direction].setBlock(stride(from: direction, to: found.values.count, by: 2).map { found.values[$0] }) }
            let measured = try field.measure(loops: 0)
            lines.append("  plaquette \(measured.plaquette), topological charge \(measured.charge)")
        case .su2gauge, .su3gauge:
            lines += try gaugeLines(path, found.geometry, header, found.values)
        }
        lines.append("  cksum of the payload \(found.checksums.posix), \(found.checksums.bytes) bytes")
        if let name = header.logicalName { lines.append("  logical name \(name)") }
        return lines.joined(separator: "\n")
    }

    private static func gaugeLines(_ path: String, _ geometry: LatticeGeometry, _ header: FieldFileHeader, _ values: [Double]) throws -> [String] {
        let order = try SiteOrder(geometry, boundary: header.hasOpenTime ? .open : .periodic)
        let field = try GaugeField(order, group: header.kind == .su2gauge ? .su2 : .su3)
        field.setBlock(values)
        let defect = try field.unitarityDefect()
        guard defect <= 1e-5 else { throw GaugeFileError(path, "links that are not in the group: off by up to \(defect), wanted at most 1e-5") }
        let observables = try GaugeObservables(field)
        var lines = ["  plaquette \(try observables.plaquettes().all), unitarity within \(defect)"]
        if geometry.dimension == 4 { lines.append("  clover charge \(try observables.cloverEnergyAndCharge().charge)") }
        return lines
    }
}
