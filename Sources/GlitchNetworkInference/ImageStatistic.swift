import Glibc
import GlitchInference
import GlitchNetworks
import Glitches
import Numerics

/// How loud the strain's image is that a network draws from those of the witnesses: one feature for P(glitch) beside the witnesses' tiles.
///
/// *Not collective;* used by one thread at a time.
public final class ImageStatistic: GlitchStatistic {
    public let features: [String]
    /// Whole seconds of series that an image is made from.
    private let segment: Int
    /// Seconds at either end of a segment that no image reaches.
    private let edge: Double
    /// Images of a second.
    private let images: Int
    private let settings: QImageSettings
    private let generator: GlitchGenerator
    /// The window's witness of each of the network's inputs, and the maker of its images.
    private let inputs: [(witness: Int, maker: QImageMaker)]

    /// - Parameters:
    ///   - witnesses: names of the witnesses of a window, among them the network's inputs; `rates`: theirs, Hz.
    /// - Throws: `GlitchError` where an input is no witness or its rate does not serve; `NetworkError`.
    public init(_ model: GlitchModel, witnesses: [String], rates: [Double]) throws {
        settings = model.image
        guard settings.segmentDuration == settings.segmentDuration.rounded(), settings.segmentDuration >= 3 else {
            throw GlitchError("inference.network: found images of segments of \(settings.segmentDuration) s, wanted whole seconds, at least 3")
        }
        segment = Int(settings.segmentDuration)
        edge = settings.whitening.filterDuration / 2
        images = max(1, Int((1 / settings.duration).rounded(.up)))
        features = ["image of \(model.strain) by a network of \(model.channels.count) witnesses"]
        generator = try GlitchGenerator(model)
        var makers: [Double: QImageMaker] = [:]
        let settings = settings
        inputs = try model.channels.map { name in
            guard let index = witnesses.firstIndex(of: name) else {
                throw GlitchError("inference.network: found an input \(name) that is none of the witnesses \(witnesses.joined(separator: ", ")), wanted all inputs among them; name it in inference.witnesses")
            }
            let maker = try makers[rates[index]] ?? QImageMaker(settings, rate: rates[index])
            makers[rates[index]] = maker
            return (index, maker)
        }
    }

    public var past: Int { segment }

    /// Where the segment for a wanted second begins, with the second as far in its middle as the window allows; nil where images would reach the segment's ends.
    private func start(second: Int, seconds: Int) -> Int? {
        guard seconds >= segment else { return nil }
        let first = max(0, min(seconds - segment, second - segment / 2))
        // What images reach beyond the second.
        let overhang = max(0, settings.duration / 2 - 0.5 / Double(images))
        return Double(second - first) - overhang >= edge && Double(second + 1 - first) + overhang <= Double(segment) - edge ? first : nil
    }

    public func serves(past: Int, wanted: Int, later: Int) -> Bool {
        (past..<past + wanted).allSatisfy { start(second: $0, seconds: past + wanted + later) != nil }
    }

    public func energies(_ window: WitnessWindow) throws -> [[Double]] {
        var result = [Double](repeating: 0, count: window.seconds * InferenceGeometry.bins)
        let all = (window.past..<window.past + window.wanted).flatMap { second in (0..<images).map { (second, $0) } }
        for first in stride(from: 0, to: all.count, by: laneWidth) {
            try draw(Array(all[first..<min(all.count, first + laneWidth)]), window, into: &result)
        }
        return [result]
    }

    /// Up to sixteen images; each counts in its own part of a second.
    private func draw(_ places: [(second: Int, part: Int)], _ window: WitnessWindow, into result: inout [Double]) throws {
        let size = settings.size, sites = size * size
        let starts = try places.map { place in
            guard let start = start(second: place.second, seconds: window.seconds) else {
                throw GlitchError("inference.network: found a window of \(window.seconds) s, wanted \(segment) s around each second that is judged")
            }
            return start
        }
        func centre(_ place: (second: Int, part: Int)) -> Double { Double(place.second) + (Double(place.part) + 0.5) / Double(images) }
        var drawn = [Float](repeating: 0, count: places.count * inputs.count * sites)
        for (channel, input) in inputs.enumerated() {
            let series = window.raw[input.witness], rate = Int(input.maker.rate)
            series.withUnsafeBufferPointer { series in
                guard let series = series.baseAddress else { return }
                input.maker.transform(starts.map { series + $0 * rate })
            }
            drawn.withUnsafeMutableBufferPointer { drawn in
                guard let drawn = drawn.baseAddress else { return }
                for (lane, place) in places.enumerated() {
                    input.maker.image(lane: lane, centre: centre(place) - Double(starts[lane]), into: drawn + (lane * inputs.count + channel) * sites)
                }
            }
        }
        let strain = try generator.generate(drawn, count: places.count)
        for (lane, place) in places.enumerated() {
            let begin = centre(place) - 0.5 / Double(images)
            for (column, time) in settings.columnTimes().enumerated() {
                let at = centre(place) + time
                guard at >= begin, at < begin + 1 / Double(images) else { continue }
                let bin = min(result.count - 1, Int(at * Double(InferenceGeometry.bins)))
                for row in 0..<size { result[bin] = max(result[bin], Double(strain[lane * sites + row * size + column])) }
            }
        }
    }
}
