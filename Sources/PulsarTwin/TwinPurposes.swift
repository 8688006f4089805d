import Numerics

extension RandomPurpose {
    /// What a frame shows, and how strong.
    static let frameContents = RandomPurpose(rawValue: 64)
    /// Noise of detected power.
    static let radiometer = RandomPurpose(rawValue: 65)
    static let polarimeter = RandomPurpose(rawValue: 66)
    /// Paths of the scattering screen.
    static let screen = RandomPurpose(rawValue: 67)
    static let interference = RandomPurpose(rawValue: 68)
    /// Energies and nulls of rotations.
    static let rotation = RandomPurpose(rawValue: 69)
    static let frameClass = RandomPurpose(rawValue: 70)
    static let persistentInterference = RandomPurpose(rawValue: 71)
    /// What differs from one receiver to the next.
    static let receiver = RandomPurpose(rawValue: 72)
}
