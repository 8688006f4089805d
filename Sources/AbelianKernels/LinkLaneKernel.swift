import Numerics

/// Compact U(1) links of sixteen whole 2D lattices, one in each element of a lane: sites in lexicographic order, the last axis fastest.
public struct LinkLanes {
    public let rows: Int
    public let columns: Int

    public init(rows: Int, columns: Int) {
        self.rows = rows
        self.columns = columns
    }

    public var sites: Int { rows * columns }

    /// Calls `body` with every site, the next ones along both axes and the previous ones.
    @inline(__always)
    func forEach(_ body: (_ site: Int, _ down: Int, _ right: Int, _ up: Int, _ left: Int) -> Void) {
        for row in 0..<rows {
            let here = row * columns
            let next = (row + 1 == rows ? 0 : row + 1) * columns
            let previous = (row == 0 ? rows - 1 : row - 1) * columns
            for x in 0..<columns {
                let right = x + 1 == columns ? 0 : x + 1
                let left = x == 0 ? columns - 1 : x - 1
                body(here + x, next + x, here + right, previous + x, here + left)
            }
        }
    }
}

/// The dynamics of sixteen chains at once; no arithmetic crosses lanes. Conventions of `LinkRowKernel`.
public enum LinkLaneKernel {
    /// P of every site, not reduced.
    public static func plaquettes(
        _ lattice: LinkLanes, first: UnsafePointer<DoubleLane>, second: UnsafePointer<DoubleLane>, plaquette: UnsafeMutablePointer<DoubleLane>
    ) {
        lattice.forEach { site, down, right, _, _ in
            plaquette[site] = (first[site] - first[right]) + (second[down] - second[site])
        }
    }

    /// sin P of every site.
    public static func sines(
        _ lattice: LinkLanes, first: UnsafePointer<DoubleLane>, second: UnsafePointer<DoubleLane>, sine: UnsafeMutablePointer<DoubleLane>
    ) {
        lattice.forEach { site, down, right, _, _ in
            let p: DoubleLane = (first[site] - first[right]) + (second[down] - second[site])
            sine[site] = LaneMath.sin(p)
        }
    }

    /// π -= step ∂S/∂θ, `step` times β.
    public static func kick(
        _ lattice: LinkLanes, sine: UnsafePointer<DoubleLane>, firstMomentum: UnsafeMutablePointer<DoubleLane>,
        secondMomentum: UnsafeMutablePointer<DoubleLane>, step: Double
    ) {
        lattice.forEach { site, _, _, up, left in
            firstMomentum[site] -= step * (sine[site] - sine[left])
            secondMomentum[site] -= step * (sine[up] - sine[site])
        }
    }

    /// θ += step π for both links of each site.
    public static func drift(
        _ field: UnsafeMutablePointer<DoubleLane>, momentum: UnsafePointer<DoubleLane>, count: Int, step: Double
    ) {
        for i in 0..<count { field[i].addProduct(step, momentum[i]) }
    }

    /// -β Σ cos P, and ½ Σ π².
    public static func energies(
        _ lattice: LinkLanes, first: UnsafePointer<DoubleLane>, second: UnsafePointer<DoubleLane>, firstMomentum: UnsafePointer<DoubleLane>,
        secondMomentum: UnsafePointer<DoubleLane>, beta: Double
    ) -> DoubleLane {
        var action = DoubleLane.zero
        var kinetic = DoubleLane.zero
        lattice.forEach { site, down, right, _, _ in
            let p: DoubleLane = (first[site] - first[right]) + (second[down] - second[site])
            action -= LaneMath.cos(p)
            kinetic.addProduct(firstMomentum[site], firstMomentum[site])
            kinetic.addProduct(secondMomentum[site], secondMomentum[site])
        }
        return beta * action + 0.5 * kinetic
    }

    /// Σ cos P and the topological charge, the number of turns that reducing every P to (-π, π] takes out: an integer, since the P add up to zero.
    public static func measure(
        _ lattice: LinkLanes, first: UnsafePointer<DoubleLane>, second: UnsafePointer<DoubleLane>
    ) -> (cosines: DoubleLane, charge: DoubleLane) {
        var cosines = DoubleLane.zero
        var charge = DoubleLane.zero
        lattice.forEach { site, down, right, _, _ in
            let p: DoubleLane = (first[site] - first[right]) + (second[down] - second[site])
            cosines += LaneMath.cos(p)
            charge -= (p * (0.5 / Double.pi)).rounded(.toNearestOrEven)
        }
        return (cosines, charge)
    }

    /// Links whose plaquettes are `plaquette` (their sum a whole number of turns), in the axial gauge with Polyakov phases `phases`, then
    /// transformed by the angles `gauge`, one a site.
    public static func links(
        _ lattice: LinkLanes, plaquette: UnsafePointer<DoubleLane>, phases: (DoubleLane, DoubleLane), gauge: UnsafePointer<DoubleLane>,
        first: UnsafeMutablePointer<DoubleLane>, second: UnsafeMutablePointer<DoubleLane>
    ) {
        let columns = lattice.columns
        let last = (lattice.rows - 1) * columns
        for site in 0..<lattice.sites {
            first[site] = .zero
            second[site] = .zero
        }
        second[columns - 1] = phases.1
        for site in 0..<last { second[site + columns] = second[site] + plaquette[site] }
        first[last] = phases.0
        for x in 0..<columns - 1 {
            first[last + x + 1] = ((first[last + x] + second[x]) - second[last + x]) - plaquette[last + x]
        }
        lattice.forEach { site, down, right, _, _ in
            first[site] = Angle.wrapped(first[site] + (gauge[site] - gauge[down]))
            second[site] = Angle.wrapped(second[site] + (gauge[site] - gauge[right]))
        }
    }
}
