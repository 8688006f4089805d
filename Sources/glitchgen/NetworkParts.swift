import GlitchInference
import GlitchNetworkInference
import GlitchNetworks

extension InferenceParts {
    /// What the settings name of networks: one whose images P(glitch) goes by (`inference.network`), and one whose prediction is subtracted (`denoise.network`).
    static func networks(_ inference: InferenceSettings, _ denoise: DenoiseSettings? = nil) -> InferenceParts {
        var parts = InferenceParts()
        if !inference.network.isEmpty {
            parts.statistic = { try ImageStatistic(GlitchModel(path: inference.network), witnesses: $0, rates: $1) }
        }
        if let path = denoise?.network, !path.isEmpty {
            parts.predictor = { try WitnessAutoencoder(AutoencoderModel(path: path), calibration: $0) }
        }
        return parts
    }
}
