// Element by element. A value of one channel, of one site, or without samples is repeated to fit the other.

extension Tensor {
    fileprivate func unary(_ e: Elementwise) throws -> Tensor { try builder.append(.elementwise(e), [self]) }
    fileprivate func binary(_ e: Elementwise, _ other: Tensor) throws -> Tensor { try builder.append(.elementwise(e), [self, other]) }

    public static func + (a: Tensor, b: Tensor) throws -> Tensor { try a.binary(.add, b) }
    public static func - (a: Tensor, b: Tensor) throws -> Tensor { try a.binary(.subtract, b) }
    public static func * (a: Tensor, b: Tensor) throws -> Tensor { try a.binary(.multiply, b) }
    public static func / (a: Tensor, b: Tensor) throws -> Tensor { try a.binary(.divide, b) }
    public static prefix func - (a: Tensor) throws -> Tensor { try a.affine(scale: -1) }

    public static func + (a: Tensor, b: Float) throws -> Tensor { try a.affine(shift: b) }
    public static func - (a: Tensor, b: Float) throws -> Tensor { try a.affine(shift: -b) }
    public static func * (a: Tensor, b: Float) throws -> Tensor { try a.affine(scale: b) }
    public static func / (a: Tensor, b: Float) throws -> Tensor { try a.affine(scale: 1 / b) }
    public static func + (a: Float, b: Tensor) throws -> Tensor { try b + a }
    public static func - (a: Float, b: Tensor) throws -> Tensor { try b.affine(scale: -1, shift: a) }
    public static func * (a: Float, b: Tensor) throws -> Tensor { try b * a }
    public static func / (a: Float, b: Tensor) throws -> Tensor { try b.reciprocal() * a }

    /// `scale x + shift`
    public func affine(scale: Float = 1, shift: Float = 0) throws -> Tensor {
        scale == 1 && shift == 0 ? self : try unary(.affine(scale: scale, shift: shift))
    }
    public func square() throws -> Tensor { try unary(.square) }
    public func absolute() throws -> Tensor { try unary(.absolute) }
    /// -1, 0 or 1; its gradient is zero.
    public func sign() throws -> Tensor { try unary(.sign) }
    public func reciprocal() throws -> Tensor { try unary(.reciprocal) }
    public func squareRoot() throws -> Tensor { try unary(.squareRoot) }
    /// `x^exponent` for x > 0.
    public func power(_ exponent: Float) throws -> Tensor { try unary(.power(exponent)) }
    /// The larger of the two, element by element; equal inputs share the gradient.
    public func maximum(_ other: Tensor) throws -> Tensor { try binary(.maximum, other) }
    public func minimum(_ other: Tensor) throws -> Tensor { try binary(.minimum, other) }
    /// 1 where this exceeds the other, else 0; its gradient is zero.
    public func greater(than other: Tensor) throws -> Tensor { try binary(.greater, other) }
    /// 1 where both are equal, else 0; its gradient is zero.
    public func equal(to other: Tensor) throws -> Tensor { try binary(.equal, other) }
    /// `positive` where this is above zero, else `otherwise`.
    public func select(_ positive: Tensor, else otherwise: Tensor) throws -> Tensor {
        try builder.append(.elementwise(.select), [self, positive, otherwise])
    }
    /// `g (1 - y^2)` for y this output of tanh.
    func tanhGradient(_ g: Tensor) throws -> Tensor { try binary(.tanhGradient, g) }
    /// `g y (1 - y)` for y this output of the sigmoid.
    func sigmoidGradient(_ g: Tensor) throws -> Tensor { try binary(.sigmoidGradient, g) }
    /// 1 above zero, `slope` below.
    func leakyStep(slope: Float) throws -> Tensor { try unary(.leakyStep(slope: slope)) }
}

public func exp(_ x: Tensor) throws -> Tensor { try x.unary(.exp) }
public func log(_ x: Tensor) throws -> Tensor { try x.unary(.log) }
public func tanh(_ x: Tensor) throws -> Tensor { try x.unary(.tanh) }
public func sigmoid(_ x: Tensor) throws -> Tensor { try x.unary(.sigmoid) }
/// `log(1 + exp(x))`
public func softplus(_ x: Tensor) throws -> Tensor { try x.unary(.softplus) }
public func sin(_ x: Tensor) throws -> Tensor { try x.unary(.sin) }
public func cos(_ x: Tensor) throws -> Tensor { try x.unary(.cos) }
public func erf(_ x: Tensor) throws -> Tensor { try x.unary(.erf) }
public func relu(_ x: Tensor) throws -> Tensor { try x.unary(.leakyRelu(slope: 0)) }
/// `x` above zero, `slope x` below.
public func leakyRelu(_ x: Tensor, slope: Float) throws -> Tensor { try x.unary(.leakyRelu(slope: slope)) }
