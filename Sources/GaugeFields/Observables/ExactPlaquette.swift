import GaugeKernels

/// Plaquettes of two-dimensional gauge theory with Wilson's action, in closed form (Gross, Witten, Phys. Rev. D 21 (1980) 446; Migdal, Sov. Phys. JETP 42
/// (1975) 413).
public enum ExactPlaquette {
    /// <Re tr P> / N in infinite volume. On a torus of V sites the next term is smaller by the V-th power of what the fundamental character has.
    public static func twoDimensional(_ group: GaugeGroup, beta: Double) -> Double {
        CharacterExpansion(group: group, beta: beta, volume: .max).plaquette
    }
}
