/// Row-major walks over boxes of any rank; for tables made once, never in a hot loop.
enum Extents {
    /// Distance between neighbours on each axis.
    static func strides(of extents: [Int]) -> [Int] {
        var result = Array(repeating: 1, count: extents.count)
        for axis in stride(from: extents.count - 2, through: 0, by: -1) { result[axis] = result[axis + 1] * extents[axis + 1] }
        return result
    }

    /// Calls `body` with the coordinates of every site, last axis fastest.
    static func forEach(_ extents: [Int], _ body: ([Int]) -> Void) {
        var site = Array(repeating: 0, count: extents.count)
        for _ in 0..<extents.reduce(1, *) {
            body(site)
            for axis in stride(from: extents.count - 1, through: 0, by: -1) {
                site[axis] += 1
                if site[axis] < extents[axis] { break }
                site[axis] = 0
            }
        }
    }

    static func dot(_ a: [Int], _ b: [Int]) -> Int { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

    /// The remainder in 0..<modulus, also of a negative number.
    static func wrap(_ x: Int, _ modulus: Int) -> Int { ((x % modulus) + modulus) % modulus }
}
