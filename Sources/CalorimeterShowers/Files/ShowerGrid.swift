/// The cells of a shower image: transverse pads `x` and `y`, and `layers` in depth; a shower is stored `[x][y][layer]`.
public struct ShowerGrid: Sendable, Equatable, CustomStringConvertible {
    public let x: Int
    public let y: Int
    public let layers: Int

    public init(x: Int, y: Int, layers: Int) {
        (self.x, self.y, self.layers) = (x, y, layers)
    }

    /// The grid of the CLIC electromagnetic calorimeter's variable-angle files.
    public static let clic = ShowerGrid(x: 51, y: 51, layers: 25)

    /// Cells in a shower.
    public var cells: Int { x * y * layers }
    public var extents: [Int] { [x, y, layers] }
    public var description: String { "\(x) x \(y) x \(layers)" }
}
