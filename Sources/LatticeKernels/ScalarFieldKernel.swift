import Numerics

/// Rows of a local block of the lattice: contiguous sites along the last axis, inside a frame of halo sites.
///
/// Every site's arithmetic is the same expression in the same order wherever the site lies in a row, a block or a vector, so a field
/// has the same bits on any process grid.
public struct LatticeRows {
    /// First site of each row in the block with halo, and how many rows.
    public let starts: UnsafePointer<Int>
    public let count: Int
    /// The columns of each row to work on.
    public let columns: Range<Int>
    /// Distance to the next site along each axis but the last, first axis first.
    public let strides: UnsafePointer<Int>
    /// Axes but the last: 0 to 3.
    public let strideCount: Int

    public init(starts: UnsafePointer<Int>, count: Int, columns: Range<Int>, strides: UnsafePointer<Int>, strideCount: Int) {
        self.starts = starts
        self.count = count
        self.columns = columns
        self.strides = strides
        self.strideCount = strideCount
    }
}

/// The scalar action `S = Σ_x [-b Σ_μ φ_x φ_{x+μ} + c φ² + d φ⁴]` on rows of sites.
///
/// Bytes a site: `kick` reads φ and π and writes π (24), `drift` reads π and φ and writes φ (24), both in one pass 32. Flop a site in d dimensions: kick 2d + 6, drift 2.
public enum ScalarFieldKernel {
    /// π += ε F with F = b Σ_±μ φ_{x±μ} - φ (2c + 4d φ²).
    public static func kick(
        _ rows: LatticeRows, field: UnsafePointer<Double>, momentum: UnsafeMutablePointer<Double>,
        b: Double, c: Double, d: Double, step: Double
    ) {
        let linear = -2 * c * step
        let cubic = -4 * d * step
        let hop = b * step
        for row in 0..<rows.count { kickRow(rows, row, field, momentum, hop, linear, cubic) }
    }

    /// A kick of the rows, then the drift φ += δ π, in one pass over memory (32 bytes a site): a row drifts once the `lag` rows after it,
    /// which hold its last neighbours, have been kicked. Rows in lattice order; the halos that they touch filled before.
    ///
    /// - Parameter drifting: the rows that drift; the others wait for neighbours that are kicked elsewhere.
    public static func kickAndDrift(
        _ rows: LatticeRows, lag: Int, drifting: Range<Int>, field: UnsafeMutablePointer<Double>, momentum: UnsafeMutablePointer<Double>,
        b: Double, c: Double, d: Double, kick: Double, drift: Double
    ) {
        let linear = -2 * c * kick
        let cubic = -4 * d * kick
        let hop = b * kick
        for row in 0..<rows.count + lag {
            if row < rows.count { kickRow(rows, row, field, momentum, hop, linear, cubic) }
            if drifting.contains(row - lag) { driftRow(rows, row - lag, field, momentum, drift) }
        }
    }

    @inline(__always)
    private static func kickRow(
        _ rows: LatticeRows, _ row: Int, _ field: UnsafePointer<Double>, _ momentum: UnsafeMutablePointer<Double>,
        _ hop: Double, _ linear: Double, _ cubic: Double
    ) {
        let phi = field + rows.starts[row]
        let pi = momentum + rows.starts[row]
        switch rows.strideCount {
        case 0:
            for x in rows.columns {
                let sum = phi[x - 1] + phi[x + 1]
                pi[x] = kicked(pi[x], phi[x], sum, hop, linear, cubic)
            }
        case 1:
            let s = rows.strides[0]
            for x in rows.columns {
                let sum = (phi[x - 1] + phi[x + 1]) + (phi[x - s] + phi[x + s])
                pi[x] = kicked(pi[x], phi[x], sum, hop, linear, cubic)
            }
        case 2:
            let s = rows.strides[0]
            let t = rows.strides[1]
            for x in rows.columns {
                let sum = ((phi[x - 1] + phi[x + 1]) + (phi[x - t] + phi[x + t])) + (phi[x - s] + phi[x + s])
                pi[x] = kicked(pi[x], phi[x], sum, hop, linear, cubic)
            }
        default:
            let s = rows.strides[0]
            let t = rows.strides[1]
            let u = rows.strides[2]
            for x in rows.columns {
                let near = (phi[x - 1] + phi[x + 1]) + (phi[x - u] + phi[x + u])
                let sum = (near + (phi[x - t] + phi[x + t])) + (phi[x - s] + phi[x + s])
                pi[x] = kicked(pi[x], phi[x], sum, hop, linear, cubic)
            }
        }
    }

