import Glibc

/// The single medium that a sampling calorimeter looks like to a shower (Grindhammer and Peters, hep-ex/0001020, section 4.1).
///
/// Lengths are averages over the whole stack; gaps widen the shower in mm but count nothing in radiation lengths.
struct EffectiveMedium: Sendable {
    let charge: Double
    /// GeV.
    let criticalEnergy: Double
    /// Radiation length without gaps, mm.
    let radiationLength: Double
    /// Moliere radius with gaps, mm: the unit of the lateral profile.
    let moliereRadius: Double
    /// X0 over the thickness of one absorber and one active layer.
    let samplingFrequency: Double
    /// e/mip of active over absorber, 1/(1 + 0.007 (Z_p - Z_a)).
    let electronToMip: Double

    init(_ calorimeter: Calorimeter) {
        var (grams, charge, inverseLength, inverseMoliere, solid, whole) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
        var (absorberCharge, activeCharge) = (0.0, 0.0)
        for layer in calorimeter.layers {
            for (material, thickness) in [(layer.absorber, layer.absorberThickness), (layer.active, layer.activeThickness)] {
                let weight = material.density * thickness / 10
                grams += weight
                charge += weight * material.charge
                inverseLength += weight / material.radiationLength
                inverseMoliere += weight * material.criticalEnergy / material.radiationLength
                solid += thickness
            }
            whole += layer.thickness
            absorberCharge += layer.absorber.charge
            activeCharge += layer.active.charge
        }
        let count = Double(calorimeter.layers.count)
        self.charge = charge / grams
        let length = grams / inverseLength  // g/cm2
        criticalEnergy = length * inverseMoliere / grams
        let density = grams / (solid / 10)
        radiationLength = 10 * length / density
        // 21.2 MeV is the scattering energy.
        moliereRadius = 10 * 0.0212 * grams / inverseMoliere / density * whole / solid
        samplingFrequency = radiationLength / (solid / count)
        electronToMip = 1 / (1 + 0.007 * (absorberCharge - activeCharge) / count)
    }
}
