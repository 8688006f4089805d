import Batch
import PulsarFrames
import PulsarNetworks

/// Where `train` takes its frames from, as the section `data` says; the part for training, or that for validation. *Not collective.*
/// - Throws: `ConfigurationError`, `ClassifierError`.
func frameSource(_ configuration: Configuration, seed: UInt64, training: Bool) throws -> any LabelledFrameSource {
    let data = try configuration.section("data")
    let file = try data.string("frames")
    let share = try data.double("validation_share", default: 0.1, in: 0.001...0.9)
    return try FileFrameSource(file, training: training, validationShare: share, seed: seed)
}
