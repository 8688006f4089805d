import CLanes

/// The gauge groups.
public enum GaugeGroup: String, CaseIterable, Sendable {
    case su2, su3

    /// N of SU(N).
    public var degree: Int { self == .su2 ? 2 : 3 }
    /// Doubles of a stored link: a unit quaternion `U = a0 + i a·σ`, or `[row][column][re, im]`.
    public var components: Int { self == .su2 ? SU2Lanes.components : SU3Lanes.components }
    /// Dimension of the algebra: components of a momentum `P = i Σ p_a T_a`, tr T_a T_b = ½ δ.
    public var generators: Int { self == .su2 ? SU2Lanes.generators : SU3Lanes.generators }
}

/// A group's matrices, eight sites at a time; `out` never overlaps an argument.
protocol LinkGroup {
    typealias Matrix = UnsafeMutablePointer<SiteLane>
    typealias Source = UnsafePointer<SiteLane>

    static var components: Int { get }
    static var generators: Int { get }
    static var degree: Int { get }

    /// a b.
    static func multiply(_ out: Matrix, _ a: Source, _ b: Source)
    /// a b†.
    static func multiplyAdjoint(_ out: Matrix, _ a: Source, _ b: Source)
    /// out + a b†.
    static func addProductAdjoint(_ out: Matrix, _ a: Source, _ b: Source)
    /// out + a† b.
    static func addAdjointProduct(_ out: Matrix, _ a: Source, _ b: Source)
    /// out + (a b)†.
    static func addAdjointOfProduct(_ out: Matrix, _ a: Source, _ b: Source)
    /// a†.
    static func adjoint(_ out: Matrix, _ a: Source)
    static func setUnit(_ out: Matrix)
    /// Re tr a.
    static func realTrace(_ a: Source) -> SiteLane
    /// Im tr a.
    static func imaginaryTrace(_ a: Source) -> SiteLane
    /// Re tr a b†.
    static func realTraceAdjoint(_ a: Source, _ b: Source) -> SiteLane
    /// a_b of ½ (a - a†) - trace = i Σ a_b T_b.
    static func project(_ coefficients: Matrix, _ a: Source)
    /// exp(i step Σ p_a T_a).
    static func exponential(_ out: Matrix, _ p: Source, _ step: Double)
    /// Back into the group what rounding has moved out of it.
    static func normalize(_ a: Matrix)
    /// The largest |(a a† - 1)_ij| and |det a - 1| of a lane.
    static func defect(_ a: Source) -> SiteLane

    /// Subgroups SU(2) that a heat bath goes through.
    static var subgroups: Int { get }
    /// The quaternion w with Re tr(g a) = 2 (g0 w0 - g·w) + what does not depend on g, g in subgroup `index`.
    static func quaternion(_ a: Source, _ index: Int) -> Quaternion
    /// g a.
    static func rotate(_ a: Matrix, _ index: Int, _ g: Quaternion)
}

/// `w0 + i w·σ` of eight sites.
struct Quaternion {
    var w0: SiteLane, w1: SiteLane, w2: SiteLane, w3: SiteLane

    /// self other†.
    @inline(__always)
    func multiplyAdjoint(_ b: Quaternion) -> Quaternion {
        // (a0 + i a·σ)(b0 - i b·σ) = a0 b0 + a·b + i (b0 a - a0 b + a×b)·σ.
        Quaternion(
            w0: fma(w0, b.w0, fma(w1, b.w1, fma(w2, b.w2, w3 * b.w3))),
            w1: fma(w1, b.w0, fnma(w0, b.w1, fma(w2, b.w3, -(w3 * b.w2)))),
            w2: fma(w2, b.w0, fnma(w0, b.w2, fma(w3, b.w1, -(w1 * b.w3)))),
            w3: fma(w3, b.w0, fnma(w0, b.w3, fma(w1, b.w2, -(w2 * b.w1)))))
    }

    /// self other.
    @inline(__always)
    func multiply(_ b: Quaternion) -> Quaternion {
        multiplyAdjoint(Quaternion(w0: b.w0, w1: -b.w1, w2: -b.w2, w3: -b.w3))
    }
}
