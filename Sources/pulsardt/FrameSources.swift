import Batch
import PulsarFrames
import PulsarNetworks
import PulsarTwin

/// Where `train` takes its frames from: a file that the section `data` names, else the twin, on the fly; the part for training, or that for validation.
/// *Not collective.*
/// - Throws: `ConfigurationError`, `ClassifierError`, `TwinError`.
func frameSource(_ configuration: Configuration, seed: UInt64, training: Bool) throws -> any LabelledFrameSource {
    let data = try configuration.section("data")
    guard data.has("frames") else {
        configuration.leave("simulation", "stream", "interference")
        // Frames of another seed are other frames.
        return try TwinFrames(configuration, seed: training ? seed : seed ^ 0x7661_6c69_6461_7465)
    }
    configuration.leave("simulation", "stream", "interference", "frames", "telescope", "pulsar", "stages", "dispersion_constant")
    let file = try data.string("frames")
    let share = try data.double("validation_share", default: 0.1, in: 0.001...0.9)
    return try FileFrameSource(file, training: training, validationShare: share, seed: seed)
}
