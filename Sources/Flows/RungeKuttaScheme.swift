/// An explicit Runge-Kutta method: y_i = y + h Σ_{j<i} a_ij k_j, k_i = v(t + c_i h, y_i), y' = y + h Σ_i b_i k_i.
public struct RungeKuttaScheme: Sendable, Equatable {
    public let nodes: [Double]
    public let couplings: [[Double]]
    public let weights: [Double]

    public var stages: Int { nodes.count }

    /// Order 5 in six stages. Butcher, J. Austral. Math. Soc. 4 (1964) 179.
    public static let fifthOrder = RungeKuttaScheme(
        nodes: [0, 0.25, 0.25, 0.5, 0.75, 1],
        couplings: [
            [], [0.25], [0.125, 0.125], [0, -0.5, 1], [3.0 / 16, 0, 0, 9.0 / 16],
            [-3.0 / 7, 2.0 / 7, 12.0 / 7, -12.0 / 7, 8.0 / 7],
        ],
        weights: [7.0 / 90, 0, 32.0 / 90, 12.0 / 90, 32.0 / 90, 7.0 / 90])
}
