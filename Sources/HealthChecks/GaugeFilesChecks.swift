import GaugeFields
import GaugeFiles
import LatticeFields
import MessagePassing

/// Configurations of links in every format, written and read by these ranks.
func gaugeFilesChecks() -> [SelfCheck] {
    GaugeFormat.allCases.map { format in SelfCheck(name: format.rawValue) { try checkFormat(format, $0) } }
        + [SelfCheck(name: "damage", run: checkDamagedConfiguration)]
}

private func configuration(_ world: Communicator, processGrid: [Int]? = nil) throws -> GaugeField {
    let geometry = try LatticeGeometry(extents: [4, 4, 4, 4], processGrid: processGrid, communicator: world)
    let field = try GaugeField(SiteOrder(geometry, reach: .plaquettes), group: .su3)
    field.startHot(seed: 12)
    return field
}

private func checkFormat(_ format: GaugeFormat, _ world: Communicator) throws -> String {
    try withScratch(world) { scratch in
        let path = "\(scratch)/configuration", field = try configuration(world)
        let written = try GaugeFile.write(field.fileLinks(), to: path, GaugeFile.WritingOptions(format: format))
        let read = try GaugeFile.read(path, communicator: world)
        let other = try GaugeField(field.order, group: .su3)
        try other.setLinks(read.links)
        var worst = 0.0
        for (one, two) in zip(field.block(), other.block()) { worst = max(worst, abs(one - two)) }
        worst = try world.allReduce(worst, .max)
        // MILC's files are of single precision.
        try expect(worst <= (format == .milc ? 1e-6 : 0), "links come back with differences of \(worst)")
        try expectEqual(read.observables.plaquette, written.observables.plaquette, "plaquette")
        try world.barrier()
        return "plaquette \(read.observables.plaquette) verified\(worst > 0 ? ", links to \(worst)" : "")"
    }
}

private func checkDamagedConfiguration(_ world: Communicator) throws -> String {
    try withScratch(world) { scratch in
        let path = "\(scratch)/damaged"
        _ = try GaugeFile.write(configuration(world).fileLinks(), to: path, GaugeFile.WritingOptions(format: .ildg))
        try world.agree {
            guard world.isRoot else { return }
            var bytes = try readBytes(path)
            bytes[bytes.count / 2] ^= 4
            try writeBytes(path, bytes)
        }
        var message = ""
        do { _ = try GaugeFile.read(path, communicator: world) } catch { message = "\(error)" }
        try expect(message.contains(path), "a flipped bit was not refused: \(message.isEmpty ? "accepted" : message)")
        return "a flipped bit is refused"
    }
}
