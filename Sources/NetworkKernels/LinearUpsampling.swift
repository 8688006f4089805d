import Numerics

/// Images of twice the rows and columns by linear interpolation between the middles of sites, as PyTorch's `bilinear` without aligned corners.
public struct LinearUpsampling: Sendable {
    public let channels: Int
    public let rows: Int
    public let columns: Int
    /// Lanes of scratch memory.
    public var scratchLanes: Int { 2 * columns }

    public init(channels: Int, rows: Int, columns: Int) { (self.channels, self.rows, self.columns) = (channels, rows, columns) }

    /// The nearer source of result `i`, and the farther one; beyond the edge they are the same.
    @inline(__always)
    private static func sources(_ i: Int, _ extent: Int) -> (near: Int, far: Int) {
        let near = i / 2
        return (near, min(extent - 1, max(0, i % 2 == 0 ? near - 1 : near + 1)))
    }

    public func forward(input: UnsafePointer<Lane>, output: UnsafeMutablePointer<Lane>, scratch: UnsafeMutablePointer<Lane>) {
        let near = Lane(repeating: 0.75), far = Lane(repeating: 0.25)
        for channel in 0..<channels {
            let image = input + channel * rows * columns
            for y in 0..<2 * rows {
                let source = Self.sources(y, rows)
                let a = image + source.near * columns, b = image + source.far * columns
                for x in 0..<columns { scratch[x] = (b[x] * far).addingProduct(a[x], near) }
                let to = output + (channel * 2 * rows + y) * 2 * columns
                for x in 0..<columns {
                    let middle = scratch[x] * near
                    to[2 * x] = middle.addingProduct(scratch[max(0, x - 1)], far)
                    to[2 * x + 1] = middle.addingProduct(scratch[min(columns - 1, x + 1)], far)
                }
            }
        }
    }

    /// Transpose of `forward`; overwrites `inputGradient`.
    public func gradient(outputGradient: UnsafePointer<Lane>, inputGradient: UnsafeMutablePointer<Lane>, scratch: UnsafeMutablePointer<Lane>) {
        let near = Lane(repeating: 0.75), far = Lane(repeating: 0.25)
        inputGradient.update(repeating: .zero, count: channels * rows * columns)
        for channel in 0..<channels {
            let image = inputGradient + channel * rows * columns
            for y in 0..<2 * rows {
                let from = outputGradient + (channel * 2 * rows + y) * 2 * columns
                for x in 0..<columns {
                    // What reads site x from the left of it is its left neighbour's second result; at the edges, its own.
                    let left = from[x == 0 ? 0 : 2 * x - 1], right = from[x == columns - 1 ? 2 * x + 1 : 2 * x + 2]
                    scratch[x] = ((from[2 * x] + from[2 * x + 1]) * near).addingProduct(left + right, far)
                }
                let source = Self.sources(y, rows)
                let a = image + source.near * columns, b = image + source.far * columns
                for x in 0..<columns { a[x].addProduct(scratch[x], near) }
                for x in 0..<columns { b[x].addProduct(scratch[x], far) }
            }
        }
    }
}
