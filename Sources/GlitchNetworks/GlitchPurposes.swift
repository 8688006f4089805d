import Numerics

extension RandomPurpose {
    /// Quiet times that become negatives.
    static let quietTimes = RandomPurpose(rawValue: 160)
    /// Shifts and mirror images in training.
    static let augmentation = RandomPurpose(rawValue: 161)
}
