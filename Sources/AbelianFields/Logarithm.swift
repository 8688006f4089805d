import Glibc

/// For callers that do not see the C library.
enum Logarithm {
    /// ln x.
    static func of(_ x: Double) -> Double { log(x) }
    /// eˣ.
    static func inverse(_ x: Double) -> Double { exp(x) }
}
