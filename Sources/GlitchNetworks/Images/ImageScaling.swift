import Glitches
import Numerics
import ParallelHDF5

/// What a network sees of an energy.
public enum ImageValues: String, CaseIterable, Sendable {
    /// The energy, as GlitchFlow takes it.
    case energy
    /// Its square root, a third of a large energy's range: what is faint counts as well.
    case amplitude
}

/// From energies to a network's numbers and back.
public struct ImageScaling: Sendable, Equatable {
    public let values: ImageValues
    /// Energies are divided by these: strain first, then the witnesses.
    public let scales: [Double]

    public init(_ values: ImageValues, scales: [Double]) { (self.values, self.scales) = (values, scales) }

    /// Energies of channel `index` (0 the strain) to numbers, in place.
    package func scale(_ lanes: UnsafeMutablePointer<Lane>, count: Int, channel index: Int) {
        let factor = Lane(repeating: Float(1 / scales[index]))
        switch values {
        case .energy: for i in 0..<count { lanes[i] *= factor }
        case .amplitude: for i in 0..<count { lanes[i] = LaneMath.sqrt(lanes[i] * factor) }
        }
    }

    /// The strain's energy of a number.
    package func energy(_ value: Float) -> Float { values == .energy ? value * Float(scales[0]) : value * value * Float(scales[0]) }

    /// *Collective* as the file is.
    func write(to root: HDF5Group) throws {
        try root.setAttribute("values", values.rawValue)
        try root.setAttribute("scales", scales)
    }

    init(from root: HDF5Group, file: String, channels: Int) throws {
        let name = try root.stringAttribute("values")
        guard let values = ImageValues(rawValue: name) else { throw GlitchError("\(file): attribute values: found '\(name)', wanted energy or amplitude") }
        scales = try root.attributes("scales", as: Double.self)
        guard scales.count == channels + 1, scales.allSatisfy({ $0 > 0 && $0.isFinite }) else {
            throw GlitchError("\(file): attribute scales: found \(scales), wanted \(channels + 1) positive numbers")
        }
        self.values = values
    }
}
