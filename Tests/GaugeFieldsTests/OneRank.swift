import GaugeFields
import GaugeKernels
import LatticeFields
import MessagePassing
import Testing

/// Suites that use MPI inside the test process, one test at a time: MPI is started for a single thread.
@Suite("Gauge fields on one rank", .serialized)
enum OneRank {}

extension OneRank {
    /// A disordered field on one rank.
    static func field(_ extents: [Int], _ group: GaugeGroup, reach: Reach = .rectangles, seed: UInt64 = 11) throws -> GaugeField {
        let geometry = try LatticeGeometry(extents: extents, communicator: MessagePassing.start())
        let field = try GaugeField(SiteOrder(geometry, reach: reach), group: group)
        field.startHot(seed: seed)
        return field
    }
}
