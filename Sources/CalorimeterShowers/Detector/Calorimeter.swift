import Batch

/// A sampling calorimeter of flat layers, and the window of pads around a shower: sections `detector`.
///
/// Depth is counted from the front in mm; the shower's axis lies along (0, cos theta, sin theta), the third direction being depth.
public struct Calorimeter: Sendable {
    /// One layer: absorber, then active material, then a gap.
    public struct Layer: Sendable, Equatable {
        public let absorber: Material
        public let active: Material
        /// mm.
        public let absorberThickness: Double
        public let activeThickness: Double
        public let gap: Double

        public var thickness: Double { absorberThickness + activeThickness + gap }
        /// Depth of the layer in radiation lengths, absorber and active.
        var radiationLengths: Double {
            absorberThickness / absorber.radiationLengthMillimetres + activeThickness / active.radiationLengthMillimetres
        }
    }

    public let name: String
    public let layers: [Layer]
    public let grid: ShowerGrid
    /// Edge of a pad in mm.
    public let padSize: Double
    /// Depth in mm at which the shower's axis passes through the middle of the window.
    public let pivotDepth: Double

    public init(name: String, layers: [Layer], padsX: Int, padsY: Int, padSize: Double, pivotDepth: Double) {
        precondition(!layers.isEmpty, "a calorimeter has layers")
        (self.name, self.layers, self.padSize, self.pivotDepth) = (name, layers, padSize, pivotDepth)
        grid = ShowerGrid(x: padsX, y: padsY, layers: layers.count)
    }

    /// The section `detector`; what is missing is the CLIC electromagnetic calorimeter, 17 x 2.4 mm and 8 x 4.8 mm tungsten with 0.5 mm silicon.
    /// - Throws: `ConfigurationError`. *Not collective.*
    public init(_ configuration: Configuration) throws {
        let section = try configuration.section("detector")
        let name = try section.string("name", default: "CLIC-ECAL")
        let pads = try section.ints("pads", default: [51, 51], in: 1...4096, count: 2...2)
        let padSize = try section.double("pad_size", default: 5.1, in: 1e-3...1e4)
        let pivot = try section.double("pivot_depth", default: 60, in: -1e5...1e5)
        var layers: [Layer] = []
        for part in try section.sections("layers") {
            let layer = Layer(
                absorber: try Self.material(part, "absorber", "tungsten"), active: try Self.material(part, "active", "silicon"),
                absorberThickness: try part.double("absorber_thickness", in: 1e-3...1e4),
                activeThickness: try part.double("active_thickness", in: 1e-4...1e4), gap: try part.double("gap", default: 0, in: 0...1e4))
            layers += [Layer](repeating: layer, count: try part.int("repeat", default: 1, in: 1...10_000))
        }
        self.init(
            name: name, layers: layers.isEmpty ? Self.clicLayers : layers, padsX: pads[0], padsY: pads[1], padSize: padSize, pivotDepth: pivot)
    }

    /// The CLIC electromagnetic calorimeter as the 3DGAN files have it.
    public static let clic = Calorimeter(name: "CLIC-ECAL", layers: clicLayers, padsX: 51, padsY: 51, padSize: 5.1, pivotDepth: 60)

    private static let clicLayers: [Layer] = {
        func layer(_ tungsten: Double) -> Layer {
            Layer(absorber: Material.known[0], active: Material.known[4], absorberThickness: tungsten, activeThickness: 0.5, gap: 2.65)
        }
        return [Layer](repeating: layer(2.4), count: 17) + [Layer](repeating: layer(4.8), count: 8)
    }()

    private static func material(_ section: Configuration, _ key: String, _ fallback: String) throws -> Material {
        let name = try section.string(key, default: fallback, oneOf: Material.known.map(\.name))
        guard let found = Material.known.first(where: { $0.name == name }) else { throw ConfigurationError("no material '\(name)'") }
        return found
    }

    /// Depth of the middle of each layer's active material: in mm from the front, and in radiation lengths.
    public var activeDepths: [(millimetres: Double, radiationLengths: Double)] {
        var (depth, lengths) = (0.0, 0.0)
        return layers.map { layer in
            let half = layer.activeThickness / 2
            let result = (
                depth + layer.absorberThickness + half,
                lengths + layer.radiationLengths - half / layer.active.radiationLengthMillimetres
            )
            depth += layer.thickness
            lengths += layer.radiationLengths
            return result
        }
    }
}
