import Numerics

/// The Hartley transforms of one lattice: a matrix for each extent, transformed axis by axis.
public final class HartleyPlan {
    public let extents: [Int]
    public let siteCount: Int
    /// Squared lattice momentum `Σ_μ 4 sin²(π n_μ / L_μ)` of each mode, in site order (last axis fastest).
    public let momentumSquared: [Double]
    private let matrices: [UnsafeMutablePointer<Float>]

    public init(extents: [Int]) {
        self.extents = extents
        siteCount = extents.reduce(1, *)
        matrices = extents.map { n in
            let storage = UnsafeMutablePointer<Float>.allocate(capacity: n * n)
            storage.initialize(from: HartleyTransform.matrix(n), count: n * n)
            return storage
        }
        momentumSquared = HartleyTransform.momentumSquared(extents)
    }

    deinit { for matrix in matrices { matrix.deallocate() } }

    /// Transforms `field` in place; `scratch` holds as many lanes. Its own inverse. *Not collective.*
    public func transform(_ field: UnsafeMutablePointer<Lane>, scratch: UnsafeMutablePointer<Lane>) {
        var source = field
        var target = scratch
        var inner = siteCount
        var outer = 1
        for (axis, n) in extents.enumerated() {
            inner /= n
            HartleyTransform.axis(matrices[axis], extent: n, outer: outer, inner: inner, input: source, output: target)
            outer *= n
            swap(&source, &target)
        }
        if source != field { field.update(from: source, count: siteCount) }
    }
}
