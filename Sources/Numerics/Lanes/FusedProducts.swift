import CLanes

// `self + a b`, rounded once, as one instruction. The standard library's members of these names are scalar operations that the compiler joins
// again if the function is short enough; where it was not, with AVX-512, the weight gradients of convolutions ran at 2 % of the peak.
// These are more special, so every use of the names with these types finds them.

extension SIMD16<Float> {
    @inlinable @inline(__always)
    public func addingProduct(_ a: Self, _ b: Self) -> Self { didymos_lane_fma(a, b, self) }
    @inlinable @inline(__always)
    public func addingProduct(_ a: Scalar, _ b: Self) -> Self { didymos_lane_fma(Self(repeating: a), b, self) }
    @inlinable @inline(__always)
    public func addingProduct(_ a: Self, _ b: Scalar) -> Self { didymos_lane_fma(a, Self(repeating: b), self) }
    @inlinable @inline(__always)
    public mutating func addProduct(_ a: Self, _ b: Self) { self = didymos_lane_fma(a, b, self) }
    @inlinable @inline(__always)
    public mutating func addProduct(_ a: Scalar, _ b: Self) { self = didymos_lane_fma(Self(repeating: a), b, self) }
    @inlinable @inline(__always)
    public mutating func addProduct(_ a: Self, _ b: Scalar) { self = didymos_lane_fma(a, Self(repeating: b), self) }
}

extension SIMD16<Double> {
    @inlinable @inline(__always)
    public func addingProduct(_ a: Self, _ b: Self) -> Self { didymos_double_lane_fma(a, b, self) }
    @inlinable @inline(__always)
    public func addingProduct(_ a: Scalar, _ b: Self) -> Self { didymos_double_lane_fma(Self(repeating: a), b, self) }
    @inlinable @inline(__always)
    public func addingProduct(_ a: Self, _ b: Scalar) -> Self { didymos_double_lane_fma(a, Self(repeating: b), self) }
    @inlinable @inline(__always)
    public mutating func addProduct(_ a: Self, _ b: Self) { self = didymos_double_lane_fma(a, b, self) }
    @inlinable @inline(__always)
    public mutating func addProduct(_ a: Scalar, _ b: Self) { self = didymos_double_lane_fma(Self(repeating: a), b, self) }
    @inlinable @inline(__always)
    public mutating func addProduct(_ a: Self, _ b: Scalar) { self = didymos_double_lane_fma(a, Self(repeating: b), self) }
}

extension SIMD8<Float> {
    @inlinable @inline(__always)
    public func addingProduct(_ a: Self, _ b: Self) -> Self { didymos_half_lane_fma(a, b, self) }
    @inlinable @inline(__always)
    public func addingProduct(_ a: Scalar, _ b: Self) -> Self { didymos_half_lane_fma(Self(repeating: a), b, self) }
    @inlinable @inline(__always)
    public func addingProduct(_ a: Self, _ b: Scalar) -> Self { didymos_half_lane_fma(a, Self(repeating: b), self) }
    @inlinable @inline(__always)
    public mutating func addProduct(_ a: Self, _ b: Self) { self = didymos_half_lane_fma(a, b, self) }
    @inlinable @inline(__always)
    public mutating func addProduct(_ a: Scalar, _ b: Self) { self = didymos_half_lane_fma(Self(repeating: a), b, self) }
    @inlinable @inline(__always)
    public mutating func addProduct(_ a: Self, _ b: Scalar) { self = didymos_half_lane_fma(a, Self(repeating: b), self) }
}
