import LatticeKernels
import Numerics

/// Sixteen chains of an ensemble, their fields and momenta; owns the memory.
final class ChainGroup {
    let firstChain: UInt64
    private let sites: Int
    private(set) var field: UnsafeMutablePointer<DoubleLane>
    private var drifted: UnsafeMutablePointer<DoubleLane>
    private let momentum: UnsafeMutablePointer<DoubleLane>
    private let saved: UnsafeMutablePointer<DoubleLane>
    /// H after minus H before of the last trajectory, and which chains accepted it.
    private(set) var energyChange = DoubleLane.zero
    private(set) var accepted = SIMDMask<SIMD16<Int64>>(repeating: false)

    init(firstChain: Int, sites: Int) {
        self.firstChain = UInt64(firstChain)
        self.sites = sites
        func fresh() -> UnsafeMutablePointer<DoubleLane> {
            let pointer = UnsafeMutablePointer<DoubleLane>.allocate(capacity: sites)
            pointer.initialize(repeating: .zero, count: sites)
            return pointer
        }
        field = fresh()
        drifted = fresh()
        momentum = fresh()
        saved = fresh()
    }

    deinit {
        for pointer in [field, drifted, momentum, saved] { pointer.deallocate() }
    }

    /// Sets the fields to normal numbers of the given width.
    func startHot(width: Double, stream: RandomStream) {
        ChainLaneKernel.fillNormals(field, sites: sites, stream: stream, epoch: 0, firstChain: firstChain)
        for site in 0..<sites { field[site] *= width }
    }

    /// One trajectory of every chain. `schedule` holds kicks and drifts in turn, times the step.
    func run(
        _ lattice: ChainLaneTopology, action: ScalarAction, schedule: [Double], epoch: UInt64, momenta: RandomStream, decisions: RandomStream
    ) {
        ChainLaneKernel.fillNormals(momentum, sites: sites, stream: momenta, epoch: epoch, firstChain: firstChain)
        saved.update(from: field, count: sites)
        let before = ChainLaneKernel.energy(lattice, field: field, momentum: momentum, b: action.b, c: action.c, d: action.d)
        for stage in stride(from: 0, to: schedule.count - 1, by: 2) {
            ChainLaneKernel.kickAndDrift(
                lattice, field: field, momentum: momentum, drifted: drifted, b: action.b, c: action.c, d: action.d,
                kick: schedule[stage], drift: schedule[stage + 1])
            swap(&field, &drifted)
        }
        ChainLaneKernel.kick(
            lattice, field: field, momentum: momentum, b: action.b, c: action.c, d: action.d, kick: schedule[schedule.count - 1])
        let after = ChainLaneKernel.energy(lattice, field: field, momentum: momentum, b: action.b, c: action.c, d: action.d)
        energyChange = after - before
        var uniform = DoubleLane.zero
        for lane in 0..<laneWidth { uniform[lane] = decisions.uniform(epoch: epoch, index: firstChain + UInt64(lane), draw: 0) }
        // A change that is not a number compares false: dynamics that run away are rejected.
        accepted = uniform .< LaneMath.exp(-energyChange)
        if !all(accepted) {
            for site in 0..<sites { field[site] = saved[site].replacing(with: field[site], where: accepted) }
        }
    }

    /// One chain's field.
    func values(lane: Int) -> [Double] { (0..<sites).map { field[$0][lane] } }
}
