import GaugeKernels
import Numerics

/// Loops of the samples of a flow, from links that have its plaquettes. *Not collective.*
package final class NonAbelianMeasurement {
    private let settings: NonAbelianSettings
    private let links: UnsafeMutablePointer<SiteLane>
    private let sums: UnsafeMutablePointer<SiteLane>

    package init(_ settings: NonAbelianSettings) {
        self.settings = settings
        // Two fields of links, two of the lines that loops are made of.
        links = SiteMemory.allocate(4 * settings.volume * settings.group.components)
        sums = SiteMemory.allocate(settings.loops)
    }

    deinit {
        links.deallocate()
        sums.deallocate()
    }

    /// Names of what is measured, as the command `gauge` has them.
    package var names: [String] {
        ["plaquette"] + stride(from: 1, through: settings.loops, by: 1).map { "wilson_\($0)x\($0)" } + ["polyakov_re", "polyakov_im", "polyakov_modulus"]
    }

    /// The numbers of sixteen samples, each in the order of `names`.
    package func measure(_ flow: NonAbelianFlow) -> [[Double]] {
        let group = settings.group, volume = settings.volume
        let extents = (settings.extents[0], settings.extents[1])
        let field = volume * group.components
        let scale = 1 / Double(group.degree * volume), lineScale = 1 / Double(group.degree * extents.1)
        return flow.fields.flatMap { part -> [[Double]] in
            let traces = TorusKernel.realTrace(group, part.plaquettes, count: volume)
            TorusLoops.links(
                group, first: links, second: links + field, plaquettes: part.plaquettes, holonomies: part.holonomies, extents: extents)
            TorusLoops.squares(
                group, first: links, second: links + field, extents: extents, count: settings.loops, lines: links + 2 * field, sums: sums)
            let (re, im) = TorusLoops.polyakov(group, links: links, extents: extents, axis: 0)
            return (0..<siteLaneWidth).map { lane in
                let x = re[lane] * lineScale, y = im[lane] * lineScale
                return [traces[lane] * scale] + (0..<settings.loops).map { sums[$0][lane] * scale } + [x, y, (x * x + y * y).squareRoot()]
            }
        }
    }
}
