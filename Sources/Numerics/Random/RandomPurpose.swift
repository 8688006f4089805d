/// What a random number is for. Two purposes never share numbers; a module adds its own by extension, with
/// a raw value of its own: 0 to 15 for what is common, 16 to 31 lattice fields, 32 and up for the others, sixteen each.
public struct RandomPurpose: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let test = RandomPurpose(rawValue: 0)
    public static let bootstrap = RandomPurpose(rawValue: 1)
    public static let permutation = RandomPurpose(rawValue: 2)
    public static let initialization = RandomPurpose(rawValue: 3)
    public static let prior = RandomPurpose(rawValue: 4)
    public static let proposal = RandomPurpose(rawValue: 5)
    public static let dropout = RandomPurpose(rawValue: 6)
    public static let momentum = RandomPurpose(rawValue: 16)
    public static let metropolis = RandomPurpose(rawValue: 17)
    public static let startingField = RandomPurpose(rawValue: 18)
    public static let cluster = RandomPurpose(rawValue: 19)
}
