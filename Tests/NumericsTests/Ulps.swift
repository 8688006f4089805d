/// |found - exact| in units of the last place of the exact value; 0 where both are NaN or the same infinity.
func ulps(_ found: Float, _ exact: Double) -> Double {
    let rounded = Float(exact)
    if rounded == found || (rounded.isNaN && found.isNaN) { return 0 }
    if rounded.isNaN || found.isNaN { return .infinity }
    if found.isInfinite { return ulps(Float.greatestFiniteMagnitude, exact.magnitude) }
    let ulp = Double(min(max(rounded.magnitude, .leastNormalMagnitude), .greatestFiniteMagnitude).ulp)
    return (Double(found) - exact).magnitude / ulp
}

/// The same against an extended-precision value.
#if arch(x86_64)
func ulps(_ found: Double, _ exact: Float80) -> Double {
    let rounded = Double(exact)
    if rounded == found || (rounded.isNaN && found.isNaN) { return 0 }
    if rounded.isNaN || found.isNaN { return .infinity }
    if found.isInfinite { return ulps(Double.greatestFiniteMagnitude, exact.magnitude) }
    let ulp = Float80(min(max(rounded.magnitude, .leastNormalMagnitude), .greatestFiniteMagnitude).ulp)
    return Double((Float80(found) - exact).magnitude / ulp)
}
#endif