    @inline(__always)
    private static func kicked(
        _ pi: Double, _ phi: Double, _ sum: Double, _ hop: Double, _ linear: Double, _ cubic: Double
    ) -> Double {
        let local = phi * linear.addingProduct(cubic, phi * phi)
        return pi.addingProduct(hop, sum) + local
    }

    /// φ += ε π.
    public static func drift(
        _ rows: LatticeRows, field: UnsafeMutablePointer<Double>, momentum: UnsafePointer<Double>, step: Double
    ) {
        for row in 0..<rows.count { driftRow(rows, row, field, momentum, step) }
    }

    @inline(__always)
    private static func driftRow(
        _ rows: LatticeRows, _ row: Int, _ field: UnsafeMutablePointer<Double>, _ momentum: UnsafePointer<Double>, _ step: Double
    ) {
        let phi = field + rows.starts[row]
        let pi = momentum + rows.starts[row]
        for x in rows.columns { phi[x] = phi[x].addingProduct(step, pi[x]) }
    }

    /// The action's term of each site of one row: `-b φ Σ_μ φ_{x+μ} + c φ² + d φ⁴`.
    public static func actionTerms(
        _ rows: LatticeRows, row: Int, field: UnsafePointer<Double>, b: Double, c: Double, d: Double,
        terms: UnsafeMutablePointer<Double>
    ) {
        let phi = field + rows.starts[row]
        for x in rows.columns {
            var ahead = phi[x + 1]
            for axis in 0..<rows.strideCount { ahead += phi[x + rows.strides[axis]] }
            let square = phi[x] * phi[x]
            terms[x] = (-b * ahead * phi[x]).addingProduct(square, c.addingProduct(d, square))
        }
    }

    /// π²/2 of each site of one row.
    public static func kineticTerms(
        _ rows: LatticeRows, row: Int, momentum: UnsafePointer<Double>, terms: UnsafeMutablePointer<Double>
    ) {
        let pi = momentum + rows.starts[row]
        for x in rows.columns { terms[x] = 0.5 * pi[x] * pi[x] }
    }

    /// Standard normal numbers of consecutive sites: sites 2k and 2k+1 share a Box-Muller pair, so a site's number depends on its index alone.
    public static func fillNormals(
        _ out: UnsafeMutablePointer<Double>, stream: RandomStream, epoch: UInt64, sites: Range<UInt64>
    ) {
        var pair = sites.lowerBound / 2
        let end = (sites.upperBound + 1) / 2
        while pair < end {
            let (even, odd) = stream.normalPairs(epoch: epoch, firstIndex: pair, block: 0)
            let first = 2 * pair
            if first >= sites.lowerBound && first + 32 <= sites.upperBound {
                let target = out + Int(first - sites.lowerBound)
                for k in 0..<16 {
                    target[2 * k] = even[k]
                    target[2 * k + 1] = odd[k]
                }
            } else {
                for k in 0..<16 {
                    let site = first + 2 * UInt64(k)
                    if sites.contains(site) { out[Int(site - sites.lowerBound)] = even[k] }
                    if sites.contains(site + 1) { out[Int(site + 1 - sites.lowerBound)] = odd[k] }
                }
            }
            pair += 16
        }
    }
}
