import Numerics

extension RandomPurpose {
    /// What an empirical frame shows.
    static let empiricalClass = RandomPurpose(rawValue: 144)
    static let empiricalContents = RandomPurpose(rawValue: 145)
    /// Noise of channels, what they share, and the unrest of carriers.
    static let empiricalNoise = RandomPurpose(rawValue: 146)
    static let empiricalCommon = RandomPurpose(rawValue: 147)
    static let empiricalCarrier = RandomPurpose(rawValue: 148)
    static let empiricalInterference = RandomPurpose(rawValue: 149)
}
