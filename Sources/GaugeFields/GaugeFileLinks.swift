import GaugeFiles
import GaugeKernels
import LatticeFields
import MessagePassing

// Fields of SU(3) in four dimensions and the links that files hold: axes t, z, y, x here are directions 3, 2, 1, 0 there.

extension GaugeField {
    /// The links as files hold them. *Not collective.* - Throws: `LatticeError` unless SU(3) in four dimensions.
    public func fileLinks() throws -> GaugeLinks {
        try requireFileable()
        var links = try GaugeLinks(order.geometry)
        let block = block()
        for site in 0..<order.geometry.localVolume {
            for axis in 0..<4 {
                let source = (site * 4 + axis) * 18, target = (site * 4 + 3 - axis) * 18
                for c in 0..<18 { links.values[target + c] = block[source + c] }
            }
        }
        return links
    }

    /// Takes links of a file, read on the same geometry. *Not collective.*
    public func setLinks(_ links: GaugeLinks) throws {
        try requireFileable()
        var block = [Double](repeating: 0, count: links.values.count)
        for site in 0..<order.geometry.localVolume {
            for axis in 0..<4 {
                let target = (site * 4 + axis) * 18, source = (site * 4 + 3 - axis) * 18
                for c in 0..<18 { block[target + c] = links.values[source + c] }
            }
        }
        setBlock(block)
    }

    private func requireFileable() throws {
        guard order.timeBoundary == .periodic else { throw LatticeError("configurations in files: open boundaries; the formats here hold periodic lattices") }
        guard group == .su3, dimension == 4 else {
            throw LatticeError("configurations in files: \(group.rawValue) in \(dimension) dimensions; the formats hold su3 in 4")
        }
    }
}
