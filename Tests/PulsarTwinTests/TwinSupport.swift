import Batch
import Foundation
import PulsarFrames
import PulsarTwin
import RadioStreams

/// A stream of a configuration, for tests.
func stream(_ text: String, stages: Stages = .all, seed: UInt64 = 1) throws -> TwinStream {
    let configuration = try Configuration(text: text)
    let descriptions = try Descriptions(configuration)
    return try TwinStream(
        descriptions: descriptions, settings: StreamSettings(configuration, telescope: descriptions.telescope), stages: stages,
        constant: configuration.choice("dispersion_constant", default: .handbook), seed: seed)
}

/// All numbers of a stream as `[polarisation][channel][time]`.
func rows(_ stream: TwinStream) -> [[[Double]]] {
    let (channels, terms) = (stream.axes.channels, stream.settings.polarisation.count)
    var result = [[[Double]]](repeating: [[Double]](repeating: [], count: channels), count: terms)
    for block in 0..<stream.blocks {
        let numbers = stream.block(block)
        for t in 0..<numbers.count / (channels * terms) {
            for p in 0..<terms { for c in 0..<channels { result[p][c].append(Double(numbers[(t * terms + p) * channels + c])) } }
        }
    }
    return result
}

/// Middle of what is above `base`, in samples from the first sample's beginning.
func centroid(_ row: [Double], base: Double) -> Double {
    var (sum, moment) = (0.0, 0.0)
    for (t, value) in row.enumerated() {
        sum += value - base
        moment += (value - base) * (Double(t) + 0.5)
    }
    return moment / sum
}

func repository(_ path: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(path).path
}
