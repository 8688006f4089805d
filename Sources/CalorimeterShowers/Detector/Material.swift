import Glibc

/// What a shower needs to know of a material. Values of the Particle Data Group (Atomic and nuclear properties, 2024).
public struct Material: Sendable, Equatable {
    public let name: String
    /// Charge and mass number, of mixtures their averages over mass.
    public let charge: Double
    public let mass: Double
    /// g/cm3.
    public let density: Double
    /// Radiation length, g/cm2.
    public let radiationLength: Double

    /// Critical energy in GeV: 2.66 MeV (X0 Z/A)^1.1, X0 in g/cm2 (Grindhammer and Peters, hep-ex/0001020, eq. 4).
    public var criticalEnergy: Double { 2.66e-3 * pow(radiationLength * charge / mass, 1.1) }
    /// Radiation length in mm.
    public var radiationLengthMillimetres: Double { 10 * radiationLength / density }

    public static let known: [Material] = [
        Material(name: "tungsten", charge: 74, mass: 183.84, density: 19.3, radiationLength: 6.76),
        Material(name: "lead", charge: 82, mass: 207.2, density: 11.35, radiationLength: 6.37),
        Material(name: "iron", charge: 26, mass: 55.845, density: 7.874, radiationLength: 13.84),
        Material(name: "copper", charge: 29, mass: 63.546, density: 8.96, radiationLength: 12.86),
        Material(name: "silicon", charge: 14, mass: 28.085, density: 2.329, radiationLength: 21.82),
        Material(name: "polystyrene", charge: 5.61, mass: 11.16, density: 1.06, radiationLength: 43.79),
        Material(name: "argon", charge: 18, mass: 39.948, density: 1.396, radiationLength: 19.55),
    ]
}
