import GlitchInference
import Glitches
import NetworkKernels
import Networks
import Numerics

/// An autoencoder in the place of the filters: what it foretells of the whitened strain, with the whitening undone. *Not collective;* used by one thread at a time.
public final class WitnessAutoencoder: StrainPredictor {
    public let model: AutoencoderModel
    private let terms: WhitenedTerms
    private let plan: Plan
    private let parameters: [Float]
    private let input: UnsafeMutableBufferPointer<Lane>
    private let output: UnsafeBufferPointer<Lane>

    /// - Throws: `GlitchError` where it was trained with another calibration; `NetworkError`.
    public init(_ model: AutoencoderModel, calibration: InferenceModel) throws {
        let found = AutoencoderModel.fingerprint(calibration)
        guard model.calibration == found, model.sources == calibration.sources.map(\.name), model.architecture.wanted == calibration.geometry.rate else {
            throw GlitchError(
                "denoise.network: found an autoencoder of \(model.strain) and \(model.sources.joined(separator: ", ")) trained with calibration \(model.calibration), wanted one trained with calibration \(found); train it again after `calibrate`")
        }
        self.model = model
        terms = WhitenedTerms(calibration)
        let graph = try AutoencoderGraph(model.architecture, normalisation: .folded, hasLoss: false)
        plan = try Plan(graph.graph)
        let layout = try AutoencoderGraph(model.architecture, normalisation: .shard, hasLoss: false).graph.layout
        parameters = graph.normalised.folded(model.parameters, layout: layout, means: model.means, variances: model.variances, into: graph.graph.layout)
        input = try plan.input("series")
        output = try plan.output("strain")
    }

    public func strain(_ raw: [[Double]], seconds: Int) throws -> [Double] {
        try terms.restored(whitened(terms.series(model.terms, raw: raw, seconds: seconds)), seconds: seconds)
    }

    /// The network's part of whitened strain, for whitened series of a whole number of seconds. Beyond their ends they are taken as 0.
    package func whitened(_ series: [[Double]]) -> [Double] {
        let architecture = model.architecture
        let (wanted, margin, window) = (architecture.wanted, architecture.margin, architecture.window)
        let count = series.first?.count ?? 0
        let windows = (count + wanted - 1) / wanted
        var result = [Double](repeating: 0, count: count)
        for first in stride(from: 0, to: windows, by: laneWidth) {
            let lanes = min(laneWidth, windows - first)
            for (channel, values) in series.enumerated() {
                let factor = 1 / model.scales[channel]
                for t in 0..<window {
                    var lane = Lane.zero
                    for l in 0..<lanes {
                        let place = (first + l) * wanted - margin + t
                        if place >= 0, place < count { lane[l] = Float(values[place] * factor) }
                    }
                    input[channel * window + t] = lane
                }
            }
            plan.run(parameters: parameters)
            for l in 0..<lanes {
                for t in 0..<min(wanted, count - (first + l) * wanted) { result[(first + l) * wanted + t] = Double(output[margin + t][l]) }
            }
        }
        return result
    }
}
