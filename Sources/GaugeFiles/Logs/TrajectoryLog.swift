import Glibc
import Numerics

/// What a hybrid Monte Carlo of openQCD noted of each trajectory: `NAME.dat` of `ym1`.
///
/// Little-endian records of int32 trajectory, int32 accepted, float64 dH, float64 average plaquette, without a header.
public struct TrajectoryLog: Sendable {
    public let trajectories: [Int]
    public let accepted: [Bool]
    public let energyChanges: [Double]
    /// Tr U_P averaged, 3 on the unit configuration.
    public let plaquettes: [Double]

    private static let record = 24

    /// - Throws: `GaugeFileError` naming the record that is wrong. *Not collective.*
    public init(_ path: String) throws {
        let file = try FileBytes(path)
        guard file.count > 0, file.count % Self.record == 0 else {
            throw file.error("has \(file.count) bytes, wanted a multiple of \(Self.record) (trajectory, accepted, dH, plaquette): it is no log of ym1 (.dat), or cut short")
        }
        var trajectories: [Int] = [], accepted: [Bool] = [], changes: [Double] = [], plaquettes: [Double] = []
        for index in 0..<file.count / Self.record {
            let bytes = try file.bytes(index * Self.record, Self.record, "record \(index)")
            let number = Int(bytes.integer(0, isBigEndian: false) as Int32), flag = bytes.integer(4, isBigEndian: false) as Int32
            let change = Double(bitPattern: bytes.integer(8, isBigEndian: false)), plaquette = Double(bitPattern: bytes.integer(16, isBigEndian: false))
            guard number > trajectories.last ?? -1, flag == 0 || flag == 1, change.isFinite, abs(plaquette) <= 3.001 else {
                throw file.error(
                    "record \(index): trajectory \(number) after \(trajectories.last ?? 0), accepted \(flag), dH \(change), plaquette \(plaquette); wanted later trajectories, 0 or 1, and numbers of SU(3)")
            }
            trajectories.append(number)
            accepted.append(flag == 1)
            changes.append(change)
            plaquettes.append(plaquette)
        }
        (self.trajectories, self.accepted, energyChanges, self.plaquettes) = (trajectories, accepted, changes, plaquettes)
    }

    public var acceptanceRate: Double { Double(accepted.count { $0 }) / Double(max(1, accepted.count)) }
    /// ⟨exp(-dH)⟩, 1 for an exact algorithm. - Throws: `StatisticsError` for too few trajectories.
    public func exponential() throws -> GammaAnalysis { try GammaAnalysis(series: energyChanges.map { exp(-$0) }) }
    /// Tr U_P / 3. - Throws: `StatisticsError`.
    public func plaquette() throws -> GammaAnalysis { try GammaAnalysis(series: plaquettes.map { $0 / 3 }) }
}
