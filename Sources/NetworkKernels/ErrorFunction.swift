import Glibc
import Numerics

/// erf x lane by lane from the C library: rare enough not to need a vector form.
@inline(__always)
func errorFunction(_ x: Lane) -> Lane {
    var y = x
    for lane in 0..<laneWidth { y[lane] = Glibc.erff(x[lane]) }
    return y
}
