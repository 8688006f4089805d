import Numerics

/// What a coupling flow's layers ask of its workspace: counted once, when the flow is built.
struct CouplingWorkspaceLayout {
    private(set) var lanes = 0
    private(set) var floats = 0
    private(set) var doubles = 0

    mutating func reserveLanes(_ count: Int) -> Int {
        defer { lanes += count }
        return lanes
    }

    mutating func reserveFloats(_ count: Int) -> Int {
        defer { floats += count }
        return floats
    }

    mutating func reserveDoubles(_ count: Int) -> Int {
        defer { doubles += count }
        return doubles
    }
}

/// The memory of one shard's forward and backward pass, allocated once.
final class CouplingWorkspace {
    let lanes: UnsafeMutablePointer<Lane>
    let floats: UnsafeMutablePointer<Float>
    let doubles: UnsafeMutablePointer<Double>
    let laneCount: Int
    /// Of the spectral layer: its constant log determinant, and the summed cotangent of it.
    var spectralLogDeterminant = 0.0
    var spectralWeight = 0.0

    init(_ layout: CouplingWorkspaceLayout) {
        laneCount = max(1, layout.lanes)
        lanes = .allocate(capacity: laneCount)
        lanes.initialize(repeating: .zero, count: laneCount)
        let floatCount = max(1, layout.floats)
        floats = .allocate(capacity: floatCount)
        floats.initialize(repeating: 0, count: floatCount)
        let doubleCount = max(1, layout.doubles)
        doubles = .allocate(capacity: doubleCount)
        doubles.initialize(repeating: 0, count: doubleCount)
    }

    deinit {
        lanes.deallocate()
        floats.deallocate()
        doubles.deallocate()
    }
}
